"""Which rows of a scan a digest is about, as conditions in SQL."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.digests.model import MONEY, Section
from bot.digests.report.model import PASSED
from bot.digests.scan.items import millionths, split
from bot.digests.schedule import Window
from bot.store.tables import digest_items

_WINDOWED = frozenset({Section.INVOICES, Section.TRIALS})
"""Sections of what lies ahead. Whatever is unpaid or past due counts, however old."""


def day_number(window: Window, zone: str) -> ColumnElement[int]:
    """Which of the window's days an item is due on, counted from 0; earlier ones count to the first."""
    tz = ZoneInfo(zone)
    following = window.days(zone)[1:]
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
        if section is Section.RESETS:
            # One that is overdue counts until Autumn catches up on it; one that it has made, once.
            made = digest_items.c.details[PASSED].as_boolean()
            found.append(or_(made.is_(None), digest_items.c.at >= self.window.start))
        if section in _WINDOWED or section is Section.RESETS:
            found.append(digest_items.c.at < self.window.end)
        if self.plans is not None:
            found.append(digest_items.c.plans.in_(self.plans))
        if section in MONEY and self.minimum:
            # Of an amount that is not known it cannot be said that it is too small.
            least = millionths(self.minimum)
            found.append(or_(digest_items.c.amount >= least, digest_items.c.amount.is_(None)))
        return found
