"""The first card: who the customer is and what they have."""

from datetime import datetime
from functools import partial

from bot.autumn.client import Autumn
from bot.autumn.models import Customer
from bot.lookups.answers import Billing, InvoiceList, Overview, Read
from bot.lookups.customer import BILLING, CARD, customer_of
from bot.lookups.invoices import invoice_list
from bot.lookups.parts import attempt, meanwhile
from bot.lookups.place import Place
from bot.lookups.stripe import billing_of


async def overview(autumn: Autumn, place: Place, at: datetime, known: Customer | None) -> Overview:
    """Three questions at the same time: what Stripe says and the invoices may fail alone. Raises
    AutumnError."""
    asking = attempt(lambda: _billing(autumn, place.customer), within=autumn.patience.part)
    async with meanwhile(asking) as billing, meanwhile(_invoices(autumn, place)) as invoices:
        customer = await customer_of(autumn, place, known)
        return Overview(customer, await billing, await invoices, at)


async def overview_in_one(autumn: Autumn, place: Place, at: datetime) -> Overview:
    """The same with the customer and what Stripe says in one question, for a customer who took a search to
    find; as `overview` where that one is not answered. Raises AutumnError."""
    read = partial(autumn.customer, place.customer, expand=(*CARD, *BILLING))
    async with meanwhile(_invoices(autumn, place)) as invoices:
        customer = await attempt(read, within=autumn.patience.part)
        if isinstance(customer, Customer):
            return Overview(customer, billing_of(customer), await invoices, at)
    return await overview(autumn, place, at, None)


async def _invoices(autumn: Autumn, place: Place) -> Read[InvoiceList]:
    return await attempt(lambda: invoice_list(autumn, place.customer), within=autumn.patience.part)


async def _billing(autumn: Autumn, customer_id: str) -> Billing:
    return billing_of(await autumn.customer(customer_id, expand=BILLING))
