"""Reports for digests and for people who ask, from one scan of Autumn for all that are due together."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from bot.autumn.models import Environment
from bot.digests import rows, sections
from bot.digests.delivery import runs
from bot.digests.model import Digest, DigestContent, Run, RunState, Schedule
from bot.digests.report.build import report
from bot.digests.report.model import Report, RowQuery
from bot.digests.scan import repository as scans
from bot.digests.scan.repository import Scan
from bot.digests.scan.scanner import ReportProgress, ScanFailed, Scanner
from bot.digests.schedule import Window, window
from bot.runtime import Runtime
from bot.store.database import Database, unbroken
from bot.store.tables import digest_runs, digests

BEFORE_DUE = timedelta(minutes=5)
"""A digest may use a scan that was started this long before it is due."""
OLDEST = timedelta(minutes=30)
"""The oldest scan that a late digest may use."""
RECENT = timedelta(minutes=5)
"""The oldest scan for a person who asks."""


class ReportReader:
    def __init__(self, runtime: Runtime, scanner: Scanner) -> None:
        self._database = runtime.database
        self._env = runtime.environment
        self._now = runtime.now
        self._scanner = scanner
        self._scan_lock = asyncio.Lock()
        self._last_failure: tuple[datetime, ScanFailed] | None = None

    async def of_run(
        self, run: Run, digest: Digest, report_progress: ReportProgress | None, *, previous: Run | None
    ) -> tuple[Report, RowQuery]:
        """What a run's post says, and the query for its rows. Raises ScanFailed."""
        began = self._now()
        # Fix the cutoff before waiting; otherwise a scan slower than its maximum age could never qualify.
        not_before = max(run.due, began - OLDEST + BEFORE_DUE) - BEFORE_DUE
        covered = await runs.covered(self._database, digest.id)
        need = _need(digest.schedule, digest.content, due=run.due, now=began, covered=covered)
        due_soon = await _due_by(self._database, self._env, began + BEFORE_DUE, now=began)
        scan = await self._scanned(need.together(due_soon), not_before, began, report_progress)
        covers = window(
            digest.schedule, due=run.due, read_at=scan.started_at, days=digest.content.days, covered=covered
        )
        return await self._report(
            scan, digest.content, digest.schedule.zone, previous=previous, window=covers
        )

    async def of_digest(
        self, digest: Digest, report_progress: ReportProgress | None, *, previous: Run | None
    ) -> tuple[Report, RowQuery]:
        """What a digest would say now, without a run. Raises ScanFailed."""
        now = self._now()
        covered = await runs.covered(self._database, digest.id)
        need = _need(digest.schedule, digest.content, due=now, now=now, covered=covered)
        scan = await self._scan(need, now - RECENT, report_progress)
        covers = window(
            digest.schedule, due=now, read_at=scan.started_at, days=digest.content.days, covered=covered
        )
        return await self._report(
            scan, digest.content, digest.schedule.zone, previous=previous, window=covers
        )

    async def ahead(
        self, content: DigestContent, zone: str, report_progress: ReportProgress | None
    ) -> tuple[Report, RowQuery]:
        """What is coming up, for a person who asks. Raises ScanFailed."""
        now = self._now()
        need = _Need(now + timedelta(days=content.days), None, sections.with_previews(content.sections))
        scan = await self._scan(need, now - RECENT, report_progress)
        return await self._report(scan, content, zone, previous=None, window=None)

    async def again(self, query: RowQuery) -> Report | None:
        """The report of a query that `of_run` answered; None if its rows have been deleted."""
        scan = await scans.find(self._database, query.scan)
        if scan is None or query.start is None or query.end is None:
            return None
        content = DigestContent(
            sections=frozenset(query.sections),
            days=query.days,
            plans=frozenset(query.plans),
            minimum=query.minimum,
        )
        return await report(self._database, scan, content, window=Window(query.start, query.end))

    async def _report(
        self, scan: Scan, content: DigestContent, zone: str, *, previous: Run | None, window: Window | None
    ) -> tuple[Report, RowQuery]:
        built = await report(self._database, scan, content, previous=previous, window=window)
        query = RowQuery(
            scan=scan.id,
            days=content.days,
            start=window.start if window else None,
            end=window.end if window else None,
            plans=tuple(sorted(content.plans)),
            minimum=content.minimum,
            zone=zone,
            sections=tuple(section.key for section in sections.chosen(content.sections)),
        )
        return built, query

    async def _scanned(
        self, need: "_Need", not_before: datetime, began: datetime, report_progress: ReportProgress | None
    ) -> Scan:
        if report_progress is not None:
            return await self._scan(need, not_before, report_progress)
        # Only one caller polls the scan; the rest reuse its result.
        async with self._scan_lock:
            if self._last_failure is not None and self._last_failure[0] >= began:
                raise self._last_failure[1]
            try:
                return await self._scan(need, not_before, None)
            except ScanFailed as error:
                self._last_failure = self._now(), error
                raise

    async def _scan(
        self, need: "_Need", not_before: datetime, report_progress: ReportProgress | None
    ) -> Scan:
        return await self._scanner.scan(
            horizon=need.horizon,
            previews=need.previews,
            not_before=not_before,
            since=need.since,
            report_progress=report_progress,
        )


@dataclass(frozen=True, slots=True)
class _Need:
    """What a scan has to cover."""

    horizon: datetime
    since: datetime | None
    """None: nothing before it starts."""
    previews: bool

    def together(self, others: Iterable["_Need"]) -> "_Need":
        needs = [self, *others]
        return _Need(
            horizon=max(need.horizon for need in needs),
            since=min((need.since for need in needs if need.since is not None), default=None),
            previews=any(need.previews for need in needs),
        )


def _need(
    schedule: Schedule, content: DigestContent, *, due: datetime, now: datetime, covered: datetime | None
) -> _Need:
    covers = window(schedule, due=due, read_at=now, days=content.days, covered=covered)
    return _Need(covers.end, covers.start, sections.with_previews(content.sections))


@unbroken
async def _due_by(database: Database, env: Environment, until: datetime, *, now: datetime) -> list[_Need]:
    """The needs of the digests that are due by then or being delivered."""
    claimed = (
        select(digest_runs.c.digest_id, func.min(digest_runs.c.due).label("due"))
        .where(digest_runs.c.state == RunState.CLAIMED, digest_runs.c.head_ts.is_(None))
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
        digest_rows = (await connection.execute(needed)).all()
    needs = []
    for row in digest_rows:
        digest = rows.digest(row)
        needs.append(
            _need(
                digest.schedule,
                digest.content,
                due=row.run_due or digest.next_due,
                now=now,
                covered=row.covered,
            )
        )
    return needs
