"""Reads Autumn once, page by page, into the database, so that memory does not grow with the customers.

The event loop is never held for more than a few milliseconds: people are answered meanwhile.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from bot.autumn.bulk import ListedCustomer, Listing
from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError, Garbled, NotFound, RateLimited, Unavailable, Unreachable
from bot.autumn.models import StripeFacts
from bot.digests import sections
from bot.digests.items import ScannedCustomer, ScanWindow, StoredItem
from bot.digests.report.model import CUSTOMERS, PREVIEWS
from bot.digests.scan.pacing import Pacer, ScanPace
from bot.digests.scan.repository import Progress, ScanWriter
from bot.digests.sections import invoices
from bot.lookups.customer import BILLING, billing_of
from bot.lookups.invoices.discounting import doubtful
from bot.lookups.invoices.facts import UNPAID

T = TypeVar("T")

PAGE = 250
_LARGEST_PAGE = 1000
"""Autumn refuses larger ones."""
_PAGE_SIZES = 4
"""How many page sizes are tried to get past customers without an id: doubled twice, and then whatever leads
on."""
_ROWS_AT_A_TIME = 15
"""Rows handled before others get the event loop."""
_ENOUGH_FAILURES = 9
"""Previews that may fail one after another; then no more are asked for, because Autumn is in trouble."""
_TRANSIENT = (Unavailable, RateLimited, Unreachable, Garbled)


class ScanReader:
    """Reads one scan, for the holder of its lease."""

    def __init__(
        self,
        *,
        autumn: Autumn,
        writer: ScanWriter,
        window: ScanWindow,
        now: Callable[[], datetime],
        pace: ScanPace,
        report_progress: Callable[[Progress], Awaitable[None]],
    ) -> None:
        self._autumn = autumn
        self._writer = writer
        self._window = window
        self._now = now
        self._pace = pace
        self._report_progress = report_progress
        self._page_pacer = Pacer(pace.page, pace.sleep)
        self._missing: set[str] = set()
        self._plan_names: dict[str, str] = {}
        self._any_unpaid = False
        self._failures = 0
        self.progress = Progress()

    async def read(self, *, previews: bool) -> tuple[str, ...]:
        """Reads everything, and answers what could not be read. Raises AutumnError and LeaseLost."""
        await self._read_plans()
        # Unpaid invoices first, so that their customers' names can be filled in as the customers are read.
        await self._read_unpaid()
        await self._read_customers()
        if previews:
            await self._read_previews()
        return tuple(sorted(self._missing))

    async def _read_plans(self) -> None:
        try:
            self._plan_names = {plan.id: plan.name for plan in await self._autumn.plans() if plan.name}
        except AutumnError:
            # Only names are lost: ids stand in for them.
            return

    async def _read_unpaid(self) -> None:
        pacer = Pacer(self._pace.invoices, self._pace.sleep)
        previous_cursor, cursor = None, ""
        while cursor != previous_cursor:
            request = partial(self._autumn.every_invoice, status=UNPAID, limit=_LARGEST_PAGE, cursor=cursor)
            try:
                page = await self._with_retries(pacer, request)
            except AutumnError:
                self._missing.update(sections.from_invoices())
                return
            unpaid, understood = list[StoredItem](), 0
            async for batch in self._in_batches(page):
                for invoice in batch:
                    unpaid += sections.of_invoice(invoice, self._plan_names)
                understood += len(batch)
            if understood < page.count:
                self._missing.update(sections.from_invoices())
            self._any_unpaid = self._any_unpaid or bool(unpaid)
            await self._writer.add(unpaid, now=self._now())
            if page.next_cursor is None:
                return
            previous_cursor, cursor = cursor, page.next_cursor
        self._missing.update(sections.from_invoices())

    async def _read_customers(self) -> None:
        cursor: str | None = ""
        next_page = asyncio.create_task(self._page(""))
        try:
            while cursor is not None:
                page = await next_page
                previous_cursor, cursor = cursor, page.next_cursor
                if cursor == previous_cursor:
                    self._missing.add(CUSTOMERS)
                    cursor = None
                if cursor is not None:
                    # Request the next page while this one is stored.
                    next_page = asyncio.create_task(self._page(cursor))
                await self._store(page)
        finally:
            next_page.cancel()
            await asyncio.gather(next_page, return_exceptions=True)

    async def _page(self, cursor: str) -> Listing[ListedCustomer]:
        """A page with a cursor to the next, if there are more customers.

        Autumn gives none after a page that ends with a customer without an id, so other sizes are tried,
        which end elsewhere.
        """
        size = PAGE
        for _ in range(_PAGE_SIZES):
            page = await self._with_retries(
                self._page_pacer, partial(self._autumn.every_customer, limit=size, cursor=cursor)
            )
            if page.next_cursor is not None or page.count < size:
                break
            up_to_id = page.up_to(lambda row: row.get("id") is not None)
            if up_to_id == page.count:
                break
            size = up_to_id or min(2 * size, _LARGEST_PAGE)
        else:
            self._missing.add(CUSTOMERS)
        return page

    async def _store(self, page: Listing[ListedCustomer]) -> None:
        rows, customers, understood = list[StoredItem](), dict[str, ScannedCustomer](), 0
        async for batch in self._in_batches(page):
            for customer in batch:
                rows += sections.of_customer(customer, self._window)
                if customer_id := customer.get("id"):
                    customers[customer_id] = ScannedCustomer.of(customer)
            understood += len(batch)
        if understood < page.count:
            self._missing.add(CUSTOMERS)
        read = self.progress.customers + page.count
        await self._writer.add(rows, now=self._now(), customers=read)
        if self._any_unpaid:
            await self._writer.fill_in_names(customers, now=self._now())
        await self._report(Progress(read))

    async def _read_previews(self) -> None:
        customers = await self._writer.largest(self._pace.most_previews)
        await self._writer.renew(now=self._now(), to_preview=len(customers))
        await self._report(Progress(self.progress.customers, 0, len(customers)))
        pacer, queue = Pacer(self._pace.preview, self._pace.sleep), iter(enumerate(customers))
        previews = _OrderedPreviews(self._writer, self._now)
        workers = [
            asyncio.create_task(self._preview_each(queue, pacer, previews))
            for _ in range(self._pace.previews_at_once)
        ]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _preview_each(
        self, queue: Iterator[tuple[int, ScannedCustomer]], pacer: Pacer, previews: "_OrderedPreviews"
    ) -> None:
        for number, customer in queue:
            if self._failures >= _ENOUGH_FAILURES:
                return
            await pacer.turn()
            previewed = await self._preview(customer)
            before = self.progress
            await self._report(Progress(before.customers, before.previewed + 1, before.to_preview))
            await previews.add(number, customer, previewed)

    async def _preview(self, scanned: ScannedCustomer) -> "_Previewed | None":
        """The rows that replace the customer's estimates; None if these stay."""
        try:
            stripe = await self._autumn.stripe_facts(scanned.id or "", expand=("invoice_previews",))
            if doubtful(stripe.invoice_previews or ()):
                stripe = await self._autumn.stripe_facts(scanned.id or "", expand=BILLING)
        except NotFound:
            # Deleted since.
            stripe = StripeFacts(invoice_previews=[])
        except AutumnError:
            self._failures += 1
            self._missing.add(PREVIEWS)
            return None
        self._failures = 0
        upcoming = billing_of(stripe).upcoming
        if upcoming is None:
            # Autumn cannot tell: no Stripe account is linked, or its version does not know the request.
            return None
        previews = invoices.within(upcoming, self._window.start, self._window.end)
        return _Previewed(
            [invoices.of_preview(scanned, preview, self._plan_names) for preview in previews],
            frozenset(plan_id for preview in upcoming for plan_id in preview.plan_ids),
        )

    async def _in_batches(self, page: Listing[T]) -> AsyncIterator[list[T]]:
        """A few rows at a time. Answering someone takes many turns of the event loop, each of which would
        have to wait for one batch."""
        for first in range(0, page.count, _ROWS_AT_A_TIME):
            yield page.rows(first, first + _ROWS_AT_A_TIME)
            await self._pace.sleep(self._pace.rows)

    async def _with_retries(self, pacer: Pacer, request: Callable[[], Awaitable[T]]) -> T:
        for wait in self._pace.again:
            await pacer.turn()
            try:
                return await request()
            except _TRANSIENT:
                await self._pace.sleep(wait)
        await pacer.turn()
        return await request()

    async def _report(self, progress: Progress) -> None:
        self.progress = progress
        await self._report_progress(progress)


@dataclass(frozen=True, slots=True)
class _Previewed:
    rows: list[StoredItem]
    named: frozenset[str]
    """The products that Autumn's previews name, whenever they are due."""


class _OrderedPreviews:
    """Stores previews in the order of the customers, whichever is read first, so that rows with equal amounts
    always come in the same order."""

    def __init__(self, writer: ScanWriter, now: Callable[[], datetime]) -> None:
        self._writer = writer
        self._now = now
        self._waiting: dict[int, tuple[ScannedCustomer, _Previewed | None]] = {}
        self._next = 0
        self._lock = asyncio.Lock()

    async def add(self, number: int, customer: ScannedCustomer, previewed: _Previewed | None) -> None:
        """Keeps them until all earlier ones are stored."""
        self._waiting[number] = customer, previewed
        async with self._lock:
            while self._next in self._waiting:
                scanned, replacement = self._waiting.pop(self._next)
                await self._writer.replace_estimates(
                    scanned.id or "",
                    replacement.rows if replacement else None,
                    named=replacement.named if replacement else (),
                    now=self._now(),
                )
                self._next += 1
