"""A channel's digests in a modal: what each is, when it comes next, and what can be done with it."""

import re
from collections.abc import Sequence
from typing import Any

from bot.access import post_words
from bot.access import refusal as policy_refusal
from bot.access.post_targets import Pause
from bot.access.refusal import PolicyRefusal
from bot.digests import setup_words, words
from bot.digests.form import MOST_NAME
from bot.digests.model import DeliveryOutcome, Digest
from bot.digests.setup_words import DigestNote
from bot.kit import blocks, ids, layout, mentions, phrases, surfaces, text, times
from bot.kit.card import Block, Card
from bot.kit.carried import Ref
from bot.slack.channels import ChannelProblem

_CHANNEL = re.compile(r"[CGD][A-Z0-9]+")
MOST = 20
"""A modal can have a hundred blocks."""


def digest_list(
    digests: Sequence[Digest],
    own: Sequence[Digest] = (),
    *,
    channel: str,
    problem: ChannelProblem | None = None,
    note: str = "",
    refusal: PolicyRefusal | None = None,
) -> dict[str, Any]:
    """`digests`: the channel's. `own`: those that go to the person, or that they set up for another one.
    `problem`: why the channel can have none now. `note`: what just happened (mrkdwn). `refusal`:
    why the policy does not let this person change digests."""
    may = refusal is None
    content = [
        blocks.section("what", setup_words.LIST_WHAT),
        *([blocks.section("note", note)] if note else []),
        *([blocks.section("problem", post_words.problem(setup_words.PROBLEMS[problem]))] if problem else []),
        *([] if refusal is None else _only_others(refusal)),
    ]
    for index, digest in enumerate([*digests, *own][:MOST]):
        if index == len(digests):
            content.append(blocks.section("own", setup_words.IN_DIRECT_MESSAGES))
        content += _entry(index, digest, fit=digest.personal or not problem, may=may)
    if (left := len(digests) + len(own) - MOST) > 0:
        content.append(blocks.context("left", setup_words.more_digests(left)))
    if not digests and not problem:
        content.append(blocks.section("none", setup_words.NO_DIGESTS))
    if may:
        content.append(
            blocks.actions("new", [blocks.button(setup_words.NEW, ids.DIGEST_NEW, channel, primary=True)])
        )
    return surfaces.modal(setup_words.LIST_TITLE, content, callback=ids.DIGEST_LIST, metadata=channel)


def _only_others(refusal: PolicyRefusal) -> list[Block]:
    return [blocks.context("others", setup_words.ONLY_OTHERS), *policy_refusal.drawn(refusal)]


def digest_waiting(channel: str, note: str = setup_words.LIST_LOADING) -> dict[str, Any]:
    """The list while something is being done. `note`: what (mrkdwn)."""
    content = [blocks.section("waiting", note)]
    return surfaces.modal(setup_words.LIST_TITLE, content, callback=ids.DIGEST_LIST, metadata=channel)


def digest_message(note: str) -> Card:
    """What just happened (mrkdwn), for when the list is no longer open."""
    return layout.card([blocks.section("note", note)], [], [], stamp=None)


def digest_created(digest: Digest) -> str:
    """What just happened: a digest was set up, whose first post comes then."""
    return setup_words.created(times.moment(digest.next_due))


def digest_note(note: DigestNote) -> str:
    """What just happened with a digest (mrkdwn)."""
    return setup_words.NOTES[note]


def digest_sent(outcome: DeliveryOutcome, *, personal: bool) -> str:
    """How *Send now* ended (mrkdwn). `personal`: whether the digest goes to a person."""
    posted = outcome in (DeliveryOutcome.POSTED, DeliveryOutcome.FOUND, DeliveryOutcome.THREAD)
    return setup_words.SENT_TO_PERSON if personal and posted else setup_words.OUTCOMES[outcome]


