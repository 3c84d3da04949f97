"""How items get into the database while a scan reads them: in short transactions, each under its lease."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.digests.model import Section
from bot.digests.scan import repository as scans
from bot.digests.scan.items import Stored, Whose
from bot.digests.scan.repository import HeldScan
from bot.store.database import Database, unbroken
from bot.store.tables import digest_items, digest_scans

_AT_A_TIME = 40
"""Rows in one statement: while they are made ready the event loop does nothing else."""
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Keeper:
    """What a scan writes. Each verb that writes renews the lease, and raises Lost when that is gone."""

    database: Database
    held: HeldScan
    lease: timedelta

    async def renew(self, *, now: datetime, **counts: int) -> None:
        await scans.renew(self.database, self.held, lease=self.lease, now=now, **counts)

    @unbroken
    async def add(self, rows: Sequence[Stored], *, now: datetime, **counts: int) -> None:
        """Rows, and how far the scan is."""
        async with self.database.writing() as connection:
            await self._go_on(connection, now, **counts)
            await self._insert(connection, rows)

    @unbroken
    async def name(self, customers: Mapping[str, Whose], *, now: datetime) -> None:
        """Fills in the names and addresses of unpaid invoices' customers; `customers` by their id."""
        unpaid = (digest_items.c.scan_id == self.held.id, digest_items.c.section == Section.UNPAID)
        theirs = select(digest_items.c.customer_id).where(*unpaid, digest_items.c.customer_id.in_(customers))
        async with self.database.reading() as connection:
            found = (await connection.execute(theirs.distinct())).scalars().all()
        if not found:
            return
        async with self.database.writing() as connection:
            await self._go_on(connection, now)
            await connection.execute(
                update(digest_items)
                .where(*unpaid, digest_items.c.customer_id == bindparam("whose"))
                .values(customer=bindparam("called"), email=bindparam("address")),
                [
                    {"whose": one, "called": customers[one].name, "address": customers[one].email}
                    for one in found
                ],
            )

    @unbroken
    async def largest(self, most: int) -> list[Whose]:
        """Customers with an id and estimates, those with the most to pay first."""
        coming = digest_items.c.at >= self.held.started_at
        total = func.coalesce(func.sum(digest_items.c.amount // _MILLION), 0)
        wanted = (
            select(
                digest_items.c.customer_id,
                func.min(digest_items.c.customer).label("customer"),
                func.min(digest_items.c.email).label("email"),
            )
            .where(*self._invoices(), coming, digest_items.c.customer_id.is_not(None))
            .group_by(digest_items.c.customer_id)
            .order_by(total.desc(), digest_items.c.customer_id)
            .limit(most)
        )
        async with self.database.reading() as connection:
            found = await connection.execute(wanted)
            return [Whose(row.customer_id, row.customer, row.email) for row in found]

    @unbroken
    async def settle(self, customer_id: str, rows: Sequence[Stored] | None, *, now: datetime) -> None:
        """Puts what Autumn says in the place of a customer's estimates; None: they stay."""
        async with self.database.writing() as connection:
            await self._go_on(connection, now, previewed=digest_scans.c.previewed + 1)
            if rows is None:
                return
            await connection.execute(
                delete(digest_items).where(
                    *self._invoices(),
                    digest_items.c.customer_id == customer_id,
                    digest_items.c.at >= self.held.started_at,
                )
            )
            await self._insert(connection, rows)

    def _invoices(self) -> tuple[ColumnElement[bool], ...]:
        return digest_items.c.scan_id == self.held.id, digest_items.c.section == Section.INVOICES

    async def _go_on(self, connection: AsyncConnection, now: datetime, **counts: Any) -> None:
        await scans.go_on(connection, self.held, lease=self.lease, now=now, **counts)

    async def _insert(self, connection: AsyncConnection, rows: Sequence[Stored]) -> None:
        for first in range(0, len(rows), _AT_A_TIME):
            several = [{**row, "scan_id": self.held.id} for row in rows[first : first + _AT_A_TIME]]
            await connection.execute(insert(digest_items), several)
