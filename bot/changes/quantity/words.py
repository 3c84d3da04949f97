"""What people read about quantities that are bought ahead."""

from enum import StrEnum

from bot.changes.notes import NoteCode
from bot.changes.words import same_day


class Billed(StrEnum):
    NOW = "now"
    """The difference for the rest of the period."""
    NEXT_INVOICE = "next_invoice"
    """The new quantity, from the next period on."""


BUTTON = "Change quantity"
TITLE = "Change quantity"
HEADING = "Quantity change"
HELP = "change how much of a feature a subscription has, such as seats"
LINE_USAGE = "a feature, the new quantity, and now or next invoice"
"""Of a line of a list."""

FEATURE = "Feature"
PICK_FEATURE = "Pick a feature"
QUANTITY = "New quantity"
BILLED = "When the difference is billed"
BILLINGS = {
    Billed.NOW: ("Now", "Prorated for the rest of the period; a decrease is credited"),
    Billed.NEXT_INVOICE: ("From the next invoice", "Nothing for the rest of this period"),
}
NO_QUANTITIES = "The customer has no product with a quantity that is bought ahead."


def summary(feature: str, product: str, quantity: str) -> str:
    return f"Set {feature} on {product} to {quantity}"


class QuantityNote(NoteCode):
    # Refusals
    NOT_BOUGHT_AHEAD = (
        "not_bought_ahead",
        lambda of: f"This product doesn't sell {of.text('feature')} by quantity.",
    )
    HELD_TWICE = (
        "product_held_twice",
        "The customer has this product more than once, and Autumn doesn't say which quantity belongs to "
        "which. Change it in Autumn's dashboard.",
    )
    # Warnings
    BELOW_USED = (
        "below_used",
        lambda of: (
            f"*The customer already uses {of.number('used')}*, more than this quantity. Nothing will be left."
        ),
    )
    SOURCE_BELOW_USED = (
        "source_below_used",
        lambda of: (
            f"*The customer already uses {of.number('used')} of this source*, more than this quantity. "
            "Nothing of it will be left."
        ),
    )
    NOT_BILLED_NOW = (
        "not_billed_now",
        "The rest of this period is neither billed nor credited.",
    )
    MAY_NEED_PAYMENT = (
        "quantity_may_need_payment",
        "If the card can't be charged, the quantity stays as it is until the customer pays the invoice.",
    )
    SAME_DAY = "quantity_same_day", same_day
