"""A quantity that is bought ahead, as it is requested, and why it is refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from bot.autumn.models import Balance, BalanceRow, Customer, PlanItem, Subscription
from bot.changes import canonical, line_form
from bot.changes.billing import subscriptions
from bot.changes.billing.quantities import quantity_of, quantity_refusal, quantity_rows, sold_with
from bot.changes.billing.words import BillingNote
from bot.changes.common import identity_refusals
from bot.changes.line_form import LineForm, LineReader
from bot.changes.model import ChangeInput, Facts, Judgement
from bot.changes.notes import CommonNote, Note
from bot.changes.quantity import words
from bot.changes.quantity.words import Billed, QuantityNote


class QuantityInput(ChangeInput):
    kind: Literal["quantity"] = "quantity"
    subscription: str
    """Its id."""
    product: str
    """The id of its plan."""
    feature: str
    quantity: Decimal
    """In total, with what the product includes."""
    billed: Billed


def guard(request: QuantityInput, facts: Facts) -> Judgement:
    if notes := identity_refusals(request, facts, old_ids=True):
        return Judgement(notes)
    subscription = subscriptions.changeable(request.subscription, facts)
    if isinstance(subscription, Note):
        return Judgement((subscription,))
    row = quantity_row(subscription, request.product, request.feature, facts.customer)
    if isinstance(row, Note):
        return _no(row)
    item = sold_with(subscription)[request.feature]
    refusal = _refusal(request, item, row) or subscriptions.refused_quote(facts)
    if refusal is not None:
        return _no(refusal)
    return Judgement((), tuple(_warnings(request, row, facts.drawn_on[request.feature])))


def quantity_row(
    subscription: Subscription, product: str, feature: str, customer: Customer
) -> BalanceRow | Note:
    """Where the quantity is, or why it cannot be changed. `product`: the one that the request names."""
    rows = quantity_rows(product, feature, customer)
    if feature not in sold_with(subscription) or not rows:
        return Note(QuantityNote.NOT_BOUGHT_AHEAD, {"feature": feature})
    return rows[0] if len(rows) == 1 else Note(QuantityNote.HELD_TWICE)


def _refusal(request: QuantityInput, item: PlanItem, row: BalanceRow) -> Note | None:
    if (refusal := quantity_refusal(item, request.quantity)) is not None:
        return refusal
    # The same again is not harmless: after a change that was not billed, it is billed then.
    return Note(CommonNote.NOTHING_TO_DO) if request.quantity == quantity_of(row) else None


def _warnings(request: QuantityInput, row: BalanceRow, balance: Balance) -> Iterator[Note]:
    if request.quantity < row.usage:
        alone = len(balance.breakdown) == 1 and balance.remaining <= row.remaining
        code = QuantityNote.BELOW_USED if alone else QuantityNote.SOURCE_BELOW_USED
        yield Note(code, {"used": canonical.number(row.usage)})
    if request.billed is Billed.NEXT_INVOICE:
        yield Note(QuantityNote.NOT_BILLED_NOW)
        return
    yield Note(BillingNote.SHOWN_BY_TIME)
    if request.quantity > quantity_of(row):
        yield Note(QuantityNote.MAY_NEED_PAYMENT)


def _no(note: Note) -> Judgement:
    return Judgement((note,))


# As a line of a list


_WHAT = "feature"
_ACTIONS = {
    Billed.NOW: ("now", "billed now"),
    Billed.NEXT_INVOICE: ("next invoice", "on the next invoice"),
}


@dataclass(frozen=True, slots=True)
class ListedQuantity:
    feature: str
    quantity: Decimal
    billed: Billed


def read_line(line: LineReader) -> ListedQuantity:
    billed = line.action(_ACTIONS, Billed.NOW)
    return ListedQuantity(line.about(_WHAT), line.figure(), billed)


def fill_line(listed: ListedQuantity, facts: Facts, unique: str) -> QuantityInput | Note:  # noqa: ARG001 - as all kinds
    """Of the one subscription that sells the feature by quantity."""
    feature = line_form.known_id(_WHAT, listed.feature, line_form.features(facts))
    if isinstance(feature, Note):
        return feature
    selling = [
        subscription for subscription in subscriptions.offered(facts) if feature in sold_with(subscription)
    ]
    if len(selling) != 1:
        code = QuantityNote.HELD_TWICE if selling else QuantityNote.NOT_BOUGHT_AHEAD
        return Note(code, {"feature": feature})
    return QuantityInput(
        customer=facts.customer.id or "",
        subscription=selling[0].id,
        product=selling[0].plan_id,
        feature=feature,
        quantity=listed.quantity,
        billed=listed.billed,
    )


LINE = LineForm(words.LINE_USAGE, read_line, fill_line)
