"""What people read about changing a customer's product."""

from enum import StrEnum

from bot.changes.lines import LineLabel, LineStyle, name
from bot.changes.notes import Details, NoteCode
from bot.kit.phrases import count


class SwitchAction(StrEnum):
    NOW = "now"
    AT_PERIOD_END = "at_period_end"
    CALL_OFF = "call_off"
    """Of one at the end of the period: only as its undo."""


class Kept(StrEnum):
    """Of the balances of the product that is replaced now."""

    NOTHING = "nothing"
    USAGE = "usage"
    """What was used counts against the new product."""
    REMAINING = "remaining"
    """What is left becomes a standalone grant until the end of the period."""


BUTTON = "Change product"
TITLE = "Change product"
HEADING = "Product change"
HELP = "change a customer's product, now or at the end of the period"

PRODUCT = "New product"
PICK_PRODUCT = "Pick a product"
WHEN = "When"
ACTIONS = {
    SwitchAction.NOW: ("Now", "The unused part of the old product is credited, the new one is billed"),
    SwitchAction.AT_PERIOD_END: ("At the end of the period", "Until then nothing changes"),
}
KEPT = "What the customer keeps of the balances"
KEEPING = {
    Kept.NOTHING: ("Nothing", "Balances reset: usage and extra allowance are gone"),
    Kept.USAGE: ("Usage", "What was used counts against the new product"),
    Kept.REMAINING: ("What is left", "It becomes a standalone grant until the end of the period"),
}
NO_PRODUCTS = "Autumn has no other product you can change to here."


def left_out(number: int) -> str:
    return f"{count(number, 'more product')} can't be picked here. Change to them in Autumn's dashboard."


def change_now(product: str) -> str:
    return f"Change the product to {product} now"


def change_at_period_end(product: str) -> str:
    return f"Change the product to {product} at the end of the period"


def call_off(product: str) -> str:
    return f"Call off the scheduled change to {product}"


NOT_HELD = "Maple checked in Autumn: the customer doesn't have this product."
HELD = "Maple checked in Autumn: the customer has this product."
SCHEDULED = "Maple checked in Autumn: this product is scheduled."


class SwitchLine(LineLabel):
    ENDS_NOW = "product_ends", "Product", LineStyle(no_before="", no_after="ends now", about=name)
    STARTS_NOW = "product_starts", "Product", LineStyle(no_before="", no_after="starts now", about=name)
    """`about` is the product."""
    ENDS_ON = "product_ends_on", "Product ends:", LineStyle(no_before="", about=name)
    STARTS_ON = "product_starts_on", "Product starts:", LineStyle(no_before="", about=name)
    """A calendar day of billing, as text."""
    CALLED_OFF = "switch_called_off", "Scheduled:", LineStyle(no_before="", no_after="called off", about=name)


def _replaces_another(of: Details) -> str:
    replaced = of.names("replaced") if "replaced" in of else "no product"
    named = of.names("named") if "named" in of else "no product"
    return (
        f"Autumn would replace {replaced}, but this request replaces {named}. Look at what the customer has "
        "and make a new request, or use Autumn's dashboard."
    )


class SwitchNote(NoteCode):
    # Refusals
    NO_PRODUCT = "no_product", "Pick a product."
    UNKNOWN_PRODUCT = "unknown_product", "You can't change to this product here. Use Autumn's dashboard."
    ALREADY_HELD = "already_held", "The customer has this product already."
    NO_PERIOD = (
        "no_period_to_wait_for",
        "The customer has no billing period to wait for, so Autumn would change the product right away. "
        "Choose to change it now.",
    )
    ENTITY_REMAINING = (
        "switch_entity_remaining",
        "Autumn doesn't say whether what is left would go to the entity or to the whole customer. Keep the "
        "usage or nothing, and give the entity a grant instead.",
    )
    SEVERAL_HELD = (
        "several_products_held",
        lambda of: (
            f"The customer has several main products that this one could replace ({of.names('products')}), "
            "and Autumn doesn't say which it would. Use Autumn's dashboard."
        ),
    )
    REPLACES_ANOTHER = "replaces_another", _replaces_another
    NOT_SCHEDULED = "not_scheduled", "This change is no longer scheduled, so there is nothing to call off."
    # Warnings
    MAY_NEED_PAYMENT = (
        "switch_may_need_payment",
        "If the card can't be charged, the product stays as it is until the customer pays the invoice.",
    )
    STARTS_ANEW = (
        "balances_start_anew",
        "Balances reset: usage and extra allowance in the old product's balances are gone. Standalone "
        "grants stay.",
    )
    KEEPS_USAGE = (
        "keeps_usage",
        "What was used counts against the new product. Extra allowance in the old product's balances is "
        "gone.",
    )
    KEEPS_REMAINING = (
        "keeps_remaining",
        "What is left of the old balances becomes a standalone grant that expires at the end of the period.",
    )
