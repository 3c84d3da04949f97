"""What a digest says, read for all that need it together: one scan of Autumn serves them."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from bot.approvals.rules import Environment
from bot.digests.carried import Watch
from bot.digests.findings import Query, Report
from bot.digests.model import Digest, Figures, Run, RunState, Section, Wanted
from bot.digests.report import report
from bot.digests.scan import ScanFailed, Scanner
from bot.digests.scans import Scan
from bot.store.database import Database, unbroken
from bot.store.tables import digest_runs, digests

BEFORE_DUE = timedelta(minutes=5)
"""A scan may have begun so long before a digest is due, and serve it."""
OLDEST = timedelta(minutes=30)
"""What a digest that comes late is made from was begun so long ago at most."""
RECENT = timedelta(minutes=5)
"""The same, for somebody who asks."""


class Reading:
    def __init__(
        self, *, database: Database, scanner: Scanner, env: Environment, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._scanner = scanner
        self._env = env
        self._now = now
        self._turn = asyncio.Lock()
        self._failed: tuple[datetime, ScanFailed] | None = None

    async def scan(self, run: Run, digest: Digest, watch: Watch | None) -> Scan:
        """For a run. Raises ScanFailed."""
        begun = self._now()
        # Settled before waiting: a scan that takes longer than it may be old would else never do.
        not_before = max(run.due, begun - OLDEST + BEFORE_DUE) - BEFORE_DUE
        days, previews = await _together(self._database, self._env, begun + BEFORE_DUE, digest.wanted)
        if watch is not None:
            return await self._scan(days, previews, not_before, watch)
        # One at a time asks for it, and the others find it read: not each of them has to look for its end.
        async with self._turn:
            if self._failed is not None and self._failed[0] >= begun:
                raise self._failed[1]
            try:
                return await self._scan(days, previews, not_before, None)
            except ScanFailed as failed:
                self._failed = self._now(), failed
                raise

    async def asked_for(
        self, wanted: Wanted, zone: str, watch: Watch | None, *, before: Figures | None = None
    ) -> tuple[Report, Query]:
        """For somebody who asks, without a run. Raises ScanFailed."""
        previews = Section.INVOICES in wanted.sections
        scan = await self._scan(wanted.days, previews, self._now() - RECENT, watch)
        return await self.report(scan, wanted, zone, before=before)

    async def report(
        self, scan: Scan, wanted: Wanted, zone: str, *, before: Figures | None
    ) -> tuple[Report, Query]:
        """What it says, and where its lists begin."""
        made = await report(self._database, scan, wanted, zone=zone, before=before)
        query = Query(
            scan=scan.id,
            days=wanted.days,
            plans=tuple(sorted(wanted.plans)),
            minimum=wanted.minimum,
            zone=zone,
        )
        return made, query

    async def _scan(self, days: int, previews: bool, not_before: datetime, watch: Watch | None) -> Scan:
        horizon = self._now() + timedelta(days=days)
        return await self._scanner.scan(
            horizon=horizon, previews=previews, not_before=not_before, progress=watch
        )


@unbroken
async def _together(
    database: Database, env: Environment, until: datetime, wanted: Wanted
) -> tuple[int, bool]:
    """How many days ahead, and whether with amounts, all need together that are due by then or under way."""
    under_way = select(digest_runs.c.digest_id).where(digest_runs.c.state == RunState.CLAIMED)
    due = (digests.c.state == "active") & (digests.c.next_due <= until)
    needed = select(digests.c.days, digests.c.sections).where(
        digests.c.env == env, or_(due, digests.c.id.in_(under_way))
    )
    async with database.reading() as connection:
        found = (await connection.execute(needed)).all()
    days = max([wanted.days, *(row.days for row in found)])
    sections = wanted.sections.union(*(row.sections for row in found))
    return days, Section.INVOICES in sections
