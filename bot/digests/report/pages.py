"""The rows of a digest, page by page and one after another."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.digests import sections
from bot.digests.items import ReportItem
from bot.digests.report import row_query
from bot.digests.report.model import ItemPage, RowQuery
from bot.digests.report.row_query import RowFilter, Where
from bot.digests.scan import repository as scans
from bot.digests.scan.repository import Scan
from bot.digests.schedule import Window
from bot.digests.sections.section import DigestSection
from bot.store.database import Database, unbroken
from bot.store.tables import digest_items

_CHUNK = 500


class ScanGone(Exception):
    """The rows of this scan are not kept any more."""


@unbroken
async def page(database: Database, query: RowQuery, *, size: int = 10) -> ItemPage:
    """One page of a section's rows: the oldest first.

    Raises ScanGone.
    """
    async with database.reading() as connection:
        scan, row_filter = await _filter(connection, query)
        section = sections.section(query.section)
        where = row_filter.where(section)
        count = await row_query.count_rows(connection, where)
        sums = await row_query.sum_by_currency(connection, where) if section.money else []
        pages = max(1, -(-count // size))
        number = min(query.page, pages - 1)
        ordered = select(digest_items).where(*where).order_by(*row_query.ORDER)
        page_rows = await connection.execute(ordered.limit(size).offset(number * size))
        items = tuple(map(row_query.read_item, page_rows))
    return ItemPage(
        items=items,
        page=number,
        pages=pages,
        left=count - number * size - len(items),
        count=count,
        totals=row_query.currency_totals(sums, None),
        read_at=scan.started_at,
    )


async def rows(database: Database, query: RowQuery) -> AsyncIterator[ReportItem]:
    """All rows of the query's sections, in the order of `page`, with some hundred in memory at a time.

    Raises ScanGone right away.
    """
    row_filter = await _read_filter(database, query)
    return _stream(database, row_filter, sections.chosen(query.sections or sections.all_keys()))


async def _filter(connection: AsyncConnection, query: RowQuery) -> tuple[Scan, RowFilter]:
    scan = await scans.known(connection, query.scan)
    if scan is None:
        raise ScanGone
    window = Window.ahead(scan.started_at, scan.horizon, query.days)
    if query.start is not None and query.end is not None:
        window = Window(query.start, query.end)
    return scan, await RowFilter.of(connection, scan.id, window, plans=query.plans, minimum=query.minimum)


@unbroken
async def _read_filter(database: Database, query: RowQuery) -> RowFilter:
    async with database.reading() as connection:
        _, row_filter = await _filter(connection, query)
        return row_filter


async def _stream(
    database: Database, row_filter: RowFilter, chosen: list[DigestSection]
) -> AsyncIterator[ReportItem]:
    for section in chosen:
        where, at = row_filter.where(section), digest_items.c.at
        for of_series in ([*where, at.is_not(None)], [*where, at.is_(None)]):
            last: Row[Any] | None = None
            while chunk := await _chunk(database, of_series, last):
                for row in chunk:
                    yield row_query.read_item(row)
                last = chunk[-1]


def _after(last: Row[Any]) -> list[ColumnElement[bool]]:
    """The rows after this one, found without counting those before it."""
    at, later_id = digest_items.c.at, digest_items.c.id > last.id
    if last.at is None:
        return [later_id]
    # The first condition is redundant, but lets the database use the index.
    return [at >= last.at, (at > last.at) | ((at == last.at) & later_id)]


@unbroken
async def _chunk(database: Database, where: Where, last: Row[Any] | None) -> Sequence[Row[Any]]:
    following = [] if last is None else _after(last)
    ordered = select(digest_items).where(*where, *following).order_by(*row_query.ORDER).limit(_CHUNK)
    async with database.reading() as connection:
        return (await connection.execute(ordered)).all()
