"""Builds the report of one digest from a scan. The database sums and sorts, so that memory does not grow with
the rows."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.digests import sections
from bot.digests.items import ReportItem
from bot.digests.model import DigestContent, Figures, Run
from bot.digests.report import row_query
from bot.digests.report.model import PREVIEWS, Report, ReportSection, RowQuery
from bot.digests.report.news import NewsReader, anything_new
from bot.digests.report.pages import ScanGone, page, rows
from bot.digests.report.row_query import RowFilter, Where
from bot.digests.scan import repository as scans
from bot.digests.scan.repository import Scan
from bot.digests.schedule import Window
from bot.digests.sections.section import DigestSection
from bot.store.database import Database, unbroken
from bot.store.tables import digest_items

__all__ = ["ScanGone", "page", "report", "rows"]

FIRST = 10
"""Rows listed for each section."""


@unbroken
async def report(
    database: Database,
    scan: Scan,
    content: DigestContent,
    *,
    previous: Run | None = None,
    window: Window | None = None,
) -> Report:
    """`previous`: the digest's last post. `window`: unless it
    is just the digest's days, counted from when Autumn was read."""
    window = window or Window.ahead(scan.started_at, scan.horizon, content.days)
    chosen = sections.chosen(content.sections)
    async with database.reading() as connection:
        rows = await RowFilter.of(connection, scan.id, window, plans=content.plans, minimum=content.minimum)
        parts = [await _part(connection, rows, section, previous) for section in chosen]
        if previous is not None and (last := await scans.known(connection, previous.scan)) is not None:
            news = await NewsReader.of(connection, (scan, last), content, window)
            parts = [
                replace(part, news=await news.read(connection, sections.section(part.section)))
                for part in parts
            ]
        unchanged = (
            content.only_new
            and previous is not None
            and bool(previous.query)
            and not await anything_new(connection, rows, chosen, RowQuery.decode(previous.query))
        )
        daily, estimates = await _upcoming(connection, rows, chosen)
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
        figures=_figures(parts),
    )


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
    connection: AsyncConnection, rows: RowFilter, chosen: list[DigestSection]
) -> tuple[dict[str, list[tuple[date, Decimal]]], int]:
    """What is due each day, the currency with the most rows first; and how many amounts are estimates."""
    section = next((section for section in chosen if section.upcoming), None)
    if section is None:
        return {}, 0
    where = rows.where(section)
    daily = await row_query.sum_by_day(connection, where, rows.window)
    sums = await row_query.sum_by_currency(connection, where)
    by_currency = {total.currency: daily[total.currency] for total in sums if total.known}
    return by_currency, await row_query.count_estimates(connection, where)


async def _part(
    connection: AsyncConnection, rows: RowFilter, section: DigestSection, previous: Run | None
) -> ReportSection:
    where, before = rows.where(section), previous.figures if previous else None
    count = await row_query.count_rows(connection, where)
    sums = await row_query.sum_by_currency(connection, where) if section.money else []
    grouped = section.grouping is not None and count > FIRST
    return ReportSection(
        section=section.key,
        count=count,
        totals=row_query.currency_totals(sums, before.totals.get(section.key) if before else None),
        items=await _first(connection, where),
        groups=await row_query.group_by_day(connection, where, rows.window) if grouped else (),
        count_before=before.counts.get(section.key) if before else None,
    )


def _figures(parts: list[ReportSection]) -> Figures:
    """Includes empty sections: going from nothing to something is a change."""
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
