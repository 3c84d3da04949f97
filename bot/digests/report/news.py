"""What has come and gone in a section since the previous digest, by comparing two scans."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.digests import items
from bot.digests.model import DigestContent
from bot.digests.report import row_query
from bot.digests.report.model import CUSTOMERS, News
from bot.digests.report.row_query import RowFilter
from bot.digests.scan.repository import Scan
from bot.digests.schedule import Window
from bot.digests.sections.section import DigestSection
from bot.store.tables import digest_items

_NAMED = 3
"""Rows that are named."""


@dataclass(frozen=True, slots=True)
class NewsReader:
    """`current`, `previous`: the rows of the two scans, filtered alike."""

    current: RowFilter
    previous: RowFilter
    missing: frozenset[str]
    """What one of the two scans could not read."""

    @classmethod
    async def of(
        cls, connection: AsyncConnection, scans: tuple[Scan, Scan], content: DigestContent, window: Window
    ) -> "NewsReader":
        """`scans`: the current one and the previous digest's."""
        filters = [
            await RowFilter.of(connection, scan.id, window, plans=content.plans, minimum=content.minimum)
            for scan in scans
        ]
        missing = frozenset(name for scan in scans for name in scan.missing)
        return cls(filters[0], filters[1], missing)

    async def read(self, connection: AsyncConnection, section: DigestSection) -> News | None:
        """None for a section that is not tracked, or was not read completely."""
        if not section.tracked or not self.missing.isdisjoint({CUSTOMERS, section.key}):
            return None
        new_count, new = await _only_in(connection, section, self.current, self.previous)
        settled_count, settled = await _only_in(connection, section, self.previous, self.current)
        return News(new_count, new, settled_count, settled)


async def _only_in(
    connection: AsyncConnection, section: DigestSection, rows: RowFilter, others: RowFilter
) -> tuple[int, tuple[items.ReportItem, ...]]:
    """How many of the rows are not among the others, and the oldest of them."""
    other = digest_items.alias("other")
    same: Sequence[ColumnElement[bool]] = (
        other.c.scan_id == others.scan_id,
        other.c.section == digest_items.c.section,
        other.c.customer_id == digest_items.c.customer_id,
        other.c.plans == digest_items.c.plans,
        _invoice(other.c.details) == _invoice(digest_items.c.details),
    )
    where = [
        *rows.where(section),
        # Rows of customers without an id cannot be recognised.
        digest_items.c.customer_id.is_not(None),
        ~exists(select(other.c.id).where(*same)),
    ]
    first = select(digest_items).where(*where).order_by(*row_query.ORDER).limit(_NAMED)
    named = tuple(map(row_query.read_item, await connection.execute(first)))
    return await row_query.count_rows(connection, where), named


def _invoice(details: ColumnElement[object]) -> ColumnElement[str]:
    invoice: ColumnElement[str] = func.coalesce(details[items.INVOICE].as_string(), "")
    return invoice
