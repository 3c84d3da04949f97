"""What people read about products that are given in addition to the others."""

from bot.changes.lines import LineLabel, LineStyle, name
from bot.changes.notes import Details, NoteCode
from bot.kit.phrases import count

BUTTON = "Add product"
TITLE = "Add product"
HEADING = "Added product"
HELP = "give a customer an add-on or a one-time purchase"
LINE_USAGE = "a product, and its quantity where it sells seats or other units ahead"
"""Of a line of a list."""

PRODUCT = "Product to add"
PICK_PRODUCT = "Pick a product"
NO_PRODUCTS = "Autumn has no add-ons and no one-time purchases."
NOT_HELD = "Maple checked in Autumn: the customer doesn't have this product."


def left_out(number: int) -> str:
    return f"{count(number, 'more product')} can't be picked here. Add them in Autumn's dashboard."


def add(product: str) -> str:
    return f"Add {product} now"


def buy(product: str) -> str:
    return f"Buy {product} once, now"


def held(number: str) -> str:
    times = "once" if number == "1" else f"{number} times"
    return f"Maple checked in Autumn: the customer has this product {times}."


class AdditionLine(LineLabel):
    ADDED = "product_added", "Add-on", LineStyle(no_before="", no_after="starts now", about=name)
    BOUGHT = "product_bought", "One-time purchase", LineStyle(no_before="", no_after="bought now", about=name)
    """`about` is the product."""


def _held_already(of: Details) -> str:
    has = of.plural(
        "*The customer already has this add-on.*", "*The customer already has this add-on {} times.*"
    )
    billed = of.plural("Both will be billed.", "All of them will be billed.")
    return f"{has} {billed}" if "billed" in of else has


class AdditionNote(NoteCode):
    # Refusals
    NO_PRODUCT = "no_product_to_add", "Pick the product to add."
    NO_QUANTITY = "addition_no_quantity", "This product has no quantity: leave the amount out."
    SEVERAL_QUANTITIES = (
        "addition_several_quantities",
        "This product needs several quantities, and a line has only one. Use *Add product*.",
    )
    CANNOT_BE_ADDED = (
        "product_cannot_be_added",
        "This product can't be added here: it is neither an add-on nor a one-time purchase, or it is no "
        "longer sold.",
    )
    BILLED_OTHERWISE = (
        "product_billed_otherwise",
        "How this product is billed has changed since the form was filled in. Make a new request.",
    )
    WOULD_REPLACE = (
        "addition_would_replace",
        lambda of: (
            f"Autumn would not add this product but replace {of.names('products')} with it. Use *Change "
            "product* or Autumn's dashboard."
        ),
    )
    NOT_ADDED_NOW = (
        "addition_not_now",
        "Autumn would not give the customer this product now. Use Autumn's dashboard.",
    )
    # Warnings
    HELD_ALREADY = "addition_held_already", _held_already
    """`billed` if all of them cost something, and none of them is cancelled."""
    MAY_NEED_PAYMENT = (
        "addition_may_need_payment",
        "If the card can't be charged, the customer gets the product once they have paid the invoice.",
    )
    UNDONE_WITH_CREDIT = (
        "addition_undone_with_credit",
        "Undo cancels it, with credit for any unused time already billed. No money goes back to the card.",
    )
    UNDONE_WITHOUT_MONEY = (
        "addition_undone_without_money",
        "Undo removes it and pays nothing back. To return the money, refund the invoice.",
    )