def digest_stopped(digest: Digest, why: Pause | None) -> Card:
    """Tells the owner that their digest is paused or, with None, that it was removed."""
    where = _where(digest) if digest.personal else post_words.in_channel(_where(digest))
    if why is None:
        removed = post_words.owner_removed("digest", where, _description(digest), _person(digest.stopped_by))
        return layout.card([blocks.section("removed", removed)], [], [], stamp=None)
    if why is Pause.ASKED:
        paused = post_words.owner_paused_by("digest", where, _description(digest), _person(digest.stopped_by))
    else:
        paused = post_words.owner_paused("digest", where, _description(digest), setup_words.PAUSES[why])
    following = setup_words.OWNER_NEXT_ANYWHERE if digest.personal else setup_words.OWNER_NEXT
    content = [blocks.section("paused", paused), blocks.context("next", following)]
    return layout.card(content, [], [], stamp=None)


def _person(user_id: str) -> str:
    return mentions.person(user_id) if user_id else post_words.SOMEONE


def _description(digest: Digest) -> str:
    name = text.mrkdwn(digest.content.name, MOST_NAME)
    schedule = words.schedule_text(digest.schedule, text.mrkdwn)
    title = f"*{name}* · {schedule}" if name else f"*{schedule}*"
    return f"{title} · {words.content_text(digest.content)}"


def digest_line(digest: Digest) -> str:
    """A digest in a list of those of several channels: where, what, and when it comes next."""
    return f"{_where(digest)} {_description(digest)} · {_state(digest)}"


def _state(digest: Digest) -> str:
    if digest.pause is None:
        return setup_words.next_due(times.moment(digest.next_due))
    if digest.pause is Pause.ASKED:
        return post_words.paused_by(_person(digest.stopped_by))
    return post_words.paused(setup_words.PAUSES[digest.pause])


def _where(digest: Digest) -> str:
    if digest.personal:
        return setup_words.sent_to(mentions.person(digest.channel))
    channel_id = digest.channel
    return f"<#{channel_id}>" if _CHANNEL.fullmatch(channel_id) else text.code(channel_id, 40)


def _entry(index: int, digest: Digest, *, fit: bool, may: bool) -> list[Block]:
    """`fit`: whether the channel can have digests now. If not, none can be sent or resumed."""
    state = _state(digest)
    owner = post_words.set_up_by(mentions.person(digest.owner))
    title = f"{_where(digest)} · {_description(digest)}" if digest.personal else _description(digest)
    return [
        blocks.divider(f"line.{index}"),
        blocks.section(f"digest.{index}", f"{title}\n{state}"),
        blocks.context(f"owner.{index}", owner),
        blocks.actions(f"do.{index}", buttons(index, digest, fit=fit, may=may)),
    ]


def buttons(index: int, digest: Digest, *, fit: bool, may: bool, within: str = "") -> list[blocks.Button]:
    """An action_id must be unique within a modal, so each is numbered. `within`: where they are, at the front
    of the action_id; empty for the list."""
    place = f"{within}:" if within else ""
    ref = Ref(digest.id, digest.version).encode()

    def button(label: str, action: str, **more: Any) -> blocks.Button:
        return blocks.button(label, f"{place}{action}:{index}", ref, **more)

    # For everyone: it shows no more than `/autumn upcoming`.
    preview = button(setup_words.PREVIEW, ids.DIGEST_PREVIEW)
    if not may:
        return [preview]
    drawn = [button(setup_words.EDIT, ids.DIGEST_EDIT)]
    if digest.pause is None:
        drawn.append(button(setup_words.PAUSE, ids.DIGEST_PAUSE))
    elif fit:
        drawn.append(button(setup_words.RESUME, ids.DIGEST_RESUME))
    if fit:
        title, sentence = setup_words.SEND_TITLE, setup_words.SEND_TEXT
        if digest.personal:
            title, sentence = setup_words.SEND_PERSON_TITLE, setup_words.SEND_PERSON_TEXT
        send = blocks.confirm(title, sentence, setup_words.SEND, phrases.NOT_NOW)
        drawn.append(button(setup_words.SEND, ids.DIGEST_SEND, confirm=send))
    remove = blocks.confirm(
        setup_words.REMOVE_TITLE,
        setup_words.REMOVE_TEXT,
        setup_words.REMOVE,
        phrases.NOT_NOW,
        danger=True,
    )
    return [*drawn, preview, button(setup_words.REMOVE, ids.DIGEST_REMOVE, danger=True, confirm=remove)]
