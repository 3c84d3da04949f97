"""A channel's digests, in a modal: what each is, when it comes next, and what can be done with it."""

import re
from collections.abc import Sequence
from typing import Any

from bot.approvals import state_text as change_state
from bot.digests import summary as digest_line
from bot.digests import words as say
from bot.digests.model import Digest, Pause
from bot.kit import blocks, ids, text, times
from bot.kit.card import Block, Card
from bot.kit.ref import Ref
from bot.lookups import frame as parts

_CHANNEL = re.compile(r"[CGD][A-Z0-9]+")
MOST = 20
"""Slack draws a hundred blocks in a modal."""


def digest_list(
    digests: Sequence[Digest],
    *,
    channel: str,
    problem: str | None = None,
    note: str = "",
    may: bool = True,
) -> dict[str, Any]:
    """`problem`: the name of why the channel can have none now. `note`: what just happened, from
    `digest_note`, `digest_created` or `digest_outcome`. `may`: whether the policy lets this person change
    them."""
    found = [
        blocks.section("what", say.LIST_WHAT),
        *([blocks.section("note", note)] if note else []),
        *([blocks.section("problem", _problem(problem))] if problem else []),
        *([] if may else [blocks.context("others", say.ONLY_OTHERS)]),
    ]
    for index, digest in enumerate(digests[:MOST]):
        found += _one(index, digest, fit=not problem, may=may)
    if len(digests) > MOST:
        found.append(blocks.context("left", say.more_digests(len(digests) - MOST)))
    if not digests and not problem:
        found.append(blocks.section("none", say.NO_DIGESTS))
    if may and not problem:
        found.append(blocks.actions("new", [blocks.button(say.NEW, ids.DIGEST_NEW, channel, primary=True)]))
    return modal(say.LIST_TITLE, found, callback=ids.DIGEST_LIST, metadata=channel)


def digest_waiting(channel: str, told: str = "") -> dict[str, Any]:
    """The list while something is done. `told`: what, from `digest_note` or `digest_progress`; unless given,
    the digests are looked for."""
    found = [blocks.section("waiting", told or say.LIST_LOADING)]
    return modal(say.LIST_TITLE, found, callback=ids.DIGEST_LIST, metadata=channel)


def digest_said(told: str) -> Card:
    """What just happened, where the list is not open any more."""
    return parts.card([blocks.section("said", told)], [], [], stamp=None)


def digest_created(digest: Digest) -> str:
    """Of a new one: when the first comes."""
    return say.created(times.moment(digest.next_due))


def digest_note(happened: str) -> str:
    """What just happened with a digest, by its name in `digest_words.HAPPENED`."""
    return say.HAPPENED[happened]


def digest_outcome(outcome: str) -> str:
    """How *Send now* ended, by the name of its `Outcome`."""
    return say.OUTCOMES[outcome]


def digest_progress(customers: int, previewed: int, to_preview: int) -> str:
    """How far the reading of Autumn is."""
    return say.progress(customers, previewed, to_preview)


def digest_stopped(digest: Digest, why: Pause | None) -> Card:
    """Tells the digest's owner that it is paused, or, with None, that it was removed."""
    known = digest.channel
    channel = f"<#{known}>" if _CHANNEL.fullmatch(known) else text.code(known, 40)
    if why is None:
        told = say.owner_removed(channel, _what(digest), _person(digest.stopped_by))
        return parts.card([blocks.section("removed", told)], [], [], stamp=None)
    told = say.owner_paused(channel, _what(digest), _why(digest, why))
    shown = [blocks.section("paused", told), blocks.context("next", say.OWNER_NEXT)]
    return parts.card(shown, [], [], stamp=None)


def modal(title: str, found: Sequence[Block], *, callback: str, metadata: str) -> dict[str, Any]:
    """A modal with nothing to submit."""
    return {
        "type": "modal",
        "callback_id": callback,
        "private_metadata": metadata,
        "title": plain(title),
        "close": plain(say.CLOSE),
        "blocks": list(found),
    }


def plain(shown: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": shown, "emoji": False}


def _problem(problem: str) -> str:
    return say.problem(say.PROBLEMS[problem])


def _why(digest: Digest, why: Pause) -> str:
    return say.paused_by(_person(digest.stopped_by)) if why is Pause.ASKED else say.PAUSES[why]


def _person(known: str) -> str:
    return change_state.person(known) if known else say.SOMEBODY


def _what(digest: Digest) -> str:
    return f"*{digest_line.when(digest.schedule, text.mrkdwn)}* · {digest_line.what(digest.wanted)}"


def _one(index: int, digest: Digest, *, fit: bool, may: bool) -> list[Block]:
    """`fit`: whether the channel can have digests now; if not, none can be sent or resumed."""
    if digest.pause is None:
        state = say.next_due(times.moment(digest.next_due))
    else:
        state = say.paused(_why(digest, digest.pause))
    owner = say.set_up_by(change_state.person(digest.owner))
    return [
        blocks.divider(f"line.{index}"),
        blocks.section(f"digest.{index}", f"{_what(digest)}\n{state}"),
        blocks.context(f"owner.{index}", owner),
        blocks.actions(f"do.{index}", _buttons(index, digest, fit=fit, may=may)),
    ]


def _buttons(index: int, digest: Digest, *, fit: bool, may: bool) -> list[blocks.Button]:
    """An action_id may be in a modal but once, so each has its number."""
    ref = Ref(digest.id, digest.version).encode()

    def button(label: str, action: str, **more: Any) -> blocks.Button:
        return blocks.button(label, f"{action}:{index}", ref, **more)

    # For everybody: it tells no more than `/autumn upcoming`.
    preview = button(say.PREVIEW, ids.DIGEST_PREVIEW)
    if not may:
        return [preview]
    found = [button(say.EDIT, ids.DIGEST_EDIT)]
    if digest.pause is None:
        found.append(button(say.PAUSE, ids.DIGEST_PAUSE))
    elif fit:
        found.append(button(say.RESUME, ids.DIGEST_RESUME))
    if fit:
        send = blocks.confirm(say.SEND_TITLE, say.SEND_TEXT, say.SEND, say.NOT_NOW)
        found.append(button(say.SEND, ids.DIGEST_SEND, confirm=send))
    remove = blocks.confirm(say.REMOVE_TITLE, say.REMOVE_TEXT, say.REMOVE, say.NOT_NOW, danger=True)
    return [*found, preview, button(say.REMOVE, ids.DIGEST_REMOVE, danger=True, confirm=remove)]
