"""The customer that a card is about, what is read along with them, and what Stripe knows about them."""

from bot.autumn.client import Autumn
from bot.autumn.models import Customer, StripeFacts
from bot.lookups.answers import Billing
from bot.lookups.invoices.discounting import settled
from bot.lookups.place import Place

CARD = ("subscriptions.plan", "purchases.plan", "balances.feature", "flags.feature", "invoices", "entities")
"""From Autumn's own database: as quick as the customer alone."""

BILLING = ("rewards", "invoice_previews")
"""From Stripe, one call or more per subscription: slow, and asked for apart from the rest."""


async def customer_of(autumn: Autumn, place: Place, known: Customer | None) -> Customer:
    """`known`, or the customer as Autumn has them. Raises AutumnError."""
    return known or await autumn.customer(place.customer, expand=CARD)


def billing_of(stripe: StripeFacts) -> Billing:
    """The discounts and coming invoices of a customer that was read with `BILLING`."""
    discounts = tuple(stripe.rewards.discounts) if stripe.rewards else ()
    previews = stripe.invoice_previews
    return Billing(discounts, None if previews is None else settled(previews, discounts))


async def billing(autumn: Autumn, customer_id: str) -> Billing:
    """The same, read. Raises AutumnError."""
    return billing_of(await autumn.stripe_facts(customer_id, expand=BILLING))
