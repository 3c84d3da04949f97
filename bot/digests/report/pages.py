"""The rows of a digest, page by page and one after another."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.digests import sections
from bot.digests.items import ReportItem
from bot.digests.report import row_query
from bot.digests.report.model import ItemPage, RowQuery
from bot.digests.report.row_query import RowFilter
from bot.digests.scan import repository as scans
from bot.digests.scan.repository import Scan
from bot.digests.schedule import Window
from bot.digests.sections.section import DigestSection
from bot.store.database import Database, unbroken
from bot.store.tables import digest_items

_CHUNK = 500


class ScanGone(Exception):
    """What a scan read is not kept any more."""


@unbroken
async def page(database: Database, query: RowQuery, *, size: int = 10) -> ItemPage:
    """Some of a section's rows: amounts by currency, each the largest first; others the soonest first.

    Raises ScanGone.
    """
    async with database.reading() as connection:
        scan, chosen = await _chosen(connection, query)
        section = sections.section(query.section)
        where = chosen.where(section)
        count = await row_query.count_rows(connection, where)
        added = await row_query.sum_by_currency(connection, where) if section.money else []
        pages = max(1, -(-count // size))
        number = min(query.page, pages - 1)
        wanted = select(digest_items).where(*where).order_by(*row_query.order_by(section, added))
        found = await connection.execute(wanted.limit(size).offset(number * size))
        shown = tuple(map(row_query.read_item, found))
    return ItemPage(
        items=shown,
        page=number,
        pages=pages,
        left=count - number * size - len(shown),
        count=count,
        totals=row_query.currency_totals(added, None),
        read_at=scan.started_at,
    )


async def rows(database: Database, query: RowQuery) -> AsyncIterator[ReportItem]:
    """All rows of the query's sections, in the order of `page`; some hundred are in memory at a time.

    Raises ScanGone, at once.
    """
    chosen = await _found(database, query)
    return _stream(database, chosen, sections.chosen(query.sections or sections.all_keys()))


async def _chosen(connection: AsyncConnection, query: RowQuery) -> tuple[Scan, RowFilter]:
    scan = await scans.known(connection, query.scan)
    if scan is None:
        raise ScanGone
    window = Window.ahead(scan.started_at, scan.horizon, query.days)
    if query.start is not None and query.end is not None:
        window = Window(query.start, query.end)
    return scan, await RowFilter.of(connection, scan.id, window, plans=query.plans, minimum=query.minimum)


@unbroken
async def _found(database: Database, query: RowQuery) -> RowFilter:
    async with database.reading() as connection:
        _, chosen = await _chosen(connection, query)
        return chosen


async def _stream(
    database: Database, chosen: RowFilter, asked: list[DigestSection]
) -> AsyncIterator[ReportItem]:
    for section in asked:
        for course in await _courses(database, chosen, section):
            last: Row[Any] | None = None
            while found := await _chunk(database, course, last):
                for row in found:
                    yield row_query.read_item(row)
                last = found[-1]


@dataclass(frozen=True, slots=True)
class _Course:
    """Rows in the order of one column, and of their ids where that is the same: so from any of them the next
    can be found without counting those before."""

    where: list[ColumnElement[bool]]
    column: ColumnElement[Any]
    falling: bool = False

    def after(self, last: Row[Any]) -> list[ColumnElement[bool]]:
        value = last._mapping[self.column]
        beyond = self.column < value if self.falling else self.column > value
        # The first says nothing that the second does not, but an index can be used for it.
        near = self.column <= value if self.falling else self.column >= value
        return [near, beyond | ((self.column == value) & (digest_items.c.id > last.id))]

    @property
    def order(self) -> tuple[ColumnElement[Any], ...]:
        return (self.column.desc() if self.falling else self.column.asc()), digest_items.c.id


@unbroken
async def _courses(database: Database, chosen: RowFilter, section: DigestSection) -> list[_Course]:
    """One after another they are the whole section."""
    where, by_id = chosen.where(section), digest_items.c.id
    at, amount, currency = digest_items.c.at, digest_items.c.amount, digest_items.c.currency
    if not section.money:
        return [_Course([*where, at.is_not(None)], at), _Course([*where, at.is_(None)], by_id)]
    async with database.reading() as connection:
        added = await row_query.sum_by_currency(connection, where)
    found: list[_Course] = []
    for one in added:
        mine = [*where, currency == one.currency]
        found.append(_Course([*mine, amount.is_not(None)], amount, falling=True))
        found.append(_Course([*mine, amount.is_(None)], by_id))
    return found


@unbroken
async def _chunk(database: Database, course: _Course, last: Row[Any] | None) -> Sequence[Row[Any]]:
    where = course.where if last is None else [*course.where, *course.after(last)]
    wanted = select(digest_items).where(*where).order_by(*course.order).limit(_CHUNK)
    async with database.reading() as connection:
        return (await connection.execute(wanted)).all()
