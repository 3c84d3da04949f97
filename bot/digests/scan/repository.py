"""Starts, continues and ends scans of Autumn.

One process reads at a time, for all. It holds a lease that guards everything it writes: once it has lost the
lease, it can write nothing more.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, delete, false, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.autumn.models import Environment
from bot.digests import sections
from bot.digests.items import ONLY_IF_NAMED, ScannedCustomer, StoredItem, join_plans
from bot.digests.sections import invoices
from bot.store.database import Database, insert, unbroken
from bot.store.tables import digest_items, digest_scans

_AT_A_TIME = 40
"""Rows in one statement. The event loop does nothing else while they are prepared."""
_MILLION = 1_000_000

_RUNNING, _DONE, _FAILED = "running", "done", "failed"
_SINCE = func.coalesce(digest_scans.c.since, digest_scans.c.started_at)


@dataclass(frozen=True, slots=True)
class Scan:
    """One reading of Autumn; its items are in the database."""

    id: str
    started_at: datetime
    finished_at: datetime | None
    """None while it runs."""
    since: datetime
    """It covers the time from then on: `started_at`, or earlier to reach back to the last digest."""
    horizon: datetime
    """It covers the time until then."""
    previews: bool
    """Whether Autumn was asked for the amounts of upcoming invoices."""
    customers: int
    previewed: int
    to_preview: int
    missing: tuple[str, ...]
    """What could not be read: see `Report.missing`."""


@dataclass(frozen=True, slots=True)
class Progress:
    customers: int = 0
    """Customers read so far."""
    previewed: int = 0
    to_preview: int = 0
    """0 until it is known."""


@dataclass(frozen=True, slots=True)
class ScanEnd:
    """How a scan ended."""

    failed: bool
    error: str
    """The name of the error; empty if its process died or was stopped."""


@dataclass(frozen=True, slots=True)
class HeldScan:
    """A running scan, and who holds its lease."""

    id: str
    by: str
    started_at: datetime
    horizon: datetime
    since: datetime


class LeaseLost(Exception):
    """The lease lapsed, and another process considered the scan dead."""


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """What a caller needs from a scan."""

    env: Environment
    horizon: datetime
    """It must cover the time until then."""
    previews: bool
    not_before: datetime
    """The earliest it may have started."""
    since: datetime | None = None
    """It must cover the time from then on; None: from when it started."""

    def met_by(self, scan: Scan) -> bool:
        """Whether a running scan will do."""
        return (
            scan.horizon >= self.horizon
            and scan.started_at >= self.not_before
            and (self.since is None or scan.since <= self.since)
            and (scan.previews or not self.previews)
        )


@unbroken
async def usable(database: Database, request: ScanRequest) -> Scan | None:
    """The newest scan that is done and says everything the request needs."""
    async with database.reading() as connection:
        return await _usable(connection, request)


async def _usable(connection: AsyncConnection, request: ScanRequest) -> Scan | None:
    query = (
        select(digest_scans)
        .where(
            digest_scans.c.env == request.env,
            digest_scans.c.state == _DONE,
            digest_scans.c.started_at >= request.not_before,
            digest_scans.c.horizon >= request.horizon,
            *((digest_scans.c.previews,) if request.previews else ()),
            *(() if request.since is None else (request.since >= _SINCE,)),
        )
        .order_by(digest_scans.c.started_at.desc(), digest_scans.c.id)
        .limit(1)
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _scan(row)


async def scan_by_id(connection: AsyncConnection, scan_id: str) -> Scan | None:
    """None if it is not kept any more."""
    scan_rows = await connection.execute(select(digest_scans).where(digest_scans.c.id == scan_id))
    row = scan_rows.one_or_none()
    return None if row is None else _scan(row)


@unbroken
async def find(database: Database, scan_id: str) -> Scan | None:
    """None if it is not kept any more."""
    async with database.reading() as connection:
        return await scan_by_id(connection, scan_id)


@unbroken
async def running(database: Database, env: Environment) -> Scan | None:
    """The scan that is running now."""
    query = select(digest_scans).where(digest_scans.c.env == env, digest_scans.c.state == _RUNNING)
    async with database.reading() as connection:
        row = (await connection.execute(query)).one_or_none()
    return None if row is None else _scan(row)


@unbroken
async def progress(database: Database, scan_id: str, *, now: datetime) -> Progress | ScanEnd:
    """A scan's progress, or how it ended. If its lease has lapsed it has ended: its process is dead."""
    query = select(digest_scans).where(digest_scans.c.id == scan_id)
    async with database.reading() as connection:
        row = (await connection.execute(query)).one_or_none()
    if row is None or (row.state == _RUNNING and row.lease_until < now):
        return ScanEnd(True, "")
    if row.state == _RUNNING:
        return Progress(row.customers, row.previewed, row.to_preview)
    return ScanEnd(row.state == _FAILED, row.said)


