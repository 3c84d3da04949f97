"""Messages of their own about a change: the outcome for the requester, and a reminder for approvers."""

from collections.abc import Mapping
from datetime import datetime

from bot.approvals import state_text, words
from bot.approvals.lifecycle import Record, State
from bot.changes import descriptions, registry
from bot.kit import blocks, ids, layout, links, phrases, text
from bot.kit.card import Block, Card
from bot.kit.carried import Ref
from bot.lookups import frame, labels
from bot.lookups.place import Place

_ASK_AGAIN = frozenset({State.DENIED, State.EXPIRED, State.OVERTAKEN, State.FAILED})


def outcome_card(
    record: Record, *, now: datetime, name: str = "", names: Mapping[str, str] | None = None
) -> Card:
    """`name`: the customer's, where it is known; `names`: of features and plans, by id."""
    known = names or {}
    customer = _customer(record, name)
    headline, *explanation = state_text.described(record, known).split("\n")
    title = words.outcome(headline, customer, descriptions.summary(record.input, known))
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
    known = names or {}
    _, *waiting = state_text.described(record, known).split("\n")
    title = words.reminder(_customer(record, name), descriptions.summary(record.input, known), waiting[-1])
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
