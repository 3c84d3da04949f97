"""What Stripe knows of a customer, as Autumn passes it on."""

from bot.autumn.models import Customer
from bot.lookups.answers import Billing
from bot.lookups.invoices.discounting import settled


def billing_of(customer: Customer) -> Billing:
    """Of a customer that was read with `lookups.customer.BILLING`."""
    discounts = tuple(customer.rewards.discounts) if customer.rewards else ()
    previews = customer.invoice_previews
    return Billing(discounts, None if previews is None else settled(previews, discounts))
