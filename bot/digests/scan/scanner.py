"""One scan of Autumn serves every digest that needs one: a caller gets a finished scan that will do, waits
for the one that is running, or runs one."""

import contextlib
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from sqlalchemy.exc import SQLAlchemyError

from bot.autumn import errors
from bot.autumn.errors import AutumnError
from bot.digests.items import ScanWindow
from bot.digests.scan import repository as scans
from bot.digests.scan.pacing import ScanPace, ThrottledReport
from bot.digests.scan.reader import ScanReader
from bot.digests.scan.repository import HeldScan, LeaseLost, Progress, Scan, ScanRequest, ScanWriter
from bot.log import log
from bot.metrics import Metrics
from bot.runtime import Runtime
from bot.store import leases

ReportProgress: TypeAlias = Callable[[Progress], Awaitable[None]]
"""Called every few seconds with the progress of a scan."""

__all__ = ["Progress", "ReportProgress", "Scan", "ScanFailed", "ScanPace", "Scanner"]

SPARE = timedelta(hours=1)
"""Read this far past the requested horizon, so the scan can be reused by similar requests soon after."""


class ScanFailed(AutumnError):
    """Autumn's customers could not be read."""

    def __init__(self, cause: type[AutumnError]) -> None:
        super().__init__(cause.__doc__ or "", request="scan")
        self._cause = cause

    @property
    def kind(self) -> type[AutumnError]:
        return self._cause


class ScanOutcome(StrEnum):
    """How a scan ended, for the log and the metrics."""

    RUNNING = "running"
    OK = "ok"
    AUTUMN = "autumn"
    """Autumn could not be read."""
    LOST = "lost"
    """The lease lapsed."""
    CUT = "cut"
    """The process was stopped, or lost its database."""


class Scanner:
    """Any number of processes may each have one, on the same database."""

    def __init__(
        self,
        runtime: Runtime,
        pace: ScanPace = ScanPace(),  # noqa: B008 - frozen
        *,
        metrics: Metrics | None = None,
    ) -> None:
        self._database = runtime.database
        self._autumn = runtime.autumn
        self._env = runtime.environment
        self._now = runtime.now
        self._pace = pace
        self._metrics = metrics or Metrics()

    async def scan(
        self,
        *,
        horizon: datetime,
        previews: bool,
        not_before: datetime,
        since: datetime | None = None,
        report_progress: ReportProgress | None = None,
    ) -> Scan:
        """A scan of what is due until `horizon` that was started at `not_before` or later.

        `since`: it also covers the time from then on, before it started. `previews`: with Autumn's own
        amounts of upcoming invoices. Raises ScanFailed, with the kind of error that stopped it.
        """
        request = ScanRequest(self._env, horizon, previews, not_before, since)
        report = ThrottledReport(self._pace.report, report_progress)
        while True:
            finished = await scans.usable(self._database, request)
            if finished is not None:
                return finished
            started = await scans.begin(
                self._database,
                request,
                spare=SPARE,
                by=leases.new_name(),
                lease=self._pace.lease_time,
                now=self._now(),
            )
            if isinstance(started, Scan):
                return started
            if started is None:
                await self._wait(request, report)
                continue
            try:
                return await self._read(started, report, previews=previews)
            except LeaseLost:
                # This process was suspended so long that another one took it for dead.
                continue

    async def _wait(self, request: ScanRequest, report: ThrottledReport) -> None:
        """Waits until the running scan ends. Raises ScanFailed if it failed and would have met the
        request."""
        running = await scans.running(self._database, self._env)
        if running is None:
            return
        while isinstance(
            state := await scans.progress(self._database, running.id, now=self._now()), Progress
        ):
            await report.report(state)
            await self._pace.sleep(self._pace.poll)
        if state.failed and state.error and request.met_by(running):
            raise ScanFailed(errors.named(state.error))

    async def _read(self, held: HeldScan, report: ThrottledReport, *, previews: bool) -> Scan:
        """Raises ScanFailed and LeaseLost."""
        scan_log = ScanLog(self._metrics, self._pace.log, report)
        reader = ScanReader(
            autumn=self._autumn,
            writer=ScanWriter(self._database, held, self._pace.lease_time),
            window=ScanWindow(held.started_at, held.horizon, held.since),
            now=self._now,
            pace=self._pace,
            report_progress=scan_log.report,
        )
        outcome = ScanOutcome.CUT
        try:
            missing = await reader.read(previews=previews)
            scan = await scans.finish(self._database, held, missing=missing, now=self._now())
            outcome = ScanOutcome.OK
            return scan
        except AutumnError as error:
            outcome = ScanOutcome.AUTUMN
            await scans.fail(self._database, held, error=error.kind.__name__, now=self._now())
            raise ScanFailed(error.kind) from error
        except LeaseLost:
            outcome = ScanOutcome.LOST
            raise
        except BaseException:
            # Stopped, or the database is gone. Others should not have to wait until the lease lapses.
            with contextlib.suppress(LeaseLost, SQLAlchemyError, OSError):
                await scans.fail(self._database, held, error="", now=self._now())
            raise
        finally:
            scan_log.end(outcome, reader.progress)


class ScanLog:
    """`every`: seconds between two log records. `report`: passes progress on to the person who waits."""

    def __init__(self, metrics: Metrics, every: float, report: ThrottledReport) -> None:
        self._metrics = metrics
        self._report = report
        self._started = self._logged = time.monotonic()
        self._every = every

    async def report(self, progress: Progress) -> None:
        self._metrics.scan_customers.set(progress.customers)
        self._metrics.scan_previews.set(progress.previewed)
        await self._report.report(progress)
        now = time.monotonic()
        if now - self._logged < self._every:
            return
        self._logged = now
        self._log(ScanOutcome.RUNNING, progress)

    def end(self, outcome: ScanOutcome, progress: Progress) -> None:
        self._metrics.scans.labels(outcome=outcome).inc()
        self._metrics.scan_seconds.observe(time.monotonic() - self._started)
        self._log(outcome, progress)

    def _log(self, outcome: ScanOutcome, progress: Progress) -> None:
        milliseconds = round((time.monotonic() - self._started) * 1000)
        log.info("scan", outcome=outcome, count=progress.customers, ms=milliseconds)
