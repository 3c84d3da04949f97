"""The customer that a card is about, and what is asked along with them."""

from bot.autumn.client import Autumn
from bot.autumn.models import Customer
from bot.lookups.place import Place

CARD = ("subscriptions.plan", "purchases.plan", "balances.feature", "flags.feature", "invoices", "entities")
"""From Autumn's own database: as quick as the customer alone."""

BILLING = ("rewards", "invoice_previews")
"""From Stripe, one call or more per subscription: slow, and asked for apart from the rest."""


async def customer_of(autumn: Autumn, place: Place, known: Customer | None) -> Customer:
    """The customer as known, or as Autumn tells. Raises AutumnError."""
    return known or await autumn.customer(place.customer, expand=CARD)
