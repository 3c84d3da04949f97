"""Why a quantity cannot be changed, and what to know before it is."""

from collections.abc import Iterator

from bot.autumn.models import BalanceRow, Customer, PlanItem, Subscription
from bot.changes import canonical
from bot.changes.billing import bought, subscriptions
from bot.changes.billing.words import BillingNote
from bot.changes.common import identity_refusals
from bot.changes.common_notes import CommonNote
from bot.changes.model import Facts, Judgement
from bot.changes.notes import Note
from bot.changes.quantity.input import Billed, QuantityInput
from bot.changes.quantity.words import QuantityNote


def guard(request: QuantityInput, facts: Facts) -> Judgement:
    if notes := identity_refusals(request, facts, old_ids=True):
        return Judgement(notes)
    subscription = subscriptions.changeable(request.subscription, facts)
    if isinstance(subscription, Note):
        return Judgement((subscription,))
    row = quantity_row(subscription, request.product, request.feature, facts.customer)
    if isinstance(row, Note):
        return _no(row)
    item = bought.items(subscription)[request.feature]
    refusal = _refusal(request, item, row) or subscriptions.refused_quote(facts)
    if refusal is not None:
        return _no(refusal)
    return Judgement((), tuple(_warnings(request, row)))


def quantity_row(
    subscription: Subscription, product: str, feature: str, customer: Customer
) -> BalanceRow | Note:
    """Where the quantity is, or why it cannot be changed. `product`: the one that the request names."""
    rows = bought.rows(product, feature, customer)
    if feature not in bought.items(subscription) or not rows:
        return Note(QuantityNote.NOT_BOUGHT_AHEAD, {"feature": feature})
    return rows[0] if len(rows) == 1 else Note(QuantityNote.HELD_TWICE)


def _refusal(request: QuantityInput, item: PlanItem, row: BalanceRow) -> Note | None:
    if (refusal := bought.refusal(item, request.quantity)) is not None:
        return refusal
    # The same again is not harmless: after a change that was not billed, it is billed then.
    return Note(CommonNote.NOTHING_TO_DO) if request.quantity == bought.quantity(row) else None


def _warnings(request: QuantityInput, row: BalanceRow) -> Iterator[Note]:
    if request.quantity < row.usage:
        yield Note(QuantityNote.BELOW_USED, {"used": canonical.number(row.usage)})
    if request.billed is Billed.NEXT_INVOICE:
        yield Note(QuantityNote.NOT_BILLED_NOW)
        return
    yield Note(BillingNote.SHOWN_BY_TIME)
    if request.quantity > bought.quantity(row):
        yield Note(QuantityNote.MAY_NEED_PAYMENT)


def _no(note: Note) -> Judgement:
    return Judgement((note,))
