"""Builds the report of one digest from a scan, and its rows, page by page and one after another. The database
sums and sorts, so that memory does not grow with the rows."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.digests import sections
from bot.digests.items import ReportItem, ResetGroup
from bot.digests.model import DigestContent, Figures, Run
from bot.digests.report import row_query
from bot.digests.report.model import PREVIEWS, ItemPage, Report, ReportSection, RowQuery
from bot.digests.report.news import NewsReader, anything_new
from bot.digests.report.row_query import RowFilter, Where
from bot.digests.scan import repository as scans
from bot.digests.scan.repository import Scan
from bot.digests.schedule import Window
from bot.digests.sections.section import DigestSection
from bot.store.database import Database, unbroken
from bot.store.tables import digest_items

FIRST = 10
"""Rows listed for each section."""
_CHUNK = 500


@unbroken
async def report(
    database: Database,
    scan: Scan,
    content: DigestContent,
    *,
    previous: Run | None = None,
    window: Window | None = None,
) -> Report:
    """`previous`: the digest's last post. `window`: None for the digest's days, from when Autumn was read."""
    window = window or Window.ahead(scan.started_at, scan.horizon, content.days)
    chosen = sections.chosen(content.sections)
    async with database.reading() as connection:
        row_filter = await RowFilter.of(
            connection, scan.id, window, plans=content.plans, minimum=content.minimum
        )
        last = None if previous is None else await scans.scan_by_id(connection, previous.scan)
        incomplete = _incomplete(scan, chosen)
        unlike = incomplete if last is None else incomplete | _incomplete(last, chosen)
        parts = [
            await _part(connection, row_filter, section, scan, None if section.key in unlike else previous)
            for section in chosen
        ]
        if last is not None:
            news = await NewsReader.of(connection, (scan, last), content, window)
            parts = [
                replace(part, news=await news.read(connection, sections.section(part.section)))
                for part in parts
            ]
        unchanged = (
            content.only_new
            and previous is not None
            and bool(previous.query)
            and not await anything_new(connection, row_filter, chosen, RowQuery.decode(previous.query))
        )
        daily, estimates = await _upcoming(connection, row_filter, chosen)
    missing = tuple(name for name in scan.missing if _concerns(name, chosen))
    listed = tuple(part for part in parts if part.count or _has_settled(part))
    return Report(
        read_at=scan.started_at,
        start=window.start,
        end=window.end,
        parts=listed,
        daily=daily,
        estimates=estimates,
        missing=missing,
        # Nothing to report is not the same as not knowing.
        empty=not listed and not missing,
        nothing_new=unchanged and not missing and not any(map(_has_settled, listed)),
        figures=_figures([part for part in parts if part.section not in incomplete]),
    )


def _incomplete(scan: Scan, chosen: list[DigestSection]) -> set[str]:
    """Sections that this scan could not read in full: their figures do not compare with another scan's."""
    return {section.key for section in chosen if any(_concerns(name, [section]) for name in scan.missing)}


def _has_settled(part: ReportSection) -> bool:
    """Whether rows were settled since the previous digest."""
    return part.news is not None and part.news.settled_count > 0


def _concerns(missing: str, chosen: list[DigestSection]) -> bool:
    """Whether what could not be read matters to one of these sections."""
    if missing == PREVIEWS:
        return any(section.upcoming for section in chosen)
    if missing in sections.all_keys():
        return any(section.key == missing for section in chosen)
    return True


async def _upcoming(
    connection: AsyncConnection, row_filter: RowFilter, chosen: list[DigestSection]
) -> tuple[dict[str, list[tuple[date, Decimal]]], int]:
    """What is due each day, the currency with the most rows first; and how many amounts are estimates."""
    section = next((candidate for candidate in chosen if candidate.upcoming), None)
    if section is None:
        return {}, 0
    where = row_filter.where(section)
    daily = await row_query.sum_by_day(connection, where, row_filter.window)
    sums = await row_query.sum_by_currency(connection, where)
    by_currency = {total.currency: daily[total.currency] for total in sums if total.with_amount}
    return by_currency, sum(total.estimated for total in sums)


async def _part(
    connection: AsyncConnection,
    row_filter: RowFilter,
    section: DigestSection,
    scan: Scan,
    previous: Run | None,
) -> ReportSection:
    """`previous`: the post to compare with, if any."""
    where, before = row_filter.where(section), previous.figures if previous else None
    count = await row_query.count_rows(connection, where)
    sums = await row_query.sum_by_currency(connection, where) if section.money else []
    groups: tuple[ResetGroup, ...] = ()
    if section.grouping is not None and count > FIRST:
        groups = await row_query.group_by_day(connection, where, row_filter.window, scan.started_at)
    return ReportSection(
        section=section.key,
        count=count,
        totals=row_query.currency_totals(sums, before.totals.get(section.key) if before else None),
        items=await _first(connection, where),
        groups=groups,
        count_before=before.counts.get(section.key) if before else None,
        undated=await _undated(connection, where) if section.upcoming else 0,
        unknown=row_query.unknown_amounts(sums),
    )


async def _undated(connection: AsyncConnection, where: Where) -> int:
    return await row_query.count_rows(connection, [*where, digest_items.c.at.is_(None)])


def _figures(parts: list[ReportSection]) -> Figures:
    """For the next digest to compare with. Includes empty sections: going from nothing to something is a
    change."""
    return Figures(
        totals={
            part.section: {total.currency: str(total.amount) for total in part.totals}
            for part in parts
            if sections.section(part.section).money
        },
        counts={part.section: part.count for part in parts},
    )


async def _first(connection: AsyncConnection, where: Where) -> tuple[ReportItem, ...]:
    query = select(digest_items).where(*where).order_by(*row_query.ORDER).limit(FIRST)
    return tuple(map(row_query.read_item, await connection.execute(query)))


# Its rows


class ScanGone(Exception):
    """The rows of this scan have been deleted."""


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
        unknown=row_query.unknown_amounts(sums),
        read_at=scan.started_at,
    )


async def rows(database: Database, query: RowQuery) -> AsyncIterator[ReportItem]:
    """All rows of the query's sections, in the order of `page`, with some hundred in memory at a time.

    Raises ScanGone right away.
    """
    row_filter = await _read_filter(database, query)
    return _stream(database, row_filter, sections.chosen(query.sections or sections.all_keys()))


async def _filter(connection: AsyncConnection, query: RowQuery) -> tuple[Scan, RowFilter]:
    scan = await scans.scan_by_id(connection, query.scan)
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
