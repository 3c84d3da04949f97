"""How fast a scan reads: soon done, and never in the way of people's requests."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from bot.digests.scan.repository import Progress

MOST_PREVIEWS = 500
"""Customers whose previews one scan asks for; the others stay estimates. Each costs Autumn several calls to
Stripe."""


@dataclass(frozen=True, slots=True)
class ScanPace:
    """In seconds, except for counts. One value, so that tests can shorten it."""

    page: float = 0.2
    """From the start of one page of customers to the start of the next. Leaves half of what Maple allows
    itself of customers.list (`bot.autumn.throttle.Limits`) to people's searches."""
    rows: float = 0.004
    """A pause after every few rows of a page, in which people are answered. A page must be finished before
    the next one arrives."""
    preview: float = 0.1
    """From one customer's preview to the next."""
    previews_at_once: int = 3
    most_previews: int = MOST_PREVIEWS
    invoices: float = 1.0
    """From one page of unpaid invoices to the next; the organization's own backend shares their rate
    limit."""
    again: tuple[float, ...] = (1.0, 3.0)
    """Waits before a failed page is asked for again; after the last the scan fails."""
    lease: float = 90.0
    """A process that has not renewed its lease for this long is considered dead. Longer than one page may
    take to fail."""
    poll: float = 1.0
    """Between two checks of another process's scan."""
    report: float = 2.0
    """Between two reports of its progress."""
    log: float = 10.0
    """Between two log records of its progress."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    @property
    def lease_time(self) -> timedelta:
        return timedelta(seconds=self.lease)


_CATCH_UP = 1.0


class Pacer:
    """Lets one request start every `every` seconds, however long each takes. Catches up on a delay of a
    second, not more."""

    def __init__(self, every: float, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._every = every
        self._sleep = sleep
        self._next_slot: float | None = None

    async def turn(self) -> None:
        now = asyncio.get_running_loop().time()
        slot = now if self._next_slot is None else max(self._next_slot, now - _CATCH_UP)
        self._next_slot = slot + self._every
        await self._sleep(max(0.0, slot - now))


class ThrottledReport:
    """Reports progress at most once every `every` seconds."""

    def __init__(self, every: float, report: Callable[[Progress], Awaitable[None]] | None) -> None:
        self._every = every
        self._report = report
        self._last = float("-inf")

    async def report(self, progress: Progress) -> None:
        now = asyncio.get_running_loop().time()
        if self._report is None or now - self._last < self._every:
            return
        self._last = now
        await self._report(progress)
