"""What people read about cancelling a subscription."""

from enum import StrEnum

from bot.changes.lines import LineLabel, LineStyle, name
from bot.changes.notes import Details, NoteCode


class CancellationAction(StrEnum):
    AT_PERIOD_END = "at_period_end"
    NOW = "now"
    TAKE_BACK = "take_back"
    """Of a cancellation at the end of the period."""


class Settlement(StrEnum):
    """What the customer gets for the rest of a period that ends now."""

    CREDIT = "credit"
    """For the next invoices."""
    REFUND_UNUSED = "refund_unused"
    """To the card: of the last payment, what was not used."""
    REFUND_ALL = "refund_all"
    """To the card: the whole last payment, less what was refunded before."""
    NOTHING = "nothing"


BUTTON = "Cancel subscription"
TITLE = "Cancel subscription"
HEADING = "Subscription cancellation"
HELP = "cancel a subscription, take a cancellation back, or remove a one-time purchase"
LINE_USAGE = "a product, no amount, and an action such as at the end, take back or now with credit"
"""Of a line of a list."""

ACTIONS = {
    CancellationAction.AT_PERIOD_END: (
        "Cancel at the end of the period",
        "The customer keeps it until then; no money moves",
    ),
    CancellationAction.NOW: (
        "Cancel now",
        "The product and its balances are gone right away",
    ),
    CancellationAction.TAKE_BACK: (
        "Take the cancellation back",
        "The subscription goes on as before; a scheduled change is called off",
    ),
}
REMOVED_NOW = "A one-time purchase is removed now. What is left of it is lost, and no money is paid back."
SETTLEMENT = "What the customer gets for the rest"
SETTLEMENTS = {
    Settlement.CREDIT: (
        "Credit for the unused time",
        "Taken off the next invoices; no money back",
    ),
    Settlement.REFUND_UNUSED: (
        "Refund of the unused time",
        "Paid back to the card, from the last payment",
    ),
    Settlement.REFUND_ALL: (
        "Refund of the whole last payment",
        "Paid back to the card, less what was refunded before",
    ),
    Settlement.NOTHING: (
        "Nothing",
        "Neither credit nor money back",
    ),
}
_SETTLED = {
    Settlement.CREDIT: "with credit for any unused time already billed",
    Settlement.REFUND_UNUSED: "with a refund of the unused time",
    Settlement.REFUND_ALL: "with a refund of the whole last payment",
    Settlement.NOTHING: "without credit or refund",
}


def cancel_at_period_end(product: str) -> str:
    return f"Cancel {product} at the end of the period"


def cancel_now(product: str, settlement: Settlement) -> str:
    return f"Cancel {product} now, {_SETTLED[settlement]}"


def remove(product: str) -> str:
    return f"Remove the one-time purchase of {product}"


def take_back(product: str) -> str:
    return f"Take back the cancellation of {product}"


NOT_BOUGHT = "Maple checked in Autumn: this purchase is no longer there."
STILL_BOUGHT = "Maple checked in Autumn: this purchase is still there."


class CancellationLine(LineLabel):
    ENDED = "subscription_ended", "Subscription", LineStyle(no_before="", no_after="ends now", about=name)
    """`about` is the product."""
    REMOVED = "purchase_removed", "One-time purchase", LineStyle(no_before="", no_after="removed", about=name)


def _refunded_invoice(of: Details) -> str:
    earlier = f", of which {of.money('refunded')} was refunded before" if of.raw("refunded") != "0" else ""
    return (
        f"The refund is of the last invoice of this subscription: {of.money('total')}{earlier}. If the "
        "product has changed since, check that this is the right invoice."
    )


def _add_ons_go_on(of: Details) -> str:
    if "products" not in of:
        return f"Add-ons go on: {of.names('others')}."
    billed = f"Add-ons go on and are still billed: {of.names('products')}."
    return f"{billed} Others go on too: {of.names('others')}." if "others" in of else billed


class CancellationNote(NoteCode):
    # Refusals
    ALREADY_CANCELLED = (
        "already_cancelled",
        lambda of: (
            f"This subscription is cancelled already: it ends on {of.billing_day('at')}."
            if "at" in of
            else "This subscription is cancelled already."
        ),
    )
    NOT_CANCELLED = "not_cancelled", "This subscription is not cancelled, so there is nothing to take back."
    FREE_HAS_NO_PERIOD = (
        "free_has_no_period",
        "A free product has no billing period to wait for. Cancel it now instead.",
    )
    NO_SETTLEMENT = "no_settlement", "Pick what the customer gets for the rest of the period."
    NOTHING_TO_REFUND = (
        "nothing_to_refund",
        "There is no payment to refund: nothing was paid for this subscription, or all of it was refunded.",
    )
    PURCHASE_GONE = "purchase_gone", "The customer no longer has this one-time purchase."
    BOUGHT_TWICE = (
        "bought_twice",
        "The customer has this product more than once, and Autumn doesn't say which one it would remove. "
        "Remove it in Autumn's dashboard.",
    )
    ONE_TIME_ENDS_NOW = (
        "one_time_ends_now",
        "A one-time purchase has no billing period. It can only be removed now.",
    )
    # Warnings
    NO_MONEY_BACK = (
        "purchase_no_money_back",
        "No money is paid back. To return it, refund the invoice.",
    )
    USAGE_IS_LOST = (
        "free_usage_is_lost",
        "Undo gives the product back, but its balances reset.",
    )
    SETTLED_OTHERWISE = (
        "past_due_cancelled_now",
        "*A payment is past due.* Depending on your Autumn settings, the subscription may end right away "
        "instead of at the end of the period, without credit.",
    )
    CREDIT_FOR_UNPAID = (
        "credit_for_unpaid",
        "*A payment is past due.* The credit or refund is calculated as if this period had been paid, so the "
        "customer may be credited or refunded for time they never paid for.",
    )
    USAGE_UNBILLED = (
        "usage_unbilled",
        lambda of: (
            f"*{of.number('units')} of {of.text('feature')} used beyond the balance will stay unbilled:* "
            "cancelling now does not bill them."
        ),
    )
    BALANCES_LOST = (
        "product_balances_lost",
        "The balances of this product are gone right away, with any extra allowance in them. Standalone "
        "grants stay.",
    )
    NO_PRODUCT_LEFT = (
        "no_product_left",
        "*Nothing replaces it:* the customer is left without a main product.",
    )
    NO_SUCCESSOR = "no_successor", "Nothing replaces it."
    ENTITY_SHARES = (
        "entity_shares",
        "No product of its own replaces it: the entity is left with what it shares with the whole customer.",
    )
    ADD_ONS_GO_ON = "add_ons_go_on", _add_ons_go_on
    """`products` are those that cost something, `others` those that are free, or whose price is unknown."""
    REFUNDED_INVOICE = "refunded_invoice", _refunded_invoice
