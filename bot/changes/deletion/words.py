"""Words of the deletion."""

from bot.kit.phrases import count

CONFIRM_FIRST = "Tick the box to confirm, then submit again."

LIVE = "*What is live*"
NOTHING_LIVE = "*What is live*\nNothing: no subscriptions, unpaid invoices, coming invoices or entities."
NOT_IN_STRIPE = (
    "The customer is deleted in Autumn only. *Nothing is deleted or cancelled in Stripe:* subscriptions go "
    "on charging there until they are cancelled there."
)
NEVER_IN_STRIPE = "The customer is deleted in Autumn. They are not in Stripe, so nothing is charged there."
TYPE_ID = "Type the customer's id in full"
UNDERSTOOD = "Last confirmation"
UNDERSTOOD_LABEL = "Delete this customer. It cannot be undone."
UNDERSTOOD_MORE = "I know that Stripe goes on charging until cancelled there."
UNDERSTOOD_MORE_NO_STRIPE = "I know that everything the customer has in Autumn goes with it."


def entities(number: int) -> str:
    return count(number, "entity", "entities")


def type_id_hint(customer: str) -> str:
    return f"To be sure that it is the right one: {customer}"
