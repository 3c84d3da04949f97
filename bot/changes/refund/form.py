"""The form that refunds an invoice."""

import json
from decimal import Decimal
from typing import Any

from bot.changes import amounts, notes
from bot.changes import words as changes_words
from bot.changes.amounts import NotAnAmount
from bot.changes.forms import fields as parts
from bot.changes.forms.model import FormContent, FormState, Meta, Parsed
from bot.changes.model import Facts
from bot.changes.notes import Note
from bot.changes.refund import words
from bot.changes.refund.read import Refundable, all_refundable
from bot.changes.refund.request import RefundInput
from bot.changes.spec import ChangeForm
from bot.kit import blocks, form_values, money, text, times
from bot.kit.card import Block
from bot.kit.form_values import Values
from bot.lookups import options

INVOICE_BLOCK = "invoice"
MODE_BLOCK = "mode"
AMOUNT_BLOCK = "amount"

FULL, PARTIAL = "full", "partial"
_MODES = {FULL: words.FULL, PARTIAL: words.PARTIAL}
_LONGEST = 100


def build(state: FormState) -> FormContent:
    offered = _offered(state.facts)
    if not offered:
        return FormContent(state.meta, closed=words.NO_INVOICES)
    mode = _mode(state.values)
    fields = [_pick_invoice(offered, state.values), _pick_mode(mode)]
    if mode == PARTIAL:
        fields.append(_type_amount(state.values))
    return FormContent(state.meta, fields=fields, problem=_typed_wrong(state.values))


def draft(meta: Meta, values: Values, facts: Facts) -> RefundInput | None:  # noqa: ARG001 - as all kinds
    invoice, currency = _invoice(values)
    amount, wrong = _amount(values)
    if not invoice or wrong is not None:
        return None
    return RefundInput(customer=meta.customer, invoice=invoice, currency=currency, amount=amount)


def parse(meta: Meta, values: Values) -> Parsed:
    invoice, currency = _invoice(values)
    amount, wrong = _amount(values)
    errors = {} if invoice else {INVOICE_BLOCK: words.NO_INVOICE_PICKED}
    if wrong is not None and AMOUNT_BLOCK in values:
        errors[AMOUNT_BLOCK] = notes.plain(wrong)
    elif wrong is not None:
        errors[MODE_BLOCK] = changes_words.STALE
    request = RefundInput(customer=meta.customer, invoice=invoice, currency=currency, amount=amount)
    return parts.parsed(meta, values, request, errors)


# What is filled in


def _invoice(values: Values) -> tuple[str, str]:
    """Its id and its currency; both empty while none is picked."""
    try:
        invoice, currency = json.loads(form_values.chosen(values, INVOICE_BLOCK))
    except ValueError:
        return "", ""
    return str(invoice), str(currency)


def _mode(values: Values) -> str:
    return PARTIAL if form_values.chosen(values, MODE_BLOCK) == PARTIAL else FULL


def _amount(values: Values) -> tuple[Decimal | None, Note | None]:
    """None for all that is left, or with what is wrong."""
    if _mode(values) == FULL:
        return None, None
    try:
        return amounts.parse_amount(form_values.typed(values, AMOUNT_BLOCK)), None
    except NotAnAmount as problem:
        return None, amounts.note(problem.code)


def _typed_wrong(values: Values) -> str:
    _, wrong = _amount(values)
    return notes.plain(wrong) if wrong and form_values.typed(values, AMOUNT_BLOCK) else ""


# The fields


def _offered(facts: Facts) -> dict[str, Refundable]:
    """By an option's value."""
    able = {_value(refundable): refundable for refundable in all_refundable(facts)}
    carried = [item for item in able.items() if text.length(item[0]) <= blocks.OPTION]
    return dict(carried[: options.MOST])


def _value(refundable: Refundable) -> str:
    return json.dumps([refundable.invoice, refundable.currency], separators=(",", ":"))


def _pick_invoice(offered: dict[str, Refundable], values: Values) -> Block:
    choices = {value: _option(value, refundable) for value, refundable in offered.items()}
    initial = choices.get(form_values.chosen(values, INVOICE_BLOCK))
    element = blocks.select(parts.field_id("invoice"), words.PICK_INVOICE, list(choices.values()), initial)
    return blocks.field(INVOICE_BLOCK, words.INVOICE, element, listens=True)


def _option(value: str, refundable: Refundable) -> Any:
    def amount(figure: Decimal) -> str:
        return money.money(figure, refundable.currency)

    day = times.billing_day(refundable.created_at) if refundable.created_at else ""
    label = " · ".join(part for part in (day, amount(refundable.paid)) if part)
    before = words.refunded_before(amount(refundable.refunded)) if refundable.refunded else ""
    left = words.left(amount(refundable.left))
    more = " · ".join(part for part in (before, left, refundable.invoice) if part)
    return blocks.option(text.literal(label, blocks.OPTION), value, text.literal(more, blocks.OPTION))


def _pick_mode(mode: str) -> Block:
    return parts.radio(MODE_BLOCK, words.MODE, _MODES, mode)


def _type_amount(values: Values) -> Block:
    typed = form_values.typed(values, AMOUNT_BLOCK)[:_LONGEST]
    element = blocks.typed(parts.field_id("amount"), typed, most=_LONGEST, telling=True)
    return blocks.field(AMOUNT_BLOCK, words.AMOUNT, element, words.AMOUNT_HINT, listens=True)


FORM = ChangeForm(build, draft, parse)
