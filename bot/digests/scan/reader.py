"""Reading Autumn once, page by page, into the database; memory does not grow with the customers.

The event loop is never held for more than some milliseconds: people are answered meanwhile.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime
from functools import partial
from typing import TypeVar

from bot.autumn.bulk import ListedCustomer, Listing
from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError, Garbled, NotFound, RateLimited, Unavailable, Unreachable
from bot.autumn.models import Customer
from bot.digests import sections
from bot.digests.items import ScannedCustomer, ScanWindow, StoredItem
from bot.digests.report.model import CUSTOMERS, PREVIEWS
from bot.digests.scan.pacing import Pacer, ScanPace
from bot.digests.scan.repository import Progress, ScanWriter
from bot.digests.sections import invoices
from bot.lookups.billing import billing_of
from bot.lookups.customer import BILLING
from bot.lookups.invoices.discounting import doubtful
from bot.lookups.invoices.facts import UNPAID

T = TypeVar("T")

PAGE = 250
_LARGEST_PAGE = 1000
"""Autumn refuses larger ones."""
_SIZES = 4
"""How many sizes of a page are tried to get past customers without an id: twice as large twice, and then as
large as leads on."""
_AT_A_TIME = 15
"""Rows looked at before others have the event loop for a while."""
_ENOUGH_FAILURES = 9
"""Previews failing one after another, before no more are asked for: Autumn has trouble then."""
_PASSING = (Unavailable, RateLimited, Unreachable, Garbled)


class Scanning:
    """One scan, in the hands of whoever holds its lease."""

    def __init__(
        self,
        *,
        autumn: Autumn,
        keeper: ScanWriter,
        span: ScanWindow,
        now: Callable[[], datetime],
        pace: ScanPace,
        tell: Callable[[Progress], Awaitable[None]],
    ) -> None:
        self._autumn = autumn
        self._keeper = keeper
        self._span = span
        self._now = now
        self._pace = pace
        self._tell = tell
        self._pages = Pacer(pace.page, pace.sleep)
        self._missing: set[str] = set()
        self._plan_names: dict[str, str] = {}
        self._any_unpaid = False
        self._failures = 0
        self.progress = Progress()

    async def read(self, *, previews: bool) -> tuple[str, ...]:
        """All of it; answers what could not be read. Raises AutumnError, and Lost."""
        await self._read_plans()
        # First, so that the customers' names can be filled in as they come by.
        await self._read_unpaid()
        await self._read_customers()
        if previews:
            await self._read_previews()
        return tuple(sorted(self._missing))

    async def _read_plans(self) -> None:
        try:
            self._plan_names = {one.id: one.name for one in await self._autumn.plans() if one.name}
        except AutumnError:
            # Only names are lost: ids stand in for them.
            return

    async def _read_unpaid(self) -> None:
        stride = Pacer(self._pace.invoices, self._pace.sleep)
        asked, cursor = None, ""
        while cursor != asked:
            ask = partial(self._autumn.every_invoice, status=UNPAID, limit=_LARGEST_PAGE, cursor=cursor)
            try:
                page = await self._patiently(stride, ask)
            except AutumnError:
                self._missing.update(sections.from_invoices())
                return
            owed, understood = list[StoredItem](), 0
            async for several in self._gently(page):
                for invoice in several:
                    owed += sections.of_invoice(invoice, self._plan_names)
                understood += len(several)
            if understood < page.count:
                self._missing.update(sections.from_invoices())
            self._any_unpaid = self._any_unpaid or bool(owed)
            await self._keeper.add(owed, now=self._now())
            if page.next_cursor is None:
                return
            asked, cursor = cursor, page.next_cursor
        self._missing.update(sections.from_invoices())

    async def _read_customers(self) -> None:
        cursor: str | None = ""
        coming = asyncio.create_task(self._page(""))
        try:
            while cursor is not None:
                page = await coming
                asked, cursor = cursor, page.next_cursor
                if cursor == asked:
                    self._missing.add(CUSTOMERS)
                    cursor = None
                if cursor is not None:
                    # Asked for already while this one is stored.
                    coming = asyncio.create_task(self._page(cursor))
                await self._store(page)
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)

    async def _page(self, cursor: str) -> Listing[ListedCustomer]:
        """A page that leads on if there are more.

        One that ends with a customer without an id does not, so another size is tried that ends elsewhere.
        """
        size = PAGE
        for _ in range(_SIZES):
            page = await self._patiently(
                self._pages, partial(self._autumn.every_customer, limit=size, cursor=cursor)
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
        rows, named, understood = list[StoredItem](), dict[str, ScannedCustomer](), 0
        async for several in self._gently(page):
            for customer in several:
                rows += sections.of_customer(customer, self._span)
                if known := customer.get("id"):
                    named[known] = ScannedCustomer.of(customer)
            understood += len(several)
        if understood < page.count:
            self._missing.add(CUSTOMERS)
        read = self.progress.customers + page.count
        await self._keeper.add(rows, now=self._now(), customers=read)
        if self._any_unpaid:
            await self._keeper.name(named, now=self._now())
        await self._report(Progress(read))

    async def _read_previews(self) -> None:
        asked = await self._keeper.largest(self._pace.most_previews)
        await self._keeper.renew(now=self._now(), to_preview=len(asked))
        await self._report(Progress(self.progress.customers, 0, len(asked)))
        stride, waiting = Pacer(self._pace.preview, self._pace.sleep), iter(asked)
        workers = [
            asyncio.create_task(self._preview_each(waiting, stride))
            for _ in range(self._pace.previews_at_once)
        ]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _preview_each(self, waiting: Iterator[ScannedCustomer], stride: Pacer) -> None:
        for whose in waiting:
            if self._failures >= _ENOUGH_FAILURES:
                return
            await stride.turn()
            rows = await self._preview(whose)
            before = self.progress
            await self._report(Progress(before.customers, before.previewed + 1, before.to_preview))
            await self._keeper.settle(whose.id or "", rows, now=self._now())

    async def _preview(self, whose: ScannedCustomer) -> list[StoredItem] | None:
        """What comes in place of the customer's estimates; None: they stay."""
        try:
            customer = await self._autumn.customer(whose.id or "", expand=("invoice_previews",))
            if doubtful(customer.invoice_previews or ()):
                customer = await self._autumn.customer(whose.id or "", expand=BILLING)
        except NotFound:
            # Deleted since.
            customer = Customer(invoice_previews=[])
        except AutumnError:
            self._failures += 1
            self._missing.add(PREVIEWS)
            return None
        self._failures = 0
        upcoming = billing_of(customer).upcoming
        if upcoming is None:
            # Autumn cannot say: no Stripe account is linked, or its version does not know the question.
            return None
        coming = invoices.within(upcoming, self._span.start, self._span.end)
        return [invoices.of_preview(whose, one, self._plan_names) for one in coming]

    async def _gently(self, page: Listing[T]) -> AsyncIterator[list[T]]:
        """A few rows at a time. An answer to somebody takes many turns at the event loop: with some rows
        before each of them it would be late by all of those."""
        for first in range(0, page.count, _AT_A_TIME):
            yield page.rows(first, first + _AT_A_TIME)
            await self._pace.sleep(self._pace.rows)

    async def _patiently(self, stride: Pacer, ask: Callable[[], Awaitable[T]]) -> T:
        for wait in self._pace.again:
            await stride.turn()
            try:
                return await ask()
            except _PASSING:
                await self._pace.sleep(wait)
        await stride.turn()
        return await ask()

    async def _report(self, progress: Progress) -> None:
        self.progress = progress
        await self._tell(progress)
