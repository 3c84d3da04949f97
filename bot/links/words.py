"""Words of links that are made on request."""

PORTAL_BUTTON = "Portal link"
PORTAL_TITLE = "Customer portal"
PORTAL_HELP = "a link to the customer portal, for the customer, shown to you alone"
PORTAL_WARNING = (
    "Whoever opens it can see this customer's invoices, change their payment method and cancel. Send it to "
    "the customer alone."
)
PORTAL_LASTS = (
    "It is meant to be opened soon: Autumn doesn't say how long it works. Each request makes a new one."
)

PAYMENT_BUTTON = "Payment link"
PAYMENT_TITLE = "Payment set-up"
PAYMENT_HELP = "a link where the customer enters a payment method, shown to you alone"
PAYMENT_WARNING = (
    "Whoever opens it can put a payment method on file for this customer. Send it to the customer alone."
)
PAYMENT_LASTS = "It works for an hour. Each request makes a new one."

OPEN = "Open"
MADE_IN_STRIPE = "This customer was not in Stripe before; Autumn has made them there for it."
NOT_KEPT = "Maple keeps no copy; the audit trail says only that you had one made."
MAYBE_MADE = (
    "*Autumn's answer was lost.* A link may have been made, but nobody has it. Ask again for another."
)
CONFIRM_TITLE = "Make a link?"
CONFIRM_YES = "Make it"
CONFIRM_NO = "Cancel"


def made(title: str, customer: str) -> str:
    return f"*{title}* · {customer}"
