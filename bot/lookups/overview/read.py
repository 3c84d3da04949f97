"""The first card: who the customer is and what they have."""

from datetime import datetime
from functools import partial

from bot.autumn.client import Autumn
from bot.autumn.models import Customer
from bot.lookups.answers import Billing, Read
from bot.lookups.billing import billing_of
from bot.lookups.concurrent import attempt, meanwhile
from bot.lookups.customer import BILLING, CARD, customer_of
from bot.lookups.invoices.answer import InvoiceList
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.invoices.read import invoice_list
from bot.lookups.overview.answer import Overview
from bot.lookups.place import Place


async def overview(autumn: Autumn, place: Place, at: datetime, known: Customer | None) -> Overview:
    """What Stripe says meanwhile, and then the invoices: both may fail alone. Raises AutumnError."""
    asking = attempt(lambda: _billing(autumn, place.customer), within=autumn.patience.part)
    async with meanwhile(asking) as billing:
        customer = await customer_of(autumn, place, known)
        invoices = await _invoices(autumn, place, customer)
        return Overview(customer, await billing, invoices, at)


async def overview_in_one(autumn: Autumn, place: Place, at: datetime) -> Overview:
    """The same with the customer and what Stripe says in one question, for a customer who took a search to
    find; as `overview` where that one is not answered. Raises AutumnError."""
    read = partial(autumn.customer, place.customer, expand=(*CARD, *BILLING))
    customer = await attempt(read, within=autumn.patience.part)
    if isinstance(customer, Customer):
        return Overview(customer, billing_of(customer), await _invoices(autumn, place, customer), at)
    return await overview(autumn, place, at, None)


async def _invoices(autumn: Autumn, place: Place, customer: Customer) -> Read[InvoiceList]:
    """What was paid and refunded is told by the list alone; it is not asked for where there are none."""
    if "invoices" in customer.model_fields_set and not customer.invoices:
        return InvoiceList((), False, Unpaid())
    return await attempt(lambda: invoice_list(autumn, place.customer), within=autumn.patience.part)


async def _billing(autumn: Autumn, customer_id: str) -> Billing:
    return billing_of(await autumn.customer(customer_id, expand=BILLING))
