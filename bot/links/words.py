"""Words of links that are made on request."""

PORTAL_BUTTON = "Portal link"
PORTAL_TITLE = "Customer portal"
PORTAL_HELP = "a link to the customer portal, to pass on to the customer; only you see it"
PORTAL_WARNING = (
    "Whoever opens it can see this customer's invoices, change their payment method and cancel. Send it "
    "only to the customer."
)
PORTAL_LASTS = (
    "It is meant to be opened soon: Autumn doesn't say how long it works. Each request makes a new one."
)

PAYMENT_BUTTON = "Payment link"
PAYMENT_TITLE = "Payment link"
PAYMENT_HELP = "a link to a page where the customer enters a payment method; only you see it"
PAYMENT_WARNING = (
    "Whoever opens it can put a payment method on file for this customer. Send it only to the customer."
)
PAYMENT_LASTS = "It works for an hour. Each request makes a new one."

OPEN = "Open"
MADE_IN_STRIPE = "This customer was not in Stripe before; Autumn has created them there for this link."
NOT_KEPT = "Maple keeps no copy; the audit trail says only that you had one made."
MAYBE_MADE = "*Autumn's answer was lost.* A link may have been made, but nobody has it. Make another one."
CONFIRM_TITLE = "Make a link?"
CONFIRM_YES = "Make it"
CONFIRM_NO = "Cancel"


def made(title: str, customer: str) -> str:
    return f"*{title}* · {customer}"
