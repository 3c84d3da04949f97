"""The overview: a customer at a glance."""

from datetime import datetime
from functools import partial

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError, NotSent
from bot.autumn.models import Customer
from bot.lookups import samples
from bot.lookups.answers import Billing, CatalogueNames, Read
from bot.lookups.catalogue import missing_names
from bot.lookups.concurrent import attempt, meanwhile
from bot.lookups.customer import BILLING, CARD, billing, billing_of, customer_of
from bot.lookups.invoices.card import InvoiceList
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.invoices.part import SOON, came_with, in_brief, invoice_list
from bot.lookups.overview import card, words
from bot.lookups.overview.card import Overview
from bot.lookups.part import LookupPart
from bot.lookups.place import OVERVIEW, Place


async def overview(autumn: Autumn, place: Place, at: datetime, known: Customer | None) -> Overview:
    """What Stripe says meanwhile, and then the invoices: both may fail alone. Raises AutumnError."""
    asking = attempt(lambda: billing(autumn, place.customer), within=autumn.retry_policy.part)
    async with meanwhile(asking) as stripe:
        customer = await customer_of(autumn, place, known)
        invoices = await _invoices(autumn, place, customer)
        names = await _names(autumn, customer, invoices)
        return Overview(customer, await stripe, invoices, at, names)


async def overview_in_one(autumn: Autumn, place: Place, at: datetime, known: Customer | None) -> Overview:
    """The same with one request for the customer and what Stripe says; as `overview` if it is not answered.
    Raises AutumnError."""
    read = partial(autumn.customer, place.customer, expand=(*CARD, *BILLING))
    customer = await attempt(read, within=autumn.retry_policy.part)
    if isinstance(customer, Customer):
        invoices = await _invoices(autumn, place, customer)
        return Overview(
            customer, billing_of(customer), invoices, at, await _names(autumn, customer, invoices)
        )
    return await overview(autumn, place, at, known)


async def _invoices(autumn: Autumn, place: Place, customer: Customer) -> Read[InvoiceList]:
    """Only the list says what was paid and refunded. It is not read if there are no invoices."""
    if not came_with(customer):
        return await attempt(lambda: invoice_list(autumn, place.customer), within=autumn.retry_policy.part)
    if not customer.invoices:
        return InvoiceList((), False, Unpaid())
    soon = partial(invoice_list, autumn, place.customer, turn_within=SOON)
    listed = await attempt(soon, within=autumn.retry_policy.part)
    return in_brief(customer) if isinstance(listed, NotSent) else listed


async def _names(autumn: Autumn, customer: Customer, invoices: Read[InvoiceList]) -> CatalogueNames:
    newest = () if isinstance(invoices, AutumnError) else invoices.newest
    return await missing_names(
        autumn, customer, plans=(plan for invoice in newest for plan in invoice.plan_ids)
    )


def _sample() -> Overview:
    billing = Billing(discounts=(), upcoming=(samples.preview(),))
    listed = InvoiceList(samples.invoices(), more=False, unpaid=Unpaid())
    return Overview(samples.customer(), billing, listed, samples.NOW)


PART = LookupPart(
    id=OVERVIEW,
    title=words.TITLE,
    help=words.HELP,
    read=overview,
    read_after_search=overview_in_one,
    reads_invoices=True,
    draw=card.content,
    billing=lambda answer: answer.billing,
    heading=False,
    lists_balances=True,
    most_attention=5,
    sample=_sample,
)
