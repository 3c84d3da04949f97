"""What the customer was billed, and what they will be billed next."""

from datetime import datetime

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError, NotFound
from bot.autumn.models import Customer, Invoice, InvoicePreview, Page
from bot.lookups.answers import Invoices
from bot.lookups.customer import PREVIEWS, customer_of
from bot.lookups.parts import attempt, meanwhile
from bot.lookups.place import Place

MOST = 200


async def invoices(autumn: Autumn, place: Place, at: datetime, known: Customer | None) -> Invoices:
    """Three questions at the same time. Raises NotFound, or AutumnError when no invoice can be shown nor
    the customer."""
    coming = attempt(lambda: _upcoming(autumn, place.customer), within=autumn.patience.part)
    async with meanwhile(coming) as upcoming, meanwhile(attempt(lambda: _page(autumn, place))) as listing:
        customer = await attempt(lambda: customer_of(autumn, place, known))
        if isinstance(customer, NotFound):
            raise customer
        page = await listing
        if isinstance(page, AutumnError):
            if isinstance(customer, AutumnError):
                raise customer
            return Invoices(customer, page, False, await upcoming, at)
        return Invoices(customer, tuple(page.list), page.next_cursor is not None, await upcoming, at)


async def _page(autumn: Autumn, place: Place) -> Page[Invoice]:
    status = (place.status,) if place.status else ()
    return await autumn.invoices(customer_id=place.customer, status=status, limit=MOST)


async def _upcoming(autumn: Autumn, customer_id: str) -> tuple[InvoicePreview, ...] | None:
    previews = (await autumn.customer(customer_id, expand=PREVIEWS)).invoice_previews
    return None if previews is None else tuple(previews)
