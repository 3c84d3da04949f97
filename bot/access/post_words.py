"""What people read of digests and alerts alike. `thing` is the word for either."""

from bot.access.post_targets import Pause
from bot.kit.phrases import Say

SOMEONE = "someone"
"""Instead of a person who is no longer known."""


def pauses(thing: str) -> dict[Pause, str]:
    """Why it is paused, where nobody asked for that."""
    return {
        Pause.SHARED: (
            "the channel is now shared with another company, so customer data stays out of it. Resume the "
            f"{thing} once the channel is no longer shared."
        ),
        Pause.REMOVED: (
            f"Maple is no longer in the channel. Type `/invite @Maple` there, then resume the {thing}."
        ),
        Pause.ARCHIVED: f"the channel is archived. Resume the {thing} once the channel is back.",
        Pause.PUBLIC: (
            f"the channel was private and is now public. Resume the {thing} if everyone in your workspace "
            "is allowed to read it."
        ),
        Pause.RESTRICTED: (
            "only some people can post in the channel, and Maple isn't one of them. Let Maple post there, "
            f"then resume the {thing}."
        ),
        Pause.LEFT: "the person it goes to can't use Maple any more.",
    }


def set_up_by(person: str) -> str:
    return f"Set up by {person}"


def paused(why: str) -> str:
    return f":double_vertical_bar: *Paused:* {why}"


def paused_by(person: str) -> str:
    return f":double_vertical_bar: *Paused* by {person}"


def problem(say: Say) -> str:
    return f":no_entry: *{say.what}*\n{say.do}"


def in_channel(channel: str) -> str:
    return f"in {channel}"


def owner_paused(thing: str, where: str, described: str, why: str) -> str:
    return f":double_vertical_bar: *Your {thing} {where} is paused:* {why}\n{described}"


def owner_paused_by(thing: str, where: str, described: str, person: str) -> str:
    return f":double_vertical_bar: *Your {thing} {where} was paused* by {person}.\n{described}"


def owner_removed(thing: str, where: str, described: str, person: str) -> str:
    return f":wastebasket: *Your {thing} {where} was removed* by {person}.\n{described}"
