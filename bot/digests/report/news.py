"""What has come and gone in a section since the previous digest, by comparing two scans."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.digests import items
from bot.digests.model import DigestContent
from bot.digests.report import row_query
from bot.digests.report.model import CUSTOMERS, News, RowQuery
from bot.digests.report.row_query import RowFilter, Where
from bot.digests.scan import repository as scans
from bot.digests.scan.repository import Scan
from bot.digests.schedule import Window
from bot.digests.sections.section import DigestSection
from bot.store.tables import digest_items

_NAMED = 3
"""Rows that are named."""
_OTHER = digest_items.alias("other")
_IDENTITY = (items.INVOICE, items.ENTITY, items.RESETS_AT)
"""Details that distinguish a customer's rows."""


@dataclass(frozen=True, slots=True)
class NewsReader:
    """`current`, `previous`: the rows of the two scans, filtered alike."""

    current: RowFilter
    previous: RowFilter
    missing: frozenset[str]
    """What one of the two scans could not read."""

    @classmethod
    async def of(
        cls, connection: AsyncConnection, compared: tuple[Scan, Scan], content: DigestContent, window: Window
    ) -> "NewsReader":
        """`compared`: the current one and the previous digest's."""
        filters = [
            await RowFilter.of(connection, scan.id, window, plans=content.plans, minimum=content.minimum)
            for scan in compared
        ]
        missing = frozenset(name for scan in compared for name in scan.missing)
        return cls(filters[0], filters[1], missing)

    async def read(self, connection: AsyncConnection, section: DigestSection) -> News | None:
        """None for a section that is not tracked, or was not read completely."""
        if not section.tracked or not self.missing.isdisjoint({CUSTOMERS, section.key}):
            return None
        new_count, new = await _only_in(connection, section, self.current, self.previous)
        settled_count, settled = await _only_in(connection, section, self.previous, self.current)
        return News(new_count, new, settled_count, settled)


async def anything_new(
    connection: AsyncConnection, current: RowFilter, chosen: Sequence[DigestSection], last: RowQuery
) -> bool:
    """Whether there is a row that the last post did not have; also true if that is no longer known. `last`:
    the rows of the last post."""
    if last.start is None or last.end is None or await scans.scan_by_id(connection, last.scan) is None:
        return True
    window = Window(last.start, last.end)
    posted = await RowFilter.of(connection, last.scan, window, plans=last.plans, minimum=last.minimum)
    for section in chosen:
        rows = current.where(section)
        if section.key not in last.sections:
            new = [rows]
        else:
            others = posted.where(section, _OTHER)
            new = [[*rows, *_not_among(others, section, with_id=with_id)] for with_id in (True, False)]
        for where in new:
            if await row_query.count_rows(connection, where):
                return True
    return False


async def _only_in(
    connection: AsyncConnection, section: DigestSection, rows: RowFilter, others: RowFilter
) -> tuple[int, tuple[items.ReportItem, ...]]:
    """How many of the rows are not among the others, and the oldest of them. Rows of customers without an id
    are left out."""
    of_section = [_OTHER.c.scan_id == others.scan_id, _OTHER.c.section == section.key]
    where = [*rows.where(section), *_not_among(of_section, section, with_id=True)]
    first = select(digest_items).where(*where).order_by(*row_query.ORDER).limit(_NAMED)
    named = tuple(map(row_query.read_item, await connection.execute(first)))
    return await row_query.count_rows(connection, where), named


def _not_among(others: Where, section: DigestSection, *, with_id: bool) -> list[ColumnElement[bool]]:
    """Rows that are not the same as one of the others. `with_id`: those of customers with an id, or those of
    customers without one, whom only their name tells apart. One query for each lets the database use its
    index."""
    row, other = digest_items.c, _OTHER.c
    same = [other.plans == row.plans, other.feature == row.feature]
    same += [_detail(other.details, name) == _detail(row.details, name) for name in _IDENTITY]
    if section.fixed_time:
        same.append(other.at.is_not_distinct_from(row.at))
    if with_id:
        same.append(other.customer_id == row.customer_id)
    else:
        same += [other.customer_id.is_(None), other.customer == row.customer]
    of_customers = row.customer_id.is_not(None) if with_id else row.customer_id.is_(None)
    return [of_customers, ~exists(select(other.id).where(*others, *same))]


def _detail(details: ColumnElement[object], name: str) -> ColumnElement[str]:
    detail: ColumnElement[str] = func.coalesce(details[name].as_string(), "")
    return detail
