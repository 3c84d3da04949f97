"""What people read about deleting a customer."""

from bot.changes.lines import LineLabel, LineStyle
from bot.changes.notes import Details, NoteCode
from bot.kit.phrases import count

BUTTON = "Delete customer"
TITLE = "Delete customer"
HEADING = "Customer deletion"
HELP = "delete the customer in Autumn"
SUMMARY = "Delete the customer in Autumn"

APPROVE_TITLE = "Approve this deletion?"
APPROVE_TEXT = "The customer is deleted in Autumn. It cannot be undone, and nothing is cancelled in Stripe."

CONFIRM_FIRST = "Tick the box to confirm, then submit again."

LIVE = "*What the customer has*"
NOTHING_LIVE = f"{LIVE}\nNo subscriptions, unpaid invoices, upcoming invoices or entities."
PRICE_UNKNOWN = "price unknown"
NOT_IN_STRIPE = (
    "The customer is deleted only in Autumn. *Nothing is deleted or cancelled in Stripe:* it keeps charging "
    "for subscriptions until they are cancelled there."
)
NEVER_IN_STRIPE = "The customer is deleted in Autumn. They are not in Stripe, so nothing is charged there."
TYPE_ID = "Type the customer's id in full"
UNDERSTOOD = "Final confirmation"
UNDERSTOOD_LABEL = "Delete this customer. It cannot be undone."
UNDERSTOOD_MORE = "I know that Stripe keeps charging until I cancel the subscriptions there."
UNDERSTOOD_MORE_NO_STRIPE = "I know that everything the customer has in Autumn is deleted too."

IN_STRIPE = "The customer in Stripe"
TO_DO_IN_STRIPE = ":warning: *Still to do in Stripe*"


def entities(number: int) -> str:
    return count(number, "entity", "entities")


def type_id_hint(customer: str) -> str:
    return f"To make sure it is the right customer: {customer}"


_GONE = LineStyle(no_after="gone from Autumn")


class DeletionLine(LineLabel):
    CUSTOMER = "customer", "Customer", _GONE
    SUBSCRIPTIONS = "subscriptions", "Subscriptions", _GONE
    ENTITIES = "entities", "Entities", _GONE


def _keeps_charging(of: Details) -> str:
    is_one, at_least = of.number("count") == "1", "at_least" in of
    single = "at least one" if at_least else "a"
    several = f"{'at least ' * at_least}{of.number('count')}"
    number = single if is_one else several
    subscriptions = f"{number} subscription{'' if is_one else 's'}"
    unless = "it is" if is_one and not at_least else "they are"
    return (
        f"*Stripe keeps charging for {subscriptions}* ({of.names('plans')}) unless {unless} cancelled there."
    )


def _may_keep_charging(of: Details) -> str:
    is_one = of.number("count") == "1" and "at_least" not in of
    unless = "it is" if is_one else "they are"
    return (
        f"*Stripe may keep charging for {of.names('plans')}* unless {unless} cancelled there: Autumn doesn't "
        "say what that costs."
    )


def _next_charge(of: Details) -> str:
    on_day = f" on {of.billing_day('at')}" if "at" in of else ""
    return f"Stripe's next charge is {of.money('total')}{on_day}, before tax, unless cancelled there."


def _open_invoices(of: Details) -> str:
    if "at_least" in of:
        unpaid = of.plural("At least one invoice is unpaid", "At least {} invoices are unpaid")
        return f"{unpaid}: {of.money('total')} or more stays due in Stripe."
    unpaid = of.plural("One invoice is unpaid", "{} invoices are unpaid")
    return f"{unpaid}: {of.money('total')} stays due in Stripe."


class DeletionNote(NoteCode):
    # Refusals
    ID_NOT_TYPED = "id_not_typed", "This is not the customer's id. Type it exactly as shown."
    # Warnings
    KEEPS_CHARGING = "keeps_charging", _keeps_charging
    MAY_KEEP_CHARGING = "may_keep_charging", _may_keep_charging
    """Its price is unknown."""
    ENDS_IN_STRIPE = (
        "ends_in_stripe",
        lambda of: f"{of.text('plan')} ends on {of.billing_day('at')}, in Stripe too.",
    )
    """Cancelled already, so nothing is left to do there."""
    NEXT_CHARGE = "next_charge", _next_charge
    OPEN_INVOICES = "open_invoices", _open_invoices
    HAS_ENTITIES = (
        "has_entities",
        lambda of: of.plural(
            "One entity is deleted too.",
            "At least {} entities are deleted too." if "at_least" in of else "{} entities are deleted too.",
        ),
    )
    BALANCES_LOST = (
        "balances_lost",
        lambda of: of.plural("The balance of one feature is lost.", "The balances of {} features are lost."),
    )
    STRIPE_UNREAD = "stripe_unread", "Stripe couldn't be reached, so upcoming charges are not listed here."
