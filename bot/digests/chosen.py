"""Which rows of a scan a digest is about, as conditions in SQL."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.digests.items import millionths, split
from bot.digests.model import MONEY, Section
from bot.store.tables import digest_items

_WINDOWED = frozenset({Section.INVOICES, Section.TRIALS})
"""Sections of what lies ahead. Whatever is unpaid or past due counts, however old."""


@dataclass(frozen=True, slots=True)
class Window:
    """`start` counts to it, `end` does not."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, start: datetime, horizon: datetime, days: int) -> "Window":
        """So many days from the start of a scan, as far as it looked."""
        return cls(start, min(start + timedelta(days=days), horizon))

    def days(self, zone: str) -> list[date]:
        """The local days of which some lies in it, in order."""
        tz = ZoneInfo(zone)
        first = self.start.astimezone(tz).date()
        last = (self.end - timedelta(microseconds=1)).astimezone(tz).date()
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]

    def day(self, zone: str) -> ColumnElement[int]:
        """Which of `days` an item is due on, counted from 0; what is due already counts to the first."""
        tz = ZoneInfo(zone)
        following = self.days(zone)[1:]
        begins = [datetime.combine(day, time.min, tz) for day in following]
        if not begins:
            return literal(0)
        return case(
            *((digest_items.c.at < begin, number) for number, begin in enumerate(begins)), else_=len(begins)
        )


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows of a scan that pass the filters of a digest."""

    scan_id: str
    window: Window
    minimum: Decimal
    plans: tuple[str, ...] | None
    """As they lie in the database; None for any."""

    @classmethod
    async def of(
        cls,
        connection: AsyncConnection,
        scan_id: str,
        window: Window,
        *,
        plans: Collection[str],
        minimum: Decimal,
    ) -> "Chosen":
        if not plans:
            return cls(scan_id, window, minimum, None)
        # Compared here: what LIKE takes for the same letter is different from database to database.
        known = select(digest_items.c.plans).distinct().where(digest_items.c.scan_id == scan_id)
        found = (await connection.execute(known)).scalars()
        return cls(
            scan_id, window, minimum, tuple(one for one in found if not set(plans).isdisjoint(split(one)))
        )

    def where(self, section: Section) -> list[ColumnElement[bool]]:
        found = [digest_items.c.scan_id == self.scan_id, digest_items.c.section == section]
        if section in _WINDOWED:
            found.append(digest_items.c.at >= self.window.start)
        if section in _WINDOWED or section is Section.RESETS:
            found.append(digest_items.c.at < self.window.end)
        if self.plans is not None:
            found.append(digest_items.c.plans.in_(self.plans))
        if section in MONEY and self.minimum:
            # Of an amount that is not known it cannot be said that it is too small.
            least = millionths(self.minimum)
            found.append(or_(digest_items.c.amount >= least, digest_items.c.amount.is_(None)))
        return found
