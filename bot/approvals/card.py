"""The card of a change, in every state.

Nothing is read back from it: its buttons carry the id of the change and the version of the preview.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from bot.access.rules import Verb
from bot.approvals import state_text, words
from bot.approvals.lifecycle import IN_PROGRESS, Record, State
from bot.changes import descriptions, notes, registry
from bot.changes import lines as change_lines
from bot.changes import words as changes_words
from bot.kit import blocks, ids, layout, links, mentions, money, phrases, text, times
from bot.kit.card import Block, Card
from bot.kit.carried import Ref
from bot.lookups import frame, labels
from bot.lookups.place import Place

EARLIER_DAYS = 90
_REASON_LENGTH = 2000
_MAY_BE_APPLIED = (State.APPLIED, State.UNCONFIRMED)


class Audience(StrEnum):
    APPROVER = "approver"
    """The approvals channel."""
    REQUESTER = "requester"
    """Where it was requested."""
    READER = "reader"
    """Anyone; without the buttons that decide."""


@dataclass(frozen=True, slots=True)
class CustomerBackground:
    """What a card says besides the change itself. What is unknown is left out."""

    requester: str = ""
    """Their name, in mrkdwn. Without it they are mentioned."""
    standing: str = ""
    """The customer's, in mrkdwn."""
    mentions: str = ""
    """Whom the policy wants to be told, in mrkdwn."""
    may_approve: str = ""
    """In mrkdwn."""
    earlier: tuple[Record, ...] = ()
    """Changes of the same kind and customer that were applied in the last `EARLIER_DAYS`, newest first."""
    also_open: int = 0
    """Other requests for the same customer that wait."""
    undone_card: str = ""
    """The address of the card of the change that this one undoes."""
    undo_card: str = ""
    """The same of the change that undoes this one, or is to."""


def change_card(
    record: Record,
    *,
    audience: Audience,
    now: datetime,
    name: str = "",
    names: Mapping[str, str] | None = None,
    background: CustomerBackground = CustomerBackground(),
) -> Card:
    """`name`: the customer's, if known; `names`: of features and plans, by id."""
    called = names or {}
    content = [
        *_request(record, called),
        *_reason(record, background),
        *_background(record, background, called),
        *_outcome(record, called),
    ]
    after = [*_buttons(record, audience), blocks.context("foot", _foot(record))]
    return layout.card(_head(record, name, background, called), content, after, stamp=now)


def withheld_card(record: Record, *, now: datetime) -> Card:
    """Replaces a card whose channel is now shared with another company: nothing of the customer, and nothing
    to click."""
    content = [blocks.section("state", f"{state_text.headline(record)}\n{words.WITHHELD}")]
    foot = blocks.context("foot", words.reference(text.code(record.id, 60) or phrases.NONE, record.version))
    return layout.card([blocks.header("head", _kind(record))], content, [foot], stamp=now)


def _kind(record: Record) -> str:
    heading = registry.kind(record.kind).heading
    named = f"{words.UNDO_OF}: {heading.lower()}" if record.undo_of else heading
    return f"{named} ({words.UNDONE_STATE})" if record.undone else named


def _head(record: Record, name: str, background: CustomerBackground, names: Mapping[str, str]) -> list[Block]:
    """The title comes first: it is the push notification."""
    customer = text.mrkdwn(name, 140) or text.mrkdwn(record.customer_id, 140) or labels.NO_ID
    title = words.title(customer, descriptions.summary(record.input, names), _worth(record))
    badge = text.code(record.env.upper() or labels.ENV_UNKNOWN, 30)
    facts = [badge, _kind(record), *([background.standing] if background.standing else [])]
    return [blocks.section("title", title), blocks.context("who", *facts)]


def _worth(record: Record) -> str:
    """Of units that are given or taken; the money of other changes is in their lines."""
    kind = registry.kind(record.kind)
    if record.worth is None or kind.quoted or kind.in_money:
        return ""
    moved = kind.moved(record.input, record.amount, record.before)
    return money.rough(record.worth.amount, record.worth.currency) if moved else ""


