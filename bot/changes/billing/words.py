"""What people read about changes to subscriptions of any kind."""

from bot.changes import autumn_refusals
from bot.changes.lines import LineLabel, LineStyle, billing_day, name
from bot.changes.notes import NoteCode
from bot.kit import phrases, text
from bot.kit.phrases import count

SUBSCRIPTION = "Subscription"
PICK_SUBSCRIPTION = "Pick a subscription"
HELD = "*What the customer has*"
HELD_BY_ENTITY = "*What the entity has of its own*"
NOTHING_HELD = "No products."
NO_SUBSCRIPTIONS = "The customer has no subscription that can be changed here."
NO_LONGER_THERE = "Maple read it, and this subscription is no longer there."


def of_entities(number: int) -> str:
    return f"{count(number, 'product')} held by entities: pick an entity to change its own."


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
        LineStyle(no_before="", no_after="dropped", about=name),
    )
    CHARGE = (
        "billed_now",
        "Billed now:",
        LineStyle(no_before="", about=lambda about, _names: text.mrkdwn(about, 80) or phrases.NONE),
    )
    """One line of the invoice that is made now; `about` describes it in Autumn's words."""
    TOTAL = "billed_now_total", "Billed now, in all", LineStyle(no_before="")
    """Less the credit that Stripe keeps for the customer."""
    REFUND = "refunded_now", "Refunded to the card", LineStyle(no_before="")
    NEXT_TOTAL = "next_total", "Next invoice", LineStyle(no_before="", about=billing_day)
    """Its total without usage; `about` is its time."""


class BillingNote(NoteCode):
    # Refusals
    NOT_PICKED = "subscription_not_picked", "Pick a subscription."
    GONE = "subscription_gone", "The customer no longer has this subscription."
    OF_ENTITY = (
        "subscription_of_entity",
        "This subscription is held by entities, which Autumn shows as one. Pick the entity whose "
        "subscription is to change.",
    )
    SCHEDULED = (
        "subscription_scheduled",
        "This subscription has not started. Take the cancellation of the current one back to drop it.",
    )
    WOULD_BE_REFUSED = (
        "quote_refused",
        lambda of: f"Autumn would refuse this. {autumn_refusals.why(of.raw('code'))}",
    )
    # Warnings
    DROPS_SWITCH = (
        "drops_switch",
        lambda of: f"*The scheduled change to {of.text('product')} is dropped.*",
    )
    ADD_ONS_AT_RISK = (
        "scheduled_add_ons_at_risk",
        lambda of: (
            f"*Add-ons that have not started may be dropped with the product:* {of.names('products')}. Look "
            "for them afterwards."
        ),
    )
    NEW_IN_STRIPE = (
        "new_in_stripe",
        "*The customer is not in Stripe yet.* This puts them there, with a free product too, and they stay "
        "there when they are deleted in Autumn.",
    )
    SHOWN_BY_TIME = (
        "shown_by_time",
        "Autumn works amounts out by the time that is left, so they move a little until this is applied.",
    )
