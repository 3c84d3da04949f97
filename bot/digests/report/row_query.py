"""Which rows of a scan a digest reports, and their sums and order, in SQL."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, assert_never

from sqlalchemy import ColumnElement, FromClause, Row, and_, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.digests import sections
from bot.digests.items import (
    ESTIMATE,
    FEATURE_NAME,
    PASSED,
    ReportItem,
    ResetGroup,
    ResetState,
    millionths,
    split_plans,
    units,
)
from bot.digests.report.model import CurrencyTotal
from bot.digests.schedule import Window
from bot.digests.sections.section import DigestSection, Timing
from bot.store.tables import digest_items

_MILLION = 1_000_000
_OVERDUE = -1
"""In place of the number of a day, for what is overdue."""
ORDER = (digest_items.c.at.asc().nulls_last(), digest_items.c.id)
"""The oldest first; unknown times come last."""
Where = Sequence[ColumnElement[bool]]


def day_number(window: Window) -> ColumnElement[int]:
    """On which of the window's days an item is due, counted from 0; earlier items count as the first
    day's."""
    following = window.days()[1:]
    midnights = [datetime.combine(day, time.min, UTC) for day in following]
    if not midnights:
        return literal(0)
    return case(
        *((digest_items.c.at < midnight, number) for number, midnight in enumerate(midnights)),
        else_=len(midnights),
    )


@dataclass(frozen=True, slots=True)
class RowFilter:
    """The rows of a scan that pass a digest's filters."""

    scan_id: str
    window: Window
    minimum: Decimal
    plans: tuple[str, ...] | None
    """As the database stores them; None for any."""

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
        # Compared here, because databases differ in which letters LIKE treats as the same.
        stored = select(digest_items.c.plans).distinct().where(digest_items.c.scan_id == scan_id)
        combinations = (await connection.execute(stored)).scalars()
        matching = tuple(
            combination for combination in combinations if not set(plans).isdisjoint(split_plans(combination))
        )
        return cls(scan_id, window, minimum, matching)

    def where(self, section: DigestSection, table: FromClause = digest_items) -> list[ColumnElement[bool]]:
        row = table.c
        return [
            row.scan_id == self.scan_id,
            row.section == section.key,
            *self._due(section.timing, table),
            *(() if self.plans is None else (row.plans.in_(self.plans),)),
            # Keep unknown amounts: they might exceed the minimum.
            *(
                (or_(row.amount >= millionths(self.minimum), row.amount.is_(None)),)
                if section.money and self.minimum
                else ()
            ),
        ]

    def _due(self, timing: Timing, table: FromClause) -> list[ColumnElement[bool]]:
        row, window = table.c, self.window
        match timing:
            case Timing.WITHIN_WINDOW:
                return [or_(row.at.is_(None), and_(row.at >= window.start, row.at < window.end))]
            case Timing.UNTIL_WINDOW_ENDS:
                has_happened = row.details[PASSED].as_boolean()
                return [or_(has_happened.is_(None), row.at >= window.start), row.at < window.end]
            case Timing.ANY_TIME:
                return []
            case _:
                assert_never(timing)


@dataclass(frozen=True, slots=True)
class CurrencySum:
    currency: str
    amount: Decimal
    count: int
    with_amount: int
    """Rows whose amount is known, if only as an estimate."""
    estimated: int
    """Rows whose amount is an estimate."""


async def count_rows(connection: AsyncConnection, where: Where) -> int:
    count = await connection.execute(select(func.count()).select_from(digest_items).where(*where))
    return int(count.scalar_one())


async def sum_by_currency(connection: AsyncConnection, where: Where) -> list[CurrencySum]:
    """The currency with the most rows first, then the largest sum. Amounts in different currencies do not
    compare."""
    amount = digest_items.c.amount
    is_estimate = and_(digest_items.c.details[ESTIMATE].as_boolean(), amount.is_not(None))
    estimated = case((is_estimate, 1), else_=0)
    query = (
        select(digest_items.c.currency, *_added(amount), func.sum(estimated).label("estimated"))
        .where(*where)
        .group_by(digest_items.c.currency)
    )
    sums = [
        CurrencySum(row.currency, _total(row), row.number, row.known, int(row.estimated))
        for row in await connection.execute(query)
    ]
    return sorted(sums, key=lambda total: (-total.count, -total.amount, total.currency))