def _background(record: Record, background: CustomerBackground, names: Mapping[str, str]) -> list[Block]:
    """What helps to decide on a request that waits."""
    if record.state is not State.WAITING:
        return []
    lines = []
    if background.earlier:
        last = background.earlier[0]
        summary = descriptions.summary(last.input, names)
        newest = words.newest(summary, times.moment(last.created_at))
        lines.append(words.earlier(len(background.earlier), EARLIER_DAYS, newest))
    if background.also_open:
        lines.append(words.also_open(background.also_open))
    if background.may_approve:
        lines.append(words.may_approve(background.may_approve))
    if background.mentions:
        lines.append(words.waits_for(background.mentions))
    return layout.packed("background", lines) if lines else []


def _request(record: Record, names: Mapping[str, str]) -> list[Block]:
    part = state_text.part(record, names)
    lines = [*([part] if part else []), *change_lines.bullets(record.lines, names)]
    drawn = layout.packed("what", lines)
    if record.warnings and record.state is State.WAITING:
        warnings = notes.listed(changes_words.WARNED, record.warnings, names)
        drawn += layout.packed("warnings", warnings.split("\n"))
    return [*drawn, *_in_stripe(record, names)]


def _in_stripe(record: Record, names: Mapping[str, str]) -> list[Block]:
    """What continues in Stripe nonetheless, shown for as long as the card exists."""
    lines = registry.kind(record.kind).left_in_stripe(
        record.warnings, names, environment=record.env, applied=record.state in _MAY_BE_APPLIED
    )
    return layout.packed("stripe", lines) if lines else []


def _reason(record: Record, background: CustomerBackground) -> list[Block]:
    reason = text.mrkdwn(record.reason, _REASON_LENGTH)
    requester = background.requester or mentions.person(record.requester)
    requested = words.requested_by(requester, times.moment(record.created_at))
    ticket = links.linked(record.ticket, words.TICKET_LINK) if links.web(record.ticket) else ""
    lines = [requested, words.reason(reason) if reason else words.NO_REASON, ticket]
    if record.undo_of:
        undone = links.linked(background.undone_card, words.UNDONE_CHANGE)
        lines.append(words.undoes(undone, text.code(record.undo_of, 60)))
    if record.undo:
        undo = links.linked(background.undo_card, words.UNDO_REQUEST)
        lines.append(words.undo(undo, text.code(record.undo, 60)))
    return [blocks.section("why", "\n".join(line for line in lines if line))]


def _outcome(record: Record, names: Mapping[str, str]) -> list[Block]:
    drawn = layout.packed("state", state_text.described(record, names).split("\n"))
    if values := state_text.now_shown(record):
        drawn += layout.packed("now", values.split("\n"))
    return drawn


def _foot(record: Record) -> str:
    customer = text.code(record.customer_id, 200) or labels.NO_ID
    reference = words.reference(text.code(record.id, 60) or phrases.NONE, record.version)
    return words.details(customer, reference, words.rule(record.rule))


# Buttons


def _buttons(record: Record, audience: Audience) -> list[Block]:
    if record.state in IN_PROGRESS:
        return []
    buttons = [] if audience is Audience.READER else _deciding(record, audience)
    if (open_customer := _open(record)) is not None:
        buttons.append(open_customer)
    if record.undo_of or record.undone:
        place = Place(customer=record.customer_id)
        history = frame.go(words.HISTORY, "open", place, kind=ids.HISTORY)
        buttons += [history] if history is not None else []
    return [blocks.actions("decide", buttons)] if buttons else []