@unbroken
async def begin(
    database: Database, request: ScanRequest, *, spare: timedelta, by: str, lease: timedelta, now: datetime
) -> HeldScan | Scan | None:
    """Starts a scan that the caller has to read and that reaches `spare` further than requested; or answers
    one that will do and has just finished. None if another process is reading."""
    since = now if request.since is None else min(request.since, now)
    values: dict[str, Any] = {
        "id": secrets.token_hex(8),
        "env": request.env,
        "state": _RUNNING,
        "horizon": request.horizon + spare,
        "previews": request.previews,
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
                digest_scans.c.env == request.env,
                digest_scans.c.state == _RUNNING,
                digest_scans.c.lease_until < now,
            )
            .values(_ended(_FAILED, now))
        )
        added = insert(connection, digest_scans, values).on_conflict_do_nothing()
        if (await connection.execute(added.returning(digest_scans.c.id))).one_or_none() is None:
            return None
        # The previous scan may have finished since we last checked.
        finished = await _usable(connection, request)
        if finished is None:
            return HeldScan(values["id"], by, now, values["horizon"], since)
        await connection.execute(delete(digest_scans).where(digest_scans.c.id == values["id"]))
        return finished


@unbroken
async def finish(database: Database, held: HeldScan, *, missing: Sequence[str], now: datetime) -> Scan:
    """Raises LeaseLost."""
    async with database.writing() as connection:
        await _guarded(connection, held, {**_ended(_DONE, now), "missing": list(missing)})
        scan = await scan_by_id(connection, held.id)
    assert scan is not None  # noqa: S101 - it was just written
    return scan


@unbroken
async def fail(database: Database, held: HeldScan, *, error: str, now: datetime) -> None:
    """Raises LeaseLost."""
    async with database.writing() as connection:
        await _guarded(connection, held, {**_ended(_FAILED, now), "said": error})


def _ended(state: str, now: datetime) -> dict[str, Any]:
    return {"state": state, "finished_at": now, "lease_by": None, "lease_until": None}


