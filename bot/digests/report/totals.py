"""Adding rows up, in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.digests.report.model import ESTIMATE, FEATURE_NAME, ResetGroup
from bot.digests.report.row_query import day_number
from bot.digests.scan.items import units
from bot.digests.schedule import Window
from bot.store.tables import digest_items

_MILLION = 1_000_000
Where = Sequence[ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Sum:
    currency: str
    amount: Decimal
    count: int
    known: int
    """Rows whose amount is known."""


async def count(connection: AsyncConnection, where: Where) -> int:
    found = await connection.execute(select(func.count()).select_from(digest_items).where(*where))
    return int(found.scalar_one())


async def by_currency(connection: AsyncConnection, where: Where) -> list[Sum]:
    """That of the most rows first, then the largest: amounts in different currencies do not compare."""
    wanted = (
        select(digest_items.c.currency, *_added(digest_items.c.amount))
        .where(*where)
        .group_by(digest_items.c.currency)
    )
    found = [
        Sum(row.currency, _total(row), row.number, row.known) for row in await connection.execute(wanted)
    ]
    return sorted(found, key=lambda one: (-one.count, -one.amount, one.currency))


async def by_day(
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


async def estimates(connection: AsyncConnection, where: Where) -> int:
    return await count(connection, [*where, digest_items.c.details[ESTIMATE].as_boolean()])


async def resets(
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
