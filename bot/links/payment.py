"""A link to a page where the customer sets up a payment method."""

from bot.autumn.write import Write
from bot.changes.probes import NOBODY
from bot.changes.spec import KeyScope
from bot.links import words
from bot.links.model import LinkKind

# The request itself would make a customer whom Autumn does not know.
_PROBE = Write("billing.update", "POST", "/v1/billing.update", {"customer_id": NOBODY, "plan_id": NOBODY})

KIND = LinkKind(
    id="payment",
    command="payment",
    button=words.PAYMENT_BUTTON,
    title=words.PAYMENT_TITLE,
    help=words.PAYMENT_HELP,
    route="billing.setup_payment",
    warning=words.PAYMENT_WARNING,
    lasts=words.PAYMENT_LASTS,
    scopes=(KeyScope("billing:write", "make payment set-up links", _PROBE),),
)