async def _guarded(connection: AsyncConnection, held: HeldScan, values: dict[str, Any]) -> None:
    updated = await connection.execute(
        update(digest_scans)
        .where(
            digest_scans.c.id == held.id, digest_scans.c.state == _RUNNING, digest_scans.c.lease_by == held.by
        )
        .values(values)
        .returning(digest_scans.c.id)
    )
    if updated.one_or_none() is None:
        raise LeaseLost


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
    """Writes what a scan reads. Every write renews the lease, and raises LeaseLost if that is gone."""

    database: Database
    held: HeldScan
    lease: timedelta

    @unbroken
    async def renew(self, *, now: datetime, **counts: int) -> None:
        async with self.database.writing() as connection:
            await self._renew(connection, now, **counts)

    @unbroken
    async def add(self, rows: Sequence[StoredItem], *, now: datetime, **counts: int) -> None:
        """Adds rows, and stores the progress."""
        async with self.database.writing() as connection:
            await self._renew(connection, now, **counts)
            await self._insert(connection, rows)

    @unbroken
    async def fill_in_names(self, customers: Mapping[str, ScannedCustomer], *, now: datetime) -> None:
        """Fills in the names and emails of unpaid invoices' customers; `customers` by their id."""
        unpaid = (
            digest_items.c.scan_id == self.held.id,
            # Not `in_`, which cannot be expanded in a statement that is executed many times.
            or_(false(), *(digest_items.c.section == key for key in sections.from_invoices())),
        )
        customers_with_unpaid = select(digest_items.c.customer_id).where(
            *unpaid, digest_items.c.customer_id.in_(customers)
        )
        async with self.database.reading() as connection:
            unpaid_ids = (await connection.execute(customers_with_unpaid.distinct())).scalars().all()
        if not unpaid_ids:
            return
        async with self.database.writing() as connection:
            await self._renew(connection, now)
            await connection.execute(
                update(digest_items)
                .where(*unpaid, digest_items.c.customer_id == bindparam("unpaid_id"))
                .values(customer=bindparam("name"), email=bindparam("address")),
                [
                    {
                        "unpaid_id": customer_id,
                        "name": customers[customer_id].name,
                        "address": customers[customer_id].email,
                    }
                    for customer_id in unpaid_ids
                ],
            )

    @unbroken
    async def largest(self, most: int) -> list[ScannedCustomer]:
        """Customers with an id and estimates, the largest totals first."""
        total = func.coalesce(func.sum(digest_items.c.amount // _MILLION), 0)
        query = (
            select(
                digest_items.c.customer_id,
                func.min(digest_items.c.customer).label("customer"),
                func.min(digest_items.c.email).label("email"),
            )
            .where(*self._upcoming(), digest_items.c.customer_id.is_not(None))
            .group_by(digest_items.c.customer_id)
            .order_by(total.desc(), digest_items.c.customer_id)
            .limit(most)
        )
        async with self.database.reading() as connection:
            customer_rows = await connection.execute(query)
            return [ScannedCustomer(row.customer_id, row.customer, row.email) for row in customer_rows]

    @unbroken
    async def replace_estimates(
        self,
        customer_id: str,
        rows: Sequence[StoredItem] | None,
        *,
        named: Collection[str] = (),
        now: datetime,
    ) -> None:
        """Replaces a customer's estimates by Autumn's previews; None keeps them. `named`: the products in
        previews of any date."""
        async with self.database.writing() as connection:
            await self._renew(connection, now, previewed=digest_scans.c.previewed + 1)
            if rows is None:
                return
            await connection.execute(
                delete(digest_items).where(
                    *self._upcoming(),
                    digest_items.c.customer_id == customer_id,
                    or_(
                        digest_items.c.details[ONLY_IF_NAMED].as_boolean().is_(None),
                        digest_items.c.plans.in_([join_plans([plan_id]) for plan_id in named]),
                    ),
                )
            )
            await self._insert(connection, rows)

    def _upcoming(self) -> tuple[ColumnElement[bool], ...]:
        at = digest_items.c.at
        return (
            digest_items.c.scan_id == self.held.id,
            digest_items.c.section == invoices.SECTION.key,
            or_(at >= self.held.started_at, at.is_(None)),
        )

    async def _renew(self, connection: AsyncConnection, now: datetime, **counts: Any) -> None:
        await _guarded(connection, self.held, {"lease_until": now + self.lease, **counts})

    async def _insert(self, connection: AsyncConnection, rows: Sequence[StoredItem]) -> None:
        for first in range(0, len(rows), _AT_A_TIME):
            batch = [{**row, "scan_id": self.held.id} for row in rows[first : first + _AT_A_TIME]]
            await connection.execute(digest_items.insert(), batch)
