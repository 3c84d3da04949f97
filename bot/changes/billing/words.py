"""What people read about changes to subscriptions of any kind."""

from bot.changes import autumn_refusals
from bot.changes.lines import LineLabel, LineStyle, billing_day, name
from bot.changes.notes import NoteCode
from bot.changes.words import of_feature
from bot.kit import phrases, text
from bot.kit.phrases import count

SUBSCRIPTION = "Subscription"
PICK_SUBSCRIPTION = "Pick a subscription"
HELD = "*What the customer has*"
HELD_BY_ENTITY = "*What the entity has of its own*"
NOTHING_HELD = "No products."
NO_SUBSCRIPTIONS = "The customer has no subscription that can be changed here."
NO_LONGER_THERE = "Maple checked in Autumn: this subscription is no longer there."


QUANTITY_HINT = "The total, including what comes with the product."


def quantity_of(feature: str) -> str:
    return f"Quantity of {feature}"


def of_entities(number: int) -> str:
    return f"{count(number, 'product')} held by entities: pick an entity to change its own."


def more_charges(number: int) -> str:
    return count(number, "more line")


class BillingLine(LineLabel):
    ENDS = "subscription_ends", "Ends on"
    """A calendar day of billing, as text."""
    FOLLOWS = (
        "product_follows",
        "Next product:",
        LineStyle(no_before="", no_after="starts", about=name),
    )
    """`about` is the product that starts."""
    SWITCH_DROPPED = (
        "switch_dropped",
        "Scheduled change to",
        LineStyle(no_before="", no_after="called off", about=name),
    )
    QUANTITY = (
        "bought_quantity",
        "Quantity",
        LineStyle(no_before="", about=lambda about, names: of_feature(name(about, names))),
    )
    """Bought ahead; `about` is the feature."""
    CHARGE = (
        "billed_now",
        "Billed now:",
        LineStyle(no_before="", about=lambda about, _names: text.mrkdwn(about, 80) or phrases.NONE),
    )
    """One line of the invoice that is made now; `about` describes it in Autumn's words. Or the lines that are
    not shown; `about` is `more_charges`."""
    TOTAL = "billed_now_total", "Total billed now", LineStyle(no_before="")
    PAID_FROM_CREDIT = "paid_from_credit", "Paid from the customer's credit", LineStyle(no_before="")
    """What Stripe takes of the credit that it keeps for the customer."""
    CHARGED = "charged_now", "Charged now", LineStyle(no_before="")
    """What is left to be charged after that."""
    REFUND = "refunded_now", "Refunded to the card", LineStyle(no_before="")
    NEXT_TOTAL = "next_total", "Next invoice", LineStyle(no_before="", about=billing_day)
    """`about` is its time."""
    NEXT_BEFORE_USAGE = (
        "next_total_before_usage",
        "Next invoice without usage",
        LineStyle(no_before="", about=billing_day),
    )
    """The same where usage will be billed with it: Autumn gives no amounts for that beforehand."""


class BillingNote(NoteCode):
    # Refusals
    NOT_PICKED = "subscription_not_picked", "Pick a subscription."
    GONE = "subscription_gone", "The customer no longer has this subscription."
    OF_ENTITY = (
        "subscription_of_entity",
        "This subscription is held by entities, which Autumn shows as one. Pick the entity whose "
        "subscription should change.",
    )
    SCHEDULED = (
        "subscription_scheduled",
        "This subscription hasn't started. To call it off, take back the cancellation of the current one.",
    )
    SEVERAL = (
        "subscription_several",
        lambda of: f"The customer has several subscriptions to {of.text('product')}. Name one by its id.",
    )
    WOULD_BE_REFUSED = (
        "quote_refused",
        lambda of: f"Autumn would refuse this. {autumn_refusals.why(of.raw('code'))}",
    )
    NEGATIVE = "quantity_negative", "A quantity can't be negative."
    BELOW_INCLUDED = (
        "below_included",
        lambda of: f"The product includes {of.number('included')}, so the quantity can't be lower.",
    )
    NOT_WHOLE_PACKS = (
        "not_whole_packs",
        lambda of: (
            f"This is sold in packs of {of.number('pack')}, on top of the {of.number('included')} "
            f"included. The next possible quantity is {of.number('next')}."
        ),
    )
    OVER_MOST = "over_most", lambda of: f"The most that can be bought is {of.number('most')} in all."
    QUANTITIES_MISSING = "quantities_missing", "Enter how much of each feature they buy."
    OTHER_QUANTITY = (
        "other_quantity",
        lambda of: (
            f"Autumn would give a different quantity of {of.text('feature')} than was entered. Use Autumn's "
            "dashboard."
        ),
    )
    # Warnings
    NEEDS_CHECKOUT = (
        "needs_checkout",
        "*The customer has no card on file.* They have to pay at a checkout first: you get a link for them, "
        "and nothing changes until they have paid.",
    )
    DROPS_SWITCH = (
        "drops_switch",
        lambda of: f"*The scheduled change to {of.text('product')} will be called off.*",
    )
    ADD_ONS_AT_RISK = (
        "scheduled_add_ons_at_risk",
        lambda of: (
            f"*Add-ons that haven't started may be called off with the product:* {of.names('products')}. "
            "Check them afterwards."
        ),
    )
    NEW_IN_STRIPE = (
        "new_in_stripe",
        "*The customer is not in Stripe yet.* This creates them there, even for a free product, and they "
        "stay there if they are deleted in Autumn.",
    )
    SHOWN_BY_TIME = (
        "shown_by_time",
        "Autumn prorates these amounts by the time left in the period, so they will shift slightly until "
        "this is applied.",
    )