def _deciding(record: Record, audience: Audience) -> list[blocks.Button]:
    match record.state:
        case State.WAITING if audience is Audience.REQUESTER:
            return own_buttons(record)
        case State.WAITING:
            return decision_buttons(record)
        case State.UNCONFIRMED:
            return _marks(record)
        case State.APPLIED:
            return [_undo(record)] if record.undoable else []
        case (
            State.APPROVED
            | State.APPLYING
            | State.FAILED
            | State.DENIED
            | State.WITHDRAWN
            | State.EXPIRED
            | State.SUPERSEDED
        ):
            return []
        case _:
            assert_never(record.state)


def buttons_of(verb: Verb, record: Record) -> list[blocks.Button]:
    """The buttons for a person asked to do this with the change; empty once it is too late."""
    if verb is Verb.APPROVE and record.state is State.WAITING:
        return decision_buttons(record)
    if verb is Verb.MARK and record.state is State.UNCONFIRMED:
        return _marks(record)
    return [_undo(record)] if verb is Verb.UNDO and record.undoable else []


def decision_buttons(record: Record, *, suffix: str = "") -> list[blocks.Button]:
    """To decide a request that waits. `suffix`: keeps their ids distinct from those of other requests next to
    it."""
    deny = blocks.button(words.DENY, f"{ids.DENY}{suffix}", _ref(record))
    return [_approve(record, suffix), deny]


def _approve(record: Record, suffix: str) -> blocks.Button:
    dialog = None
    if confirmation := registry.kind(record.kind).confirm_approval:
        dialog = blocks.confirm(
            confirmation.title, confirmation.text, words.APPROVE, phrases.NOT_NOW, danger=True
        )
    elif record.env == links.LIVE:
        dialog = blocks.confirm(words.APPROVE_TITLE, words.APPROVE_TEXT, words.APPROVE, phrases.NOT_NOW)
    return blocks.button(words.APPROVE, f"{ids.APPROVE}{suffix}", _ref(record), primary=True, confirm=dialog)


def own_buttons(record: Record, *, suffix: str = "") -> list[blocks.Button]:
    """For the requester of a request that waits. `suffix`: as of `decision_buttons`."""
    edit = [edit_button(record, suffix=suffix)] if record.editable else []
    return [*edit, _withdraw(record, suffix)]


def edit_button(record: Record, *, suffix: str = "") -> blocks.Button:
    """`suffix`: as of `decision_buttons`."""
    return blocks.button(words.EDIT, f"{ids.EDIT}{suffix}", _ref(record))


def _withdraw(record: Record, suffix: str) -> blocks.Button:
    dialog = blocks.confirm(words.WITHDRAW_TITLE, words.WITHDRAW_TEXT, words.WITHDRAW, phrases.NOT_NOW)
    return blocks.button(words.WITHDRAW, f"{ids.WITHDRAW}{suffix}", _ref(record), confirm=dialog)


def _undo(record: Record) -> blocks.Button:
    return blocks.button(words.UNDO, ids.UNDO, _ref(record))


def _marks(record: Record) -> list[blocks.Button]:
    check_again = blocks.button(words.CHECK_AGAIN, ids.CHECK_AGAIN, _ref(record), primary=True)
    marks = [
        blocks.button(
            label,
            action,
            _ref(record),
            confirm=blocks.confirm(words.MARK_TITLE, question, label, phrases.NOT_NOW),
        )
        for label, action, question in (
            (words.MARK_APPLIED, ids.MARK_APPLIED, words.MARK_APPLIED_TEXT),
            (words.MARK_NOT_APPLIED, ids.MARK_NOT_APPLIED, words.MARK_NOT_APPLIED_TEXT),
        )
    ]
    return [check_again, *marks]


def _open(record: Record) -> blocks.Button | None:
    """None for a deleted customer, and for an id that a button cannot carry."""
    if record.state is State.APPLIED and registry.kind(record.kind).removes_customer:
        return None
    return frame.go(labels.OPEN_CUSTOMER, "customer", Place(customer=record.customer_id), kind=ids.OPEN)


def _ref(record: Record) -> str:
    return Ref(record.id, record.version).encode()
