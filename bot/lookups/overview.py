"""The first card: who the customer is and what they have."""

from datetime import datetime

from bot.autumn.client import Autumn
from bot.autumn.models import Customer
from bot.lookups.answers import Billing, Overview
from bot.lookups.customer import BILLING, customer_of
from bot.lookups.parts import attempt, meanwhile
from bot.lookups.place import Place


async def overview(autumn: Autumn, place: Place, at: datetime, known: Customer | None) -> Overview:
    """Two questions at the same time, of which the one to Stripe may fail. Raises AutumnError."""
    async with meanwhile(
        attempt(lambda: _billing(autumn, place.customer), within=autumn.patience.part)
    ) as billing:
        customer = await customer_of(autumn, place, known)
        return Overview(customer, await billing, at)


async def _billing(autumn: Autumn, customer_id: str) -> Billing:
    customer = await autumn.customer(customer_id, expand=BILLING)
    discounts = customer.rewards.discounts if customer.rewards else ()
    previews = customer.invoice_previews
    return Billing(tuple(discounts), None if previews is None else tuple(previews))
