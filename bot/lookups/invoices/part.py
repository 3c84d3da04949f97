"""Invoices: the next one, and those before it."""

from datetime import datetime

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError, NotFound
from bot.autumn.models import Customer, Invoice, Page
from bot.lookups import samples
from bot.lookups.answers import Billing, Read
from bot.lookups.catalogue import missing_names
from bot.lookups.concurrent import attempt, meanwhile
from bot.lookups.customer import billing, customer_of
from bot.lookups.invoices import card, facts, words
from bot.lookups.invoices.card import InvoiceList, Invoices
from bot.lookups.invoices.facts import UNPAID, Unpaid
from bot.lookups.part import LookupPart
from bot.lookups.place import Place

MOST = 200
_WITH_CUSTOMER = 10
"""How many invoices come with a customer, at most."""
SOON = 0.05
"""Seconds that a card about something else waits for its turn to read invoices. Autumn limits these requests
for the whole organization, its own backend included. While many people ask, a card shows what came with the
customer and says so."""
MOST_UNPAID = 1000
"""The largest page that Autumn gives."""


async def invoices(autumn: Autumn, place: Place, at: datetime, known: Customer | None) -> Invoices:
    """Up to four questions at the same time. Raises NotFound, or AutumnError when no invoice can be shown nor
    the customer."""
    asking = attempt(lambda: billing(autumn, place.customer), within=autumn.retry_policy.part)
    reading = attempt(lambda: invoice_list(autumn, place.customer, status=place.status))
    async with meanwhile(asking) as stripe, meanwhile(reading) as listing:
        customer = await attempt(lambda: customer_of(autumn, place, known))
        if isinstance(customer, NotFound):
            raise customer
        listed = await listing
        if isinstance(listed, AutumnError):
            if isinstance(customer, AutumnError):
                raise customer
            names = await missing_names(autumn, customer)
            return Invoices(customer, listed, False, await stripe, at, names=names)
        plans = (plan for invoice in listed.newest for plan in invoice.plan_ids)
        names = await missing_names(autumn, customer, plans=plans)
        return Invoices(customer, listed.newest, listed.more, await stripe, at, listed.unpaid, names)


async def invoice_list(
    autumn: Autumn, customer_id: str, *, status: str = "", turn_within: float | None = None
) -> InvoiceList:
    """The newest invoices, of one status if given, and all the unpaid ones however old. Raises AutumnError
    when the newest cannot be read, NotSent when that would have to wait more than `turn_within` seconds."""
    if status:
        async with meanwhile(unpaid(autumn, customer_id)) as owing:
            page = await _page(autumn, customer_id, status)
            return InvoiceList(tuple(page.list), page.next_cursor is not None, await owing)
    page = await _page(autumn, customer_id, "", turn_within)
    if page.next_cursor is not None:
        return InvoiceList(tuple(page.list), True, await unpaid(autumn, customer_id))
    return InvoiceList(tuple(page.list), False, facts.unpaid(page.list, more=False))


def nothing_owed(customer: Customer) -> bool:
    """Whether the newest invoices, which come with the customer, are all there are and none can be owed.

    Saves a request of the limit that the organization's own backend shares.
    """
    return all_came_with(customer) and all(invoice.status not in UNPAID for invoice in customer.invoices)


def all_came_with(customer: Customer) -> bool:
    """Whether the invoices that came with the customer are all there are."""
    return came_with(customer) and len(customer.invoices) < _WITH_CUSTOMER


def came_with(customer: Customer) -> bool:
    """Whether the newest invoices came with the customer."""
    return "invoices" in customer.model_fields_set


def in_brief(customer: Customer) -> InvoiceList:
    """What came with the customer: the newest invoices, without what was paid or refunded."""
    more = len(customer.invoices) >= _WITH_CUSTOMER
    unpaid = facts.unpaid(customer.invoices, more=more, in_brief=True)
    return InvoiceList(tuple(customer.invoices), more, unpaid)


async def unpaid(autumn: Autumn, customer_id: str, *, turn_within: float | None = None) -> Read[Unpaid]:
    """What the customer owes, on invoices of any age."""
    page = await attempt(
        lambda: unpaid_page(autumn, customer_id, turn_within=turn_within), within=autumn.retry_policy.part
    )
    if isinstance(page, AutumnError):
        return page
    return facts.unpaid(page.list, more=page.next_cursor is not None)


async def unpaid_page(autumn: Autumn, customer_id: str, *, turn_within: float | None = None) -> Page[Invoice]:
    """Raises AutumnError."""
    return await autumn.invoices(
        customer_id=customer_id, status=UNPAID, limit=MOST_UNPAID, turn_within=turn_within
    )


async def _page(
    autumn: Autumn, customer_id: str, status: str, turn_within: float | None = None
) -> Page[Invoice]:
    statuses = (status,) if status else ()
    return await autumn.invoices(
        customer_id=customer_id, status=statuses, limit=MOST, turn_within=turn_within
    )


def _sample() -> Invoices:
    billing = Billing(discounts=(), upcoming=(samples.preview(),))
    return Invoices(samples.customer(), samples.invoices(), False, billing, samples.NOW)


PART = LookupPart(
    id="invoices",
    title=words.TITLE,
    command="invoices",
    help=words.HELP,
    read=invoices,
    reads_invoices=True,
    billing=lambda answer: answer.billing,
    draw=card.content,
    sample=_sample,
)
