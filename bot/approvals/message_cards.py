"""Messages besides the card of a change: its outcome, reminders, wishes, and the result of a click or
form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.access import refusal as policy_refusal
from bot.access.refusal import PolicyRefusal
from bot.access.rules import Verb
from bot.approvals import state_text, words
from bot.approvals.lifecycle import Record, State
from bot.approvals.preview import Assessment
from bot.approvals.requests import ChangeRequest
from bot.approvals.results import Result
from bot.autumn.errors import AutumnError
from bot.changes import descriptions, notes, registry
from bot.changes import lines as change_lines
from bot.changes.notes import Note
from bot.kit import blocks, ids, layout, links, phrases, text
from bot.kit.card import Block, Card
from bot.kit.carried import Ref
from bot.lookups import frame, labels
from bot.lookups.place import Place

_REASON_LENGTH = 2000
_ASK_AGAIN = frozenset({State.DENIED, State.EXPIRED, State.SUPERSEDED, State.FAILED})


def outcome_card(
    record: Record, *, now: datetime, name: str = "", names: Mapping[str, str] | None = None
) -> Card:
    """`name`: the customer's, if known; `names`: of features and plans, by id."""
    called = names or {}
    customer = _customer(record, name)
    headline, *explanation = state_text.described(record, called).split("\n")
    title = words.outcome(headline, customer, descriptions.summary(record.input, called))
    lines = [*title.split("\n"), *explanation, *_payment_link(record)]
    content = layout.packed("outcome", lines)
    if values := state_text.now_shown(record):
        content += layout.packed("now", values.split("\n"))
    reference = words.reference(text.code(record.id, 60) or phrases.NONE, record.version)
    return layout.card([], content, [*_buttons(record), blocks.context("foot", reference)], stamp=now)


def _payment_link(record: Record) -> list[str]:
    """Only here: other people see the cards."""
    if not links.web(record.payment_url):
        return []
    return [links.linked(record.payment_url, words.PAYMENT_LINK), words.PAYMENT_LINK_PRIVATE]


def reminder_card(
    record: Record, mentions: str, *, name: str = "", names: Mapping[str, str] | None = None
) -> Card:
    """`mentions`: whom it is for, in mrkdwn."""
    called = names or {}
    _, *waiting = state_text.described(record, called).split("\n")
    title = words.reminder(_customer(record, name), descriptions.summary(record.input, called), waiting[-1])
    lines = [*title.split("\n"), *([words.waits_for(mentions)] if mentions else [])]
    return layout.card([], layout.packed("reminder", lines), [], stamp=None)


def _customer(record: Record, name: str) -> str:
    return text.mrkdwn(name, 140) or text.code(record.customer_id, 120) or labels.NO_ID


def _buttons(record: Record) -> list[Block]:
    """A deleted customer cannot be opened, and a button cannot carry an id of thousands of characters."""
    kind = registry.kind(record.kind)
    if record.state is State.APPLIED and kind.removes_customer:
        return []
    open_customer = frame.go(
        labels.OPEN_CUSTOMER, "customer", Place(customer=record.customer_id), kind=ids.OPEN
    )
    if open_customer is None:
        return []
    buttons = [open_customer]
    if record.state in _ASK_AGAIN and not record.undo_of:
        label = words.ASK_AGAIN_CHANGED if record.state is State.DENIED else words.ASK_AGAIN
        buttons.insert(0, blocks.button(label, ids.ASK_AGAIN, Ref(record.id, record.version).encode()))
    return [blocks.actions("next", buttons)]


def undone_notice(record: Record, *, names: Mapping[str, str] | None = None) -> Card:
    """For the person who requested a change that someone else undid."""
    summary = descriptions.summary(record.input, names or {})
    customer = text.code(record.customer_id, 120) or labels.NO_ID
    lines = [f"*{summary}* · {customer}", *state_text.described(record, names or {}).split("\n")]
    return layout.card(layout.packed("notice", lines), [], [], stamp=None)


# What a click or a form came to


