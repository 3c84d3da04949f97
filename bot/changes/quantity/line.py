"""A quantity as a line of a list: `acme,seats,12,now`."""

from dataclasses import dataclass
from decimal import Decimal

from bot.changes import line_form
from bot.changes.billing import bought, subscriptions
from bot.changes.line_form import LineForm, LineReader
from bot.changes.model import Facts
from bot.changes.notes import Note
from bot.changes.quantity import words
from bot.changes.quantity.input import Billed, QuantityInput
from bot.changes.quantity.words import QuantityNote

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


def read(line: LineReader) -> ListedQuantity:
    billed = line.action(_ACTIONS, Billed.NOW)
    return ListedQuantity(line.about(_WHAT), line.figure(), billed)


def fill(listed: ListedQuantity, facts: Facts, unique: str) -> QuantityInput | Note:  # noqa: ARG001 - as all kinds
    """Of the one subscription that sells the feature by quantity."""
    feature = line_form.known(_WHAT, listed.feature, line_form.features(facts))
    if isinstance(feature, Note):
        return feature
    selling = [each for each in subscriptions.offered(facts) if feature in bought.items(each)]
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


LINE = LineForm(words.LINE_USAGE, read, fill)
