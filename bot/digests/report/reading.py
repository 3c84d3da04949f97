"""What a digest says, read for all that need it together: one scan of Autumn serves them."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from bot.autumn.environment import Environment
from bot.digests import rows, sections
from bot.digests.delivery import runs
from bot.digests.model import Digest, Figures, Run, RunState, Schedule, Wanted
from bot.digests.report.build import report
from bot.digests.report.model import Report, RowQuery
from bot.digests.scan.repository import Scan
from bot.digests.scan.scanner import ReportProgress, ScanFailed, Scanner
from bot.digests.schedule import Window, window
from bot.runtime import Runtime
from bot.store.database import Database, unbroken
from bot.store.tables import digest_runs, digests

BEFORE_DUE = timedelta(minutes=5)
"""A scan may have begun so long before a digest is due, and serve it."""
OLDEST = timedelta(minutes=30)
"""What a digest that comes late is made from was begun so long ago at most."""
RECENT = timedelta(minutes=5)
"""The same, for somebody who asks."""


class Reading:
    def __init__(self, runtime: Runtime, scanner: Scanner) -> None:
        self._database = runtime.database
        self._env = runtime.environment
        self._now = runtime.now
        self._scanner = scanner
        self._turn = asyncio.Lock()
        self._failed: tuple[datetime, ScanFailed] | None = None

    async def of_run(
        self, run: Run, digest: Digest, watch: ReportProgress | None, *, before: Figures | None
    ) -> tuple[Report, RowQuery]:
        """What the post of a run says, and where its lists begin. Raises ScanFailed."""
        begun = self._now()
        # Fixed before waiting; otherwise a scan slower than its maximum age could never qualify.
        not_before = max(run.due, begun - OLDEST + BEFORE_DUE) - BEFORE_DUE
        covered = await runs.covered(self._database, digest.id)
        need = _need(digest.schedule, digest.wanted, due=run.due, now=begun, covered=covered)
        others = await _due_by(self._database, self._env, begun + BEFORE_DUE, now=begun)
        scan = await self._scanned(need.together(others), not_before, begun, watch)
        found = window(
            digest.schedule, due=run.due, read_at=scan.started_at, days=digest.wanted.days, covered=covered
        )
        return await self._report(scan, digest.wanted, digest.schedule.zone, before=before, window=found)

    async def of_digest(
        self, digest: Digest, watch: ReportProgress | None, *, before: Figures | None
    ) -> tuple[Report, RowQuery]:
        """What a digest would say now, without a run. Raises ScanFailed."""
        now = self._now()
        covered = await runs.covered(self._database, digest.id)
        need = _need(digest.schedule, digest.wanted, due=now, now=now, covered=covered)
        scan = await self._scan(need, now - RECENT, watch)
        found = window(
            digest.schedule, due=now, read_at=scan.started_at, days=digest.wanted.days, covered=covered
        )
        return await self._report(scan, digest.wanted, digest.schedule.zone, before=before, window=found)

    async def ahead(self, wanted: Wanted, zone: str, watch: ReportProgress | None) -> tuple[Report, RowQuery]:
        """For somebody who asks what comes, without a digest. Raises ScanFailed."""
        now = self._now()
        need = _Need(now + timedelta(days=wanted.days), None, sections.with_previews(wanted.sections))
        scan = await self._scan(need, now - RECENT, watch)
        return await self._report(scan, wanted, zone, before=None, window=None)

    async def _report(
        self, scan: Scan, wanted: Wanted, zone: str, *, before: Figures | None, window: Window | None
    ) -> tuple[Report, RowQuery]:
        made = await report(self._database, scan, wanted, zone=zone, before=before, window=window)
        query = RowQuery(
            scan=scan.id,
            days=wanted.days,
            start=window.start if window else None,
            end=window.end if window else None,
            plans=tuple(sorted(wanted.plans)),
            minimum=wanted.minimum,
            zone=zone,
        )
        return made, query

    async def _scanned(
        self, need: "_Need", not_before: datetime, begun: datetime, watch: ReportProgress | None
    ) -> Scan:
        if watch is not None:
            return await self._scan(need, not_before, watch)
        # Only one caller waits for the scan; the rest find it done.
        async with self._turn:
            if self._failed is not None and self._failed[0] >= begun:
                raise self._failed[1]
            try:
                return await self._scan(need, not_before, None)
            except ScanFailed as failed:
                self._failed = self._now(), failed
                raise

    async def _scan(self, need: "_Need", not_before: datetime, watch: ReportProgress | None) -> Scan:
        return await self._scanner.scan(
            horizon=need.horizon,
            previews=need.previews,
            not_before=not_before,
            since=need.since,
            progress=watch,
        )


@dataclass(frozen=True, slots=True)
class _Need:
    """What a scan has to be about."""

    horizon: datetime
    since: datetime | None
    """None: nothing before it begins."""
    previews: bool

    def together(self, others: Iterable["_Need"]) -> "_Need":
        needs = [self, *others]
        return _Need(
            horizon=max(need.horizon for need in needs),
            since=min((need.since for need in needs if need.since is not None), default=None),
            previews=any(need.previews for need in needs),
        )


def _need(
    schedule: Schedule, wanted: Wanted, *, due: datetime, now: datetime, covered: datetime | None
) -> _Need:
    found = window(schedule, due=due, read_at=now, days=wanted.days, covered=covered)
    return _Need(found.end, found.start, sections.with_previews(wanted.sections))


@unbroken
async def _due_by(database: Database, env: Environment, until: datetime, *, now: datetime) -> list[_Need]:
    """What the digests need that are due by then or under way."""
    claimed = (
        select(digest_runs.c.digest_id, func.min(digest_runs.c.due).label("due"))
        .where(digest_runs.c.state == RunState.CLAIMED)
        .group_by(digest_runs.c.digest_id)
        .subquery()
    )
    due = (digests.c.state == "active") & (digests.c.next_due <= until)
    needed = (
        select(digests, claimed.c.due.label("run_due"), runs.COVERED.c.until.label("covered"))
        .outerjoin(claimed, claimed.c.digest_id == digests.c.id)
        .outerjoin(runs.COVERED, runs.COVERED.c.digest_id == digests.c.id)
        .where(digests.c.env == env, or_(due, claimed.c.due.is_not(None)))
    )
    async with database.reading() as connection:
        found = (await connection.execute(needed)).all()
    needs = []
    for row in found:
        digest = rows.digest(row)
        needs.append(
            _need(
                digest.schedule,
                digest.wanted,
                due=row.run_due or digest.next_due,
                now=now,
                covered=row.covered,
            )
        )
    return needs