def result_card(
    result: Result,
    *,
    now: datetime,
    record: Record | None = None,
    refusal: PolicyRefusal | None = None,
    refusals: Sequence[Note] = (),
    more: str = "",
) -> Card:
    """`record`: the change it is about, shown with its state. `refusal`: by the policy. `refusals`: the
    guards' objections. `more`: a sentence to add, in mrkdwn."""
    sentence = words.RESULTS[result]
    drawn: list[Block] = []
    if refusal is None:
        drawn.append(blocks.section("result", notes.listed(f"*{sentence.what}*\n{sentence.do}", refusals)))
    else:
        drawn.append(blocks.section("result", f"*{sentence.what}* {sentence.do}"))
        drawn += policy_refusal.drawn(refusal)
    if record is not None:
        summary = descriptions.summary(record.input, {})
        drawn.append(blocks.section("change", f"{summary}\n{state_text.described(record, {})}"))
    if more:
        drawn.append(blocks.section("more", more))
    return layout.card(drawn, [], [], stamp=now)


def result_words(
    result: Result,
    *,
    error: AutumnError | None = None,
    refusals: Sequence[Note] = (),
    names: Mapping[str, str] | None = None,
) -> str:
    """Why a form was not accepted, in mrkdwn. `refusals`: the guards' objections."""
    sentence = labels.explanation(error) if error else words.RESULTS[result]
    return notes.listed(f"*{sentence.what}* {sentence.do}", refusals, names)


def not_accepted(why: str) -> Card:
    """For a form that was closed before Maple could say why it was not accepted."""
    title = f"*{words.NOT_ACCEPTED}*\n{why}"
    return layout.card([blocks.section("not_accepted", title)], [], [], stamp=None)


# Wishes: what someone wants to do and may not


@dataclass(frozen=True, slots=True)
class Wish:
    """What the card says besides the change. All but the id are in mrkdwn."""

    form_id: str
    requester: str
    others: str
    """Who may request it."""
    mentions: str
    """Whom the policy wants to be told; may be empty."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What someone asks those who may to do."""

    verb: Verb
    lines: tuple[str, ...] = ()
    """What it is about, in mrkdwn."""
    buttons: tuple[blocks.Button, ...] = ()
    """That lead to it, for those who may."""


def ask_card(asked: Asked, *, requester: str, mentions: str, now: datetime) -> Card:
    """`requester`, `mentions`: in mrkdwn; the latter may be empty."""
    lines = [
        words.asked_for(requester, words.ASKED_OF[asked.verb]),
        *asked.lines,
        words.waits_for(mentions) if mentions else "",
    ]
    content: list[Block] = layout.packed("asked", [line for line in lines if line])
    after = [blocks.actions("asked.do", list(asked.buttons))] if asked.buttons else []
    return layout.card([], content, after, stamp=now)


def wish_card(
    request: ChangeRequest, assessment: Assessment, wish: Wish, *, now: datetime, names: Mapping[str, str]
) -> Card:
    facts = assessment.facts
    customer = text.mrkdwn(facts.customer.name, 140) or text.mrkdwn(request.input.customer, 140)
    title = words.title(customer or labels.NO_ID, descriptions.summary(request.input, names), "")
    badge = text.code((facts.customer.env or labels.ENV_UNKNOWN).upper(), 30)
    heading = registry.of(request.input).heading
    reason = text.mrkdwn(request.reason, _REASON_LENGTH)
    ticket = links.linked(request.ticket, words.TICKET_LINK) if links.web(request.ticket) else ""
    lines = [
        *change_lines.bullets(assessment.preview.lines if assessment.preview else (), names),
        words.wished_by(wish.requester),
        words.may_request(wish.others) if wish.others else "",
        words.reason(reason) if reason else words.NO_REASON,
        ticket,
        words.waits_for(wish.mentions) if wish.mentions else "",
    ]
    content = layout.packed("wish", [line for line in lines if line])
    button = blocks.button(words.OPEN_FORM, ids.TAKE_UP, wish.form_id, primary=True)
    head = [blocks.section("title", title), blocks.context("who", badge, heading)]
    return layout.card(head, content, [blocks.actions("take_up", [button])], stamp=now)
