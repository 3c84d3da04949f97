"""The verbs of reading Autumn for digests: begin, go on, finish, fail.

One process reads at a time for everybody. Who reads holds a lease, and what it writes is guarded by it: who
lost the lease to somebody else can do nothing more.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, delete, false, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.autumn.environment import Environment
from bot.digests import sections
from bot.digests.items import ScannedCustomer, StoredItem
from bot.digests.sections import invoices
from bot.store.database import Database, unbroken
from bot.store.tables import digest_items, digest_scans
from bot.store.upsert import insert

_AT_A_TIME = 40
"""Rows in one statement: while they are made ready the event loop does nothing else."""
_MILLION = 1_000_000


_RUNNING, _DONE, _FAILED = "running", "done", "failed"
_SINCE = func.coalesce(digest_scans.c.since, digest_scans.c.started_at)


@dataclass(frozen=True, slots=True)
class Scan:
    """What was read of Autumn; its items are in the database."""

    id: str
    started_at: datetime
    finished_at: datetime | None
    """None while it is being read."""
    since: datetime
    """What was due from then on was read: `started_at`, or before it, to make up for time since a digest."""
    horizon: datetime
    """What is due until then was read."""
    previews: bool
    """Whether the amounts of invoices to come are Autumn's own, as far as it told."""
    customers: int
    previewed: int
    to_preview: int
    missing: tuple[str, ...]
    """What could not be read: see `findings.Report.missing`."""


@dataclass(frozen=True, slots=True)
class Progress:
    customers: int = 0
    """Customers read so far."""
    previewed: int = 0
    to_preview: int = 0
    """0 until that is known."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a scan that somebody waited for ended."""

    failed: bool
    said: str
    """Why it failed; empty when its process died or was stopped."""


@dataclass(frozen=True, slots=True)
class HeldScan:
    """A scan that the holder reads, under a lease."""

    id: str
    by: str
    started_at: datetime
    horizon: datetime
    since: datetime


class Lost(Exception):
    """The lease lapsed, and somebody else took the scan to be dead."""


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """What somebody needs of a scan."""

    env: Environment
    horizon: datetime
    """What is due until then must have been read."""
    previews: bool
    not_before: datetime
    """When it may have begun, at the earliest."""
    since: datetime | None = None
    """What was due from then on must have been read; None: from when it began."""

    def met_by(self, scan: Scan) -> bool:
        """Whether one that is being read will do."""
        far = scan.horizon >= self.horizon and scan.started_at >= self.not_before
        far = far and (self.since is None or scan.since <= self.since)
        return far and (scan.previews or not self.previews)


@unbroken
async def usable(database: Database, wish: ScanRequest) -> Scan | None:
    """The newest scan that is done and says all that is wanted."""
    async with database.reading() as connection:
        return await _usable(connection, wish)


async def _usable(connection: AsyncConnection, wish: ScanRequest) -> Scan | None:
    wanted = (
        select(digest_scans)
        .where(
            digest_scans.c.env == wish.env,
            digest_scans.c.state == _DONE,
            digest_scans.c.started_at >= wish.not_before,
            digest_scans.c.horizon >= wish.horizon,
            *((digest_scans.c.previews,) if wish.previews else ()),
            *(() if wish.since is None else (wish.since >= _SINCE,)),
        )
        .order_by(digest_scans.c.started_at.desc(), digest_scans.c.id)
        .limit(1)
    )
    row = (await connection.execute(wanted)).one_or_none()
    return None if row is None else _scan(row)


async def known(connection: AsyncConnection, scan_id: str) -> Scan | None:
    """None: it is not kept any more."""
    found = await connection.execute(select(digest_scans).where(digest_scans.c.id == scan_id))
    row = found.one_or_none()
    return None if row is None else _scan(row)


@unbroken
async def running(database: Database, env: Environment) -> Scan | None:
    """The one that is being read now."""
    wanted = select(digest_scans).where(digest_scans.c.env == env, digest_scans.c.state == _RUNNING)
    async with database.reading() as connection:
        row = (await connection.execute(wanted)).one_or_none()
    return None if row is None else _scan(row)


@unbroken
async def look(database: Database, scan_id: str, *, now: datetime) -> Progress | Ended:
    """How far it is, or how it ended. One whose lease lapsed has ended: its process is taken to be dead."""
    wanted = select(digest_scans).where(digest_scans.c.id == scan_id)
    async with database.reading() as connection:
        row = (await connection.execute(wanted)).one_or_none()
    if row is None or (row.state == _RUNNING and row.lease_until < now):
        return Ended(True, "")
    if row.state == _RUNNING:
        return Progress(row.customers, row.previewed, row.to_preview)
    return Ended(row.state == _FAILED, row.said)


