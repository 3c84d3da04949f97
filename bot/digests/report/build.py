"""What one digest has to say, from what a scan read. All sums and orders are the database's work, so that
memory does not grow with the rows."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.digests.items import ReportItem
from bot.digests.model import MONEY, Figures, Section, Wanted
from bot.digests.report import row_query
from bot.digests.report.model import PREVIEWS, Report, ReportSection
from bot.digests.report.pages import ScanGone, page, rows
from bot.digests.report.row_query import CurrencySum, RowFilter, Where
from bot.digests.scan.repository import Scan
from bot.digests.schedule import Window
from bot.store.database import Database, unbroken
from bot.store.tables import digest_items

__all__ = ["ScanGone", "page", "report", "rows"]

FIRST = 10
"""Rows of a section that are told one by one."""
_CONCERNS = {Section.UNPAID.value: Section.UNPAID, PREVIEWS: Section.INVOICES}
"""What is missing matters to whoever wants this section; anything else to everybody."""


@unbroken
async def report(
    database: Database,
    scan: Scan,
    wanted: Wanted,
    *,
    zone: str,
    before: Figures | None = None,
    window: Window | None = None,
) -> Report:
    """`zone`: whose days count. `before`: what the digest before this one said. `window`: if another than
    the days that are wanted, from when Autumn was read."""
    window = window or Window.ahead(scan.started_at, scan.horizon, wanted.days)
    async with database.reading() as connection:
        chosen = await RowFilter.of(connection, scan.id, window, plans=wanted.plans, minimum=wanted.minimum)
        sections = [one for one in Section if one in wanted.sections]
        parts = [await _part(connection, chosen, one, zone, before) for one in sections]
        invoices = chosen.where(Section.INVOICES)
        ahead = Section.INVOICES in sections
        due = await row_query.sum_by_day(connection, invoices, window, zone) if ahead else {}
        estimates = await row_query.count_estimates(connection, invoices) if ahead else 0
    missing = tuple(one for one in scan.missing if _CONCERNS.get(one) in (None, *sections))
    order = [total.currency for part in parts if part.section is Section.INVOICES for total in part.totals]
    found = tuple(part for part in parts if part.count)
    return Report(
        read_at=scan.started_at,
        start=window.start,
        end=window.end,
        parts=found,
        daily={currency: due[currency] for currency in order},
        estimates=estimates,
        missing=missing,
        # Nothing to say is another thing than not knowing.
        empty=not found and not missing,
        figures=_figures(parts),
    )


async def _part(
    connection: AsyncConnection, chosen: RowFilter, section: Section, zone: str, before: Figures | None
) -> ReportSection:
    where = chosen.where(section)
    count = await row_query.count_rows(connection, where)
    added = await row_query.sum_by_currency(connection, where) if section in MONEY else []
    many_resets = section is Section.RESETS and count > FIRST
    return ReportSection(
        section=section,
        count=count,
        totals=row_query.currency_totals(added, _before(before, section)),
        items=await _first(connection, section, where, added),
        groups=await row_query.group_by_day(connection, where, chosen.window, zone) if many_resets else (),
        count_before=before.counts.get(section) if before else None,
    )


def _before(before: Figures | None, section: Section) -> dict[str, str] | None:
    return before.totals.get(section) if before else None


def _figures(parts: list[ReportSection]) -> Figures:
    """Of empty sections too: nothing then, and something now, is a change."""
    money = [part for part in parts if part.section in MONEY]
    return Figures(
        totals={part.section.value: {one.currency: str(one.amount) for one in part.totals} for part in money},
        counts={part.section.value: part.count for part in parts},
    )


async def _first(
    connection: AsyncConnection, section: Section, where: Where, added: list[CurrencySum]
) -> tuple[ReportItem, ...]:
    """Of amounts, the largest of each currency in turn: a yen is not worth a dollar, so one currency's would
    stand before all others'."""
    if section not in MONEY:
        wanted = select(digest_items).where(*where).order_by(*row_query.order_by(section, added)).limit(FIRST)
        return tuple(map(row_query.read_item, await connection.execute(wanted)))
    place = func.row_number().over(
        partition_by=digest_items.c.currency,
        order_by=(digest_items.c.amount.desc().nulls_last(), digest_items.c.id),
    )
    ranked = select(digest_items, place.label("place")).where(*where).subquery()
    rank = row_query.rank(ranked.c.currency, added)
    chosen = select(ranked).order_by(ranked.c.place, rank).limit(FIRST).subquery()
    wanted = select(chosen).order_by(row_query.rank(chosen.c.currency, added), chosen.c.place)
    return tuple(map(row_query.read_item, await connection.execute(wanted)))
