"""The card of a change, in whatever state it is: the one place that draws it.

Nothing on it is ever read back: its buttons carry the id of the change and the version of the preview.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from bot.approvals import state_text, words
from bot.approvals.lifecycle import Record, State
from bot.changes import descriptions, notes, registry
from bot.changes import lines as change_lines
from bot.changes import words as changes_words
from bot.kit import blocks, ids, layout, links, mentions, phrases, text, times
from bot.kit.card import Block, Card
from bot.kit.ref import Ref
from bot.lookups import frame, labels
from bot.lookups.place import Place

_REASON = 2000
_DECIDED_ALONE = frozenset({State.APPROVED, State.APPLYING})
"""Somebody works on these: there is nothing to click."""
_MAY_BE_APPLIED = (State.APPLIED, State.UNCONFIRMED)


class Audience(StrEnum):
    APPROVER = "approver"
    """The approvals channel."""
    ASKER = "asker"
    """Where it was asked."""
    HOME = "home"
    """A person's own list of what waits for them."""
    HISTORY = "history"
    """To be looked at only."""


def change_card(
    record: Record,
    *,
    audience: Audience,
    now: datetime,
    name: str = "",
    called: Mapping[str, str] | None = None,
) -> Card:
    """`name`: the customer's, where it is known; `called`: names of features and plans by id."""
    named = called or {}
    content = [*_what(record, named), *_why(record), *_came_to(record, named)]
    after = [*_buttons(record, audience), blocks.context("foot", _foot(record))]
    return layout.card(_head(record, name), content, after, stamp=now)


def withheld_card(record: Record, *, now: datetime) -> Card:
    """In the place of a card whose channel people of another company can read by now: nothing of the
    customer, and nothing to click."""
    content = [blocks.section("state", f"{words.HEADLINES[record.state]}\n{words.WITHHELD}")]
    foot = blocks.context("foot", words.reference(text.code(record.id, 60) or phrases.NONE, record.version))
    return layout.card([blocks.header("head", _kind(record))], content, [foot], stamp=now)


def _kind(record: Record) -> str:
    heading = registry.kind(record.kind).heading
    return f"{words.UNDO_OF}: {heading.lower()}" if record.undo_of else heading


def _head(record: Record, name: str) -> list[Block]:
    badge = text.code(record.env.upper() or labels.ENV_UNKNOWN, 30)
    facts: list[str | blocks.Text] = [badge]
    if shown := text.literal(name, 140):
        facts.append(blocks.plain(shown))
    facts.append(blocks.plain(text.literal(record.customer_id, 200) or labels.NO_ID))
    return [blocks.header("head", _kind(record)), blocks.context("who", *facts)]


def _what(record: Record, named: Mapping[str, str]) -> list[Block]:
    asked = f"*{descriptions.summary(record.input, named)}*"
    part = state_text.part(record, named)
    found = layout.packed(
        "what", [asked, *([part] if part else []), *change_lines.bullets(record.lines, named)]
    )
    if record.warnings and record.state is State.WAITING:
        found += layout.packed(
            "warnings", notes.listed(changes_words.WARNED, record.warnings, named).split("\n")
        )
    return [*found, *_in_stripe(record, named)]


def _in_stripe(record: Record, named: Mapping[str, str]) -> list[Block]:
    """What goes on there all the same, for as long as the card is there."""
    lines = registry.kind(record.kind).left_in_stripe(
        record.warnings, named, environment=record.env, applied=record.state in _MAY_BE_APPLIED
    )
    return layout.packed("stripe", lines) if lines else []


def _why(record: Record) -> list[Block]:
    reason = text.mrkdwn(record.reason, _REASON)
    asked = words.asked_by(mentions.person(record.asker), times.moment(record.created_at))
    ticket = links.linked(record.ticket, words.TICKET_LINK) if links.web(record.ticket) else ""
    lines = [asked, words.because(reason) if reason else words.NO_REASON, ticket]
    return [blocks.section("why", "\n".join(line for line in lines if line))]


def _came_to(record: Record, named: Mapping[str, str]) -> list[Block]:
    found = layout.packed("state", state_text.told(record, named).split("\n"))
    if shown := state_text.now_shown(record):
        found += layout.packed("now", shown.split("\n"))
    return found


def _foot(record: Record) -> str:
    known = text.code(record.id, 60) or phrases.NONE
    rule = words.rule(shown) if (shown := text.code(record.rule, 60)) else ""
    return " · ".join(part for part in (words.reference(known, record.version), rule) if part)


# What can be clicked


def _buttons(record: Record, audience: Audience) -> list[Block]:
    if record.state in _DECIDED_ALONE:
        return []
    found = [] if audience is Audience.HISTORY else _deciding(record, audience)
    if (open_it := _open(record)) is not None:
        found.append(open_it)
    return [blocks.actions("decide", found)] if found else []


def _deciding(record: Record, audience: Audience) -> list[blocks.Button]:
    match record.state:
        case State.WAITING if audience is Audience.ASKER:
            return [_withdraw(record)]
        case State.WAITING:
            return [_approve(record), blocks.button(words.DENY, ids.DENY, _ref(record))]
        case State.UNCONFIRMED:
            return _marks(record)
        case State.APPLIED if record.undoable:
            return [undo(record)]
        case _:
            return []


def _approve(record: Record) -> blocks.Button:
    asked = None
    if confirmation := registry.kind(record.kind).confirm_approval:
        asked = blocks.confirm(
            confirmation.title, confirmation.text, words.APPROVE, words.NOT_NOW, danger=True
        )
    elif record.env == links.LIVE:
        asked = blocks.confirm(words.APPROVE_TITLE, words.APPROVE_TEXT, words.APPROVE, words.NOT_NOW)
    return blocks.button(words.APPROVE, ids.APPROVE, _ref(record), primary=True, confirm=asked)


def _withdraw(record: Record) -> blocks.Button:
    asked = blocks.confirm(words.WITHDRAW_TITLE, words.WITHDRAW_TEXT, words.WITHDRAW, words.NOT_NOW)
    return blocks.button(words.WITHDRAW, ids.WITHDRAW, _ref(record), confirm=asked)


def undo(record: Record) -> blocks.Button:
    asked = blocks.confirm(words.UNDO_TITLE, words.UNDO_TEXT, words.UNDO, words.NOT_NOW)
    return blocks.button(words.UNDO, ids.UNDO, _ref(record), confirm=asked)


def _marks(record: Record) -> list[blocks.Button]:
    return [
        blocks.button(
            label, action, _ref(record), confirm=blocks.confirm(words.MARK_TITLE, told, label, words.NOT_NOW)
        )
        for label, action, told in (
            (words.MARK_APPLIED, ids.MARK_APPLIED, words.MARK_APPLIED_TEXT),
            (words.MARK_NOT_APPLIED, ids.MARK_NOT_APPLIED, words.MARK_NOT_APPLIED_TEXT),
        )
    ]


def _open(record: Record) -> blocks.Button | None:
    """None for a customer that is deleted, and for an id that a button cannot carry."""
    if record.state is State.APPLIED and registry.kind(record.kind).removes_customer:
        return None
    return frame.go(labels.OPEN_CUSTOMER, "customer", Place(customer=record.customer_id), kind=ids.OPEN)


def _ref(record: Record) -> str:
    return Ref(record.id, record.version).encode()
