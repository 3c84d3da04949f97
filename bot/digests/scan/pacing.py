"""How fast a scan goes, so that it is done soon and people's questions never wait for it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from bot.digests.scan.repository import Progress

MOST_PREVIEWS = 500
"""Customers that one scan asks about; the others stay estimates. Each costs Autumn several
calls to Stripe."""


@dataclass(frozen=True, slots=True)
class ScanPace:
    """In seconds, but for numbers of things. Given as one value so that tests can shorten it."""

    page: float = 0.2
    """From the start of one page of customers to the start of the next: half of what Maple allows itself of
    customers.list (`bot.autumn.throttle.Limits`) is left to people's searches."""
    rows: float = 0.004
    """Between a few rows of a page and the next few, for the people who are being answered. A whole page has
    to be done before the next one comes."""
    preview: float = 0.1
    """The same between customers whose next invoices are asked for."""
    previews_at_once: int = 3
    most_previews: int = MOST_PREVIEWS
    invoices: float = 1.0
    """The same between pages of unpaid invoices, whose limit the organization's own backend shares."""
    again: tuple[float, ...] = (1.0, 3.0)
    """Before a page that failed is asked for again; then the scan fails."""
    lease: float = 90.0
    """A process that has not renewed its lease for so long is taken to be dead. Longer than it may take to
    fail at one page."""
    poll: float = 1.0
    """Between looks at the scan of another process."""
    tell: float = 2.0
    """Between reports of how far it is."""
    log: float = 10.0
    """Between notes of that in the log."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    @property
    def lease_time(self) -> timedelta:
        return timedelta(seconds=self.lease)


_MADE_UP = 1.0


class Pacer:
    """Lets one begin every so many seconds, however long each takes. A second that was lost is made up for,
    not more."""

    def __init__(self, every: float, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._every = every
        self._sleep = sleep
        self._free: float | None = None

    async def turn(self) -> None:
        now = asyncio.get_running_loop().time()
        slot = now if self._free is None else max(self._free, now - _MADE_UP)
        self._free = slot + self._every
        await self._sleep(max(0.0, slot - now))


class Seldom:
    """Passes a report on when the last one was long enough ago; the first at once."""

    def __init__(self, every: float, to: Callable[[Progress], Awaitable[None]] | None) -> None:
        self._every = every
        self._to = to
        self._last = float("-inf")

    async def tell(self, progress: Progress) -> None:
        now = asyncio.get_running_loop().time()
        if self._to is None or now - self._last < self._every:
            return
        self._last = now
        await self._to(progress)
