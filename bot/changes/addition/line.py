"""A product that is added, as a line of a list: `acme,extra_seats,10,,add`."""

from dataclasses import dataclass
from decimal import Decimal

from bot.autumn.models import Plan
from bot.changes import line_form
from bot.changes.addition import products, words
from bot.changes.addition.input import AdditionInput
from bot.changes.addition.words import AdditionNote
from bot.changes.billing import bought
from bot.changes.billing.quantities import FeatureQuantity
from bot.changes.line_form import LineForm, LineNote, LineReader
from bot.changes.model import Facts
from bot.changes.notes import Note
from bot.lookups.products.plan_changes import is_one_time

_WHAT = "product"


@dataclass(frozen=True, slots=True)
class ListedAddition:
    product: str
    quantity: Decimal | None
    """None where none was written."""


def read(line: LineReader) -> ListedAddition:
    line.takes_no_action()
    return ListedAddition(line.about(_WHAT), line.figure() if line.cells.amount else None)


def fill(listed: ListedAddition, facts: Facts, unique: str) -> AdditionInput | Note:
    offered = products.offered(facts)
    product = line_form.known(_WHAT, listed.product, {plan.id: plan.name for plan in offered.values()})
    if isinstance(product, Note):
        return product
    quantities = _quantities(listed.quantity, offered[product])
    if isinstance(quantities, Note):
        return quantities
    return AdditionInput(
        customer=facts.customer.id or "",
        product=product,
        subscription="" if is_one_time(offered[product]) else f"maple_{unique}",
        quantities=quantities,
    )


def _quantities(quantity: Decimal | None, plan: Plan) -> tuple[FeatureQuantity, ...] | Note:
    """A line can say one quantity; where it says none, what the product includes."""
    sold = bought.sold(plan)
    if len(sold) > 1:
        return Note(AdditionNote.SEVERAL_QUANTITIES)
    if not sold:
        return () if quantity is None else Note(AdditionNote.NO_QUANTITY)
    ((feature, item),) = sold.items()
    chosen = quantity if quantity is not None else bought.included(item)
    return (
        (FeatureQuantity(feature=feature, quantity=chosen),)
        if chosen
        else Note(LineNote.MISSING, {"what": "amount"})
    )


LINE = LineForm(words.LINE_USAGE, read, fill)