@unbroken
async def begin(
    database: Database, wish: ScanRequest, *, spare: timedelta, by: str, lease: timedelta, now: datetime
) -> HeldScan | Scan | None:
    """A new one, the caller's to read, which looks by `spare` further than wished; or one that will do, done
    this moment. None: another is being read by a process that is alive."""
    since = now if wish.since is None else min(wish.since, now)
    values: dict[str, Any] = {
        "id": secrets.token_hex(8),
        "env": wish.env,
        "state": _RUNNING,
        "horizon": wish.horizon + spare,
        "previews": wish.previews,
        "started_at": now,
        "since": since,
        "lease_by": by,
        "lease_until": now + lease,
        "customers": 0,
        "previewed": 0,
        "to_preview": 0,
        "missing": [],
        "said": "",
    }
    async with database.writing() as connection:
        await connection.execute(
            update(digest_scans)
            .where(
                digest_scans.c.env == wish.env,
                digest_scans.c.state == _RUNNING,
                digest_scans.c.lease_until < now,
            )
            .values(_over(_FAILED, now))
        )
        made = insert(connection, digest_scans, values).on_conflict_do_nothing()
        if (await connection.execute(made.returning(digest_scans.c.id))).one_or_none() is None:
            return None
        # Whoever was reading is through now, perhaps since this was last looked for.
        done = await _usable(connection, wish)
        if done is None:
            return HeldScan(values["id"], by, now, values["horizon"], since)
        await connection.execute(delete(digest_scans).where(digest_scans.c.id == values["id"]))
        return done


async def go_on(
    connection: AsyncConnection, held: HeldScan, *, lease: timedelta, now: datetime, **counts: Any
) -> None:
    """Renews the lease, as part of a transaction that writes something. Raises Lost."""
    await _guarded(connection, held, {"lease_until": now + lease, **counts})


@unbroken
async def renew(
    database: Database, held: HeldScan, *, lease: timedelta, now: datetime, **counts: Any
) -> None:
    """Raises Lost."""
    async with database.writing() as connection:
        await go_on(connection, held, lease=lease, now=now, **counts)


@unbroken
async def finish(database: Database, held: HeldScan, *, missing: Sequence[str], now: datetime) -> Scan:
    """Raises Lost."""
    async with database.writing() as connection:
        await _guarded(connection, held, {**_over(_DONE, now), "missing": list(missing)})
        scan = await known(connection, held.id)
    assert scan is not None  # noqa: S101 - it was just written
    return scan


@unbroken
async def fail(database: Database, held: HeldScan, *, said: str, now: datetime) -> None:
    """Raises Lost."""
    async with database.writing() as connection:
        await _guarded(connection, held, {**_over(_FAILED, now), "said": said})


def _over(state: str, now: datetime) -> dict[str, Any]:
    return {"state": state, "finished_at": now, "lease_by": None, "lease_until": None}


async def _guarded(connection: AsyncConnection, held: HeldScan, values: dict[str, Any]) -> None:
    changed = await connection.execute(
        update(digest_scans)
        .where(
            digest_scans.c.id == held.id, digest_scans.c.state == _RUNNING, digest_scans.c.lease_by == held.by
        )
        .values(values)
        .returning(digest_scans.c.id)
    )
    if changed.one_or_none() is None:
        raise Lost


def _scan(row: Row[Any]) -> Scan:
    return Scan(
        id=row.id,
        started_at=row.started_at,
        since=row.since or row.started_at,
        finished_at=row.finished_at,
        horizon=row.horizon,
        previews=row.previews,
        customers=row.customers,
        previewed=row.previewed,
        to_preview=row.to_preview,
        missing=tuple(row.missing),
    )


@dataclass(frozen=True, slots=True)
class ScanWriter:
    """What a scan writes. Each verb that writes renews the lease, and raises Lost when that is gone."""

    database: Database
    held: HeldScan
    lease: timedelta

    async def renew(self, *, now: datetime, **counts: int) -> None:
        await renew(self.database, self.held, lease=self.lease, now=now, **counts)

    @unbroken
    async def add(self, rows: Sequence[StoredItem], *, now: datetime, **counts: int) -> None:
        """Rows, and how far the scan is."""
        async with self.database.writing() as connection:
            await self._go_on(connection, now, **counts)
            await self._insert(connection, rows)

    @unbroken
    async def name(self, customers: Mapping[str, ScannedCustomer], *, now: datetime) -> None:
        """Fills in the names and addresses of unpaid invoices' customers; `customers` by their id."""
        unpaid = (
            digest_items.c.scan_id == self.held.id,
            # Not `in_`: it cannot be expanded in a statement that is executed many times.
            or_(false(), *(digest_items.c.section == key for key in sections.from_invoices())),
        )
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
    async def largest(self, most: int) -> list[ScannedCustomer]:
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
            return [ScannedCustomer(row.customer_id, row.customer, row.email) for row in found]

    @unbroken
    async def settle(self, customer_id: str, rows: Sequence[StoredItem] | None, *, now: datetime) -> None:
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
        return digest_items.c.scan_id == self.held.id, digest_items.c.section == invoices.SECTION.key

    async def _go_on(self, connection: AsyncConnection, now: datetime, **counts: Any) -> None:
        await go_on(connection, self.held, lease=self.lease, now=now, **counts)

    async def _insert(self, connection: AsyncConnection, rows: Sequence[StoredItem]) -> None:
        for first in range(0, len(rows), _AT_A_TIME):
            several = [{**row, "scan_id": self.held.id} for row in rows[first : first + _AT_A_TIME]]
            await connection.execute(digest_items.insert(), several)
