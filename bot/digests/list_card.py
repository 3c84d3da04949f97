"""A channel's digests, in a modal: what each is, when it comes next, and what can be done with it."""

import re
from collections.abc import Sequence
from typing import Any

from bot.digests import words
from bot.digests.model import Digest, Pause
from bot.kit import blocks, ids, layout, mentions, text, times
from bot.kit.card import Block, Card
from bot.kit.ref import Ref

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
        blocks.section("what", words.LIST_WHAT),
        *([blocks.section("note", note)] if note else []),
        *([blocks.section("problem", _problem(problem))] if problem else []),
        *([] if may else [blocks.context("others", words.ONLY_OTHERS)]),
    ]
    for index, digest in enumerate(digests[:MOST]):
        found += _one(index, digest, fit=not problem, may=may)
    if len(digests) > MOST:
        found.append(blocks.context("left", words.more_digests(len(digests) - MOST)))
    if not digests and not problem:
        found.append(blocks.section("none", words.NO_DIGESTS))
    if may and not problem:
        found.append(blocks.actions("new", [blocks.button(words.NEW, ids.DIGEST_NEW, channel, primary=True)]))
    return modal(words.LIST_TITLE, found, callback=ids.DIGEST_LIST, metadata=channel)


def digest_waiting(channel: str, told: str = "") -> dict[str, Any]:
    """The list while something is done. `told`: what, from `digest_note` or `digest_progress`; unless given,
    the digests are looked for."""
    found = [blocks.section("waiting", told or words.LIST_LOADING)]
    return modal(words.LIST_TITLE, found, callback=ids.DIGEST_LIST, metadata=channel)


def digest_said(told: str) -> Card:
    """What just happened, where the list is not open any more."""
    return layout.card([blocks.section("said", told)], [], [], stamp=None)


def digest_created(digest: Digest) -> str:
    """Of a new one: when the first comes."""
    return words.created(times.moment(digest.next_due))


def digest_note(happened: str) -> str:
    """What just happened with a digest, by its name in `digest_words.HAPPENED`."""
    return words.HAPPENED[happened]


def digest_outcome(outcome: str) -> str:
    """How *Send now* ended, by the name of its `DeliveryOutcome`."""
    return words.OUTCOMES[outcome]


def digest_progress(customers: int, previewed: int, to_preview: int) -> str:
    """How far the reading of Autumn is."""
    return words.progress(customers, previewed, to_preview)


def digest_stopped(digest: Digest, why: Pause | None) -> Card:
    """Tells the digest's owner that it is paused, or, with None, that it was removed."""
    known = digest.channel
    channel = f"<#{known}>" if _CHANNEL.fullmatch(known) else text.code(known, 40)
    if why is None:
        told = words.owner_removed(channel, _what(digest), _person(digest.stopped_by))
        return layout.card([blocks.section("removed", told)], [], [], stamp=None)
    told = words.owner_paused(channel, _what(digest), _why(digest, why))
    shown = [blocks.section("paused", told), blocks.context("next", words.OWNER_NEXT)]
    return layout.card(shown, [], [], stamp=None)


def modal(title: str, found: Sequence[Block], *, callback: str, metadata: str) -> dict[str, Any]:
    """A modal with nothing to submit."""
    return {
        "type": "modal",
        "callback_id": callback,
        "private_metadata": metadata,
        "title": plain(title),
        "close": plain(words.CLOSE),
        "blocks": list(found),
    }


def plain(shown: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": shown, "emoji": False}


def _problem(problem: str) -> str:
    return words.problem(words.PROBLEMS[problem])


def _why(digest: Digest, why: Pause) -> str:
    return words.paused_by(_person(digest.stopped_by)) if why is Pause.ASKED else words.PAUSES[why]


def _person(known: str) -> str:
    return mentions.person(known) if known else words.SOMEONE


def _what(digest: Digest) -> str:
    return f"*{words.schedule_text(digest.schedule, text.mrkdwn)}* · {words.content_text(digest.wanted)}"


def _one(index: int, digest: Digest, *, fit: bool, may: bool) -> list[Block]:
    """`fit`: whether the channel can have digests now; if not, none can be sent or resumed."""
    if digest.pause is None:
        state = words.next_due(times.moment(digest.next_due))
    else:
        state = words.paused(_why(digest, digest.pause))
    owner = words.set_up_by(mentions.person(digest.owner))
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
    preview = button(words.PREVIEW, ids.DIGEST_PREVIEW)
    if not may:
        return [preview]
    found = [button(words.EDIT, ids.DIGEST_EDIT)]
    if digest.pause is None:
        found.append(button(words.PAUSE, ids.DIGEST_PAUSE))
    elif fit:
        found.append(button(words.RESUME, ids.DIGEST_RESUME))
    if fit:
        send = blocks.confirm(words.SEND_TITLE, words.SEND_TEXT, words.SEND, words.NOT_NOW)
        found.append(button(words.SEND, ids.DIGEST_SEND, confirm=send))
    remove = blocks.confirm(words.REMOVE_TITLE, words.REMOVE_TEXT, words.REMOVE, words.NOT_NOW, danger=True)
    return [*found, preview, button(words.REMOVE, ids.DIGEST_REMOVE, danger=True, confirm=remove)]