async def sum_by_day(
    connection: AsyncConnection, where: Where, window: Window
) -> dict[str, list[tuple[date, Decimal]]]:
    """Currency → what is due on each day that has something due, in order."""
    row = digest_items.c
    due = (
        select(row.currency, row.amount, day_number(window).label("day"))
        .where(*where, row.at.is_not(None))
        .subquery()
    )
    query = (
        select(due.c.currency, due.c.day, *_added(due.c.amount))
        .group_by(due.c.currency, due.c.day)
        .order_by(due.c.currency, due.c.day)
    )
    days = window.days()
    daily: dict[str, list[tuple[date, Decimal]]] = {}
    for total in await connection.execute(query):
        daily.setdefault(total.currency, []).append((days[total.day], _total(total)))
    return daily


async def group_by_day(
    connection: AsyncConnection, where: Where, window: Window, read_at: datetime
) -> tuple[ResetGroup, ...]:
    """By feature and day; the soonest first, and on one day the most customers first. What was overdue when
    Autumn was read comes before that, by feature."""
    row = digest_items.c
    passed = row.details[PASSED].as_boolean()
    overdue = and_(passed.is_(None), row.at < read_at)
    state = case(
        (passed, ResetState.PASSED.value), (overdue, ResetState.OVERDUE.value), else_=ResetState.COMING.value
    )
    day = case((overdue, _OVERDUE), else_=day_number(window))
    due = (
        select(row.feature, row.customer_id, row.amount, row.at, day.label("day"), state.label("state"))
        .where(*where)
        .subquery()
    )
    # A customer may have several rows on one day. Without an id they can't be deduplicated, so count each
    # row.
    without_id = func.sum(case((due.c.customer_id.is_(None), 1), else_=0))
    customers = (func.count(due.c.customer_id.distinct()) + without_id).label("customers")
    query = (
        select(
            due.c.feature,
            due.c.day,
            due.c.state,
            func.min(due.c.at).label("oldest"),
            customers,
            *_added(due.c.amount),
        )
        .group_by(due.c.feature, due.c.day, due.c.state)
        .order_by(due.c.day, customers.desc(), due.c.feature, due.c.state)
    )
    days = window.days()
    names = await _feature_names(connection, where)
    return tuple(
        ResetGroup(
            group.feature,
            names[group.feature],
            group.oldest.astimezone(UTC).date() if group.day == _OVERDUE else days[group.day],
            group.customers,
            _total(group) if group.known == group.number else None,
            ResetState(group.state),
        )
        for group in await connection.execute(query)
    )


async def _feature_names(connection: AsyncConnection, where: Where) -> dict[str, str]:
    one_each = select(func.min(digest_items.c.id)).where(*where).group_by(digest_items.c.feature)
    query = select(digest_items.c.feature, digest_items.c.details).where(digest_items.c.id.in_(one_each))
    return {row.feature: row.details[FEATURE_NAME] for row in await connection.execute(query)}


def _added(amount: ColumnElement[int]) -> list[ColumnElement[Any]]:
    """Sums in two parts, because large ones would not fit in SQLite's integers."""
    return [
        func.coalesce(func.sum(amount // _MILLION), 0).label("whole"),
        func.coalesce(func.sum(amount % _MILLION), 0).label("rest"),
        func.count(amount).label("known"),
        func.count().label("number"),
    ]


def _total(row: Any) -> Decimal:
    total = units(int(row.whole) * _MILLION + int(row.rest))
    assert total is not None  # noqa: S101 - a number has units
    return total


def currency_totals(sums: list[CurrencySum], before: dict[str, str] | None) -> tuple[CurrencyTotal, ...]:
    return tuple(
        CurrencyTotal(
            total.currency,
            total.amount,
            total.count,
            None if before is None else Decimal(before.get(total.currency, 0)),
            total.estimated,
        )
        for total in sums
        if total.with_amount
    )


def unknown_amounts(sums: list[CurrencySum]) -> int:
    return sum(total.count - total.with_amount for total in sums)


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
