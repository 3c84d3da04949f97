"""Which rows of a scan a digest is about, as conditions in SQL."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.digests import sections
from bot.digests.items import (
    ESTIMATE,
    FEATURE_NAME,
    PASSED,
    ReportItem,
    ResetGroup,
    millionths,
    split_plans,
    units,
)
from bot.digests.report.model import CurrencyTotal
from bot.digests.schedule import Window
from bot.digests.sections.section import DigestSection, Timing
from bot.store.tables import digest_items

_MILLION = 1_000_000
Where = Sequence[ColumnElement[bool]]


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
class RowFilter:
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
    ) -> "RowFilter":
        if not plans:
            return cls(scan_id, window, minimum, None)
        # Compared here: what LIKE takes for the same letter is different from database to database.
        known = select(digest_items.c.plans).distinct().where(digest_items.c.scan_id == scan_id)
        found = (await connection.execute(known)).scalars()
        return cls(
            scan_id,
            window,
            minimum,
            tuple(one for one in found if not set(plans).isdisjoint(split_plans(one))),
        )

    def where(self, section: DigestSection) -> list[ColumnElement[bool]]:
        row = digest_items.c
        return [
            row.scan_id == self.scan_id,
            row.section == section.key,
            *self._due(section.timing),
            *(() if self.plans is None else (row.plans.in_(self.plans),)),
            # Keep unknown amounts: they might exceed the minimum.
            *(
                (or_(row.amount >= millionths(self.minimum), row.amount.is_(None)),)
                if section.money and self.minimum
                else ()
            ),
        ]

    def _due(self, timing: Timing) -> list[ColumnElement[bool]]:
        row, window = digest_items.c, self.window
        match timing:
            case Timing.WITHIN_WINDOW:
                return [row.at >= window.start, row.at < window.end]
            case Timing.UNTIL_WINDOW_ENDS:
                has_happened = row.details[PASSED].as_boolean()
                return [or_(has_happened.is_(None), row.at >= window.start), row.at < window.end]
            case Timing.ANY_TIME:
                return []
            case _:  # pragma: no cover - a closed set
                assert_never(timing)


@dataclass(frozen=True, slots=True)
class CurrencySum:
    currency: str
    amount: Decimal
    count: int
    known: int
    """Rows whose amount is known."""


async def count_rows(connection: AsyncConnection, where: Where) -> int:
    found = await connection.execute(select(func.count()).select_from(digest_items).where(*where))
    return int(found.scalar_one())


async def sum_by_currency(connection: AsyncConnection, where: Where) -> list[CurrencySum]:
    """That of the most rows first, then the largest: amounts in different currencies do not compare."""
    wanted = (
        select(digest_items.c.currency, *_added(digest_items.c.amount))
        .where(*where)
        .group_by(digest_items.c.currency)
    )
    found = [
        CurrencySum(row.currency, _total(row), row.number, row.known)
        for row in await connection.execute(wanted)
    ]
    return sorted(found, key=lambda one: (-one.count, -one.amount, one.currency))


async def sum_by_day(
    connection: AsyncConnection, where: Where, window: Window, zone: str
) -> dict[str, list[tuple[date, Decimal]]]:
    """Currency → what is due on each day on which something is, in order."""
    row = digest_items.c
    due = select(row.currency, row.amount, day_number(window, zone).label("day")).where(*where).subquery()
    wanted = (
        select(due.c.currency, due.c.day, *_added(due.c.amount))
        .group_by(due.c.currency, due.c.day)
        .order_by(due.c.currency, due.c.day)
    )
    days = window.days(zone)
    found: dict[str, list[tuple[date, Decimal]]] = {}
    for one in await connection.execute(wanted):
        found.setdefault(one.currency, []).append((days[one.day], _total(one)))
    return found


async def count_estimates(connection: AsyncConnection, where: Where) -> int:
    return await count_rows(connection, [*where, digest_items.c.details[ESTIMATE].as_boolean()])


async def group_by_day(
    connection: AsyncConnection, where: Where, window: Window, zone: str
) -> tuple[ResetGroup, ...]:
    """By feature and day; the soonest first, and of one day the most customers."""
    row = digest_items.c
    due = (
        select(row.feature, row.customer_id, row.amount, day_number(window, zone).label("day"))
        .where(*where)
        .subquery()
    )
    # A customer may have several rows that reset on one day; those without an id are told apart by nothing.
    nameless = func.sum(case((due.c.customer_id.is_(None), 1), else_=0))
    customers = (func.count(due.c.customer_id.distinct()) + nameless).label("customers")
    wanted = (
        select(due.c.feature, due.c.day, customers, *_added(due.c.amount))
        .group_by(due.c.feature, due.c.day)
        .order_by(due.c.day, customers.desc(), due.c.feature)
    )
    days = window.days(zone)
    names = await _feature_names(connection, where)
    return tuple(
        ResetGroup(
            one.feature,
            names[one.feature],
            days[one.day],
            one.customers,
            _total(one) if one.known == one.number else None,
        )
        for one in await connection.execute(wanted)
    )


async def _feature_names(connection: AsyncConnection, where: Where) -> dict[str, str]:
    one_each = select(func.min(digest_items.c.id)).where(*where).group_by(digest_items.c.feature)
    wanted = select(digest_items.c.feature, digest_items.c.details).where(digest_items.c.id.in_(one_each))
    return {row.feature: row.details[FEATURE_NAME] for row in await connection.execute(wanted)}


def _added(amount: ColumnElement[int]) -> list[ColumnElement[Any]]:
    """In two parts: added up in one, large sums would not fit in SQLite's integers."""
    return [
        func.coalesce(func.sum(amount // _MILLION), 0).label("whole"),
        func.coalesce(func.sum(amount % _MILLION), 0).label("rest"),
        func.count(amount).label("known"),
        func.count().label("number"),
    ]


def _total(row: Any) -> Decimal:
    found = units(int(row.whole) * _MILLION + int(row.rest))
    assert found is not None  # noqa: S101 - of a number it is
    return found


def order_by(section: DigestSection, added: list[CurrencySum]) -> tuple[ColumnElement[Any], ...]:
    """Amounts by currency, each the largest first; others the soonest first. What is not known comes last."""
    if not section.money:
        return digest_items.c.at.asc().nulls_last(), digest_items.c.id
    amount = digest_items.c.amount.desc().nulls_last()
    return rank(digest_items.c.currency, added), amount, digest_items.c.id


def rank(currency: ColumnElement[str], added: list[CurrencySum]) -> ColumnElement[int]:
    """The currencies in the order of their totals."""
    places = ((currency == one.currency, number) for number, one in enumerate(added))
    return case(*places, else_=len(added)) if added else literal(0)


def currency_totals(added: list[CurrencySum], before: dict[str, str] | None) -> tuple[CurrencyTotal, ...]:
    return tuple(
        CurrencyTotal(
            one.currency,
            one.amount,
            one.count,
            None if before is None else Decimal(before.get(one.currency, 0)),
        )
        for one in added
        if one.known
    )


def read_item(row: Row[Any]) -> ReportItem:
    return ReportItem(
        section=row.section,
        customer_id=row.customer_id,
        customer=row.customer,
        email=row.email,
        at=row.at,
        # Elsewhere the column holds the remaining units; see `details`.
        amount=units(row.amount) if sections.section(row.section).money else None,
        currency=row.currency,
        plans=split_plans(row.plans),
        feature=row.feature,
        details=row.details,
    )
