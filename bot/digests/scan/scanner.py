"""One reading of Autumn serves every digest that needs one: whoever asks gets one that will do, waits for
the one that is being read, or reads."""

import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeAlias

from sqlalchemy.exc import SQLAlchemyError

from bot.autumn import errors
from bot.autumn.errors import AutumnError
from bot.digests.items import ScanWindow
from bot.digests.scan import repository as scans
from bot.digests.scan.pacing import ScanPace, Seldom
from bot.digests.scan.reader import Scanning
from bot.digests.scan.repository import HeldScan, Lost, Progress, Scan, ScanRequest, ScanWriter
from bot.log import log
from bot.metrics import Metrics
from bot.runtime import Runtime

ReportProgress: TypeAlias = Callable[[Progress], Awaitable[None]]
"""Is told how far a scan is."""


__all__ = ["Progress", "Scan", "ScanFailed", "ScanPace", "Scanner"]

Watch: TypeAlias = Callable[[Progress], Awaitable[None]]


SPARE = timedelta(hours=1)
"""It is read so much further than asked for, so that it is far enough for who asks the same soon after."""


class ScanFailed(AutumnError):
    """Autumn's customers could not be read."""

    def __init__(self, cause: type[AutumnError]) -> None:
        super().__init__(cause.__doc__ or "", request="scan")
        self._cause = cause

    @property
    def kind(self) -> type[AutumnError]:
        return self._cause


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
        progress: Watch | None = None,
    ) -> Scan:
        """What Autumn says of the time until `horizon`, begun to be read at `not_before` or later.

        `since`: from when on, if from before it begins. `previews`: with Autumn's own amounts of invoices to
        come. `progress` is told every few seconds how far it is. Raises ScanFailed, of the kind of error that
        stopped it.
        """
        wish = ScanRequest(self._env, horizon, previews, not_before, since)
        seldom = Seldom(self._pace.tell, progress)
        while True:
            found = await scans.usable(self._database, wish)
            if found is not None:
                return found
            held = await scans.begin(
                self._database,
                wish,
                spare=SPARE,
                by=secrets.token_hex(8),
                lease=self._pace.lease_time,
                now=self._now(),
            )
            if isinstance(held, Scan):
                return held
            if held is None:
                await self._wait(wish, seldom)
                continue
            try:
                return await self._read(held, seldom, previews=previews)
            except Lost:
                # It stood still for so long that somebody else took it to be dead.
                continue

    async def _wait(self, wish: ScanRequest, seldom: Seldom) -> None:
        """Until the one that is being read is over. Raises ScanFailed when it failed, and would have done."""
        running = await scans.running(self._database, self._env)
        if running is None:
            return
        while isinstance(seen := await scans.look(self._database, running.id, now=self._now()), Progress):
            await seldom.tell(seen)
            await self._pace.sleep(self._pace.poll)
        if seen.failed and seen.said and wish.met_by(running):
            raise ScanFailed(errors.named(seen.said))

    async def _read(self, held: HeldScan, seldom: Seldom, *, previews: bool) -> Scan:
        """Raises ScanFailed, and Lost."""
        watching = ScanLog(self._metrics, self._pace.log, seldom)
        scanning = Scanning(
            autumn=self._autumn,
            keeper=ScanWriter(self._database, held, self._pace.lease_time),
            span=ScanWindow(held.started_at, held.horizon, held.since),
            now=self._now,
            pace=self._pace,
            tell=watching.tell,
        )
        outcome = "cut"
        try:
            missing = await scanning.read(previews=previews)
            scan = await scans.finish(self._database, held, missing=missing, now=self._now())
            outcome = "ok"
            return scan
        except AutumnError as error:
            outcome = "autumn"
            await scans.fail(self._database, held, said=error.kind.__name__, now=self._now())
            raise ScanFailed(error.kind) from error
        except Lost:
            outcome = "lost"
            raise
        except BaseException:
            # Stopped, or the database is lost: nobody should have to wait until the lease lapses.
            with contextlib.suppress(Lost, SQLAlchemyError, OSError):
                await scans.fail(self._database, held, said="", now=self._now())
            raise
        finally:
            watching.over(outcome, scanning.progress)


class ScanLog:
    """`every`: seconds between notes in the log. `asker`: who waits, told first."""

    def __init__(self, metrics: Metrics, every: float, asker: Seldom) -> None:
        self._metrics = metrics
        self._asker = asker
        self._begun = self._noted = time.monotonic()
        self._every = every

    async def tell(self, progress: Progress) -> None:
        self._metrics.scan_customers.set(progress.customers)
        self._metrics.scan_previews.set(progress.previewed)
        await self._asker.tell(progress)
        now = time.monotonic()
        if now - self._noted < self._every:
            return
        self._noted = now
        self._note("running", progress)

    def over(self, outcome: str, progress: Progress) -> None:
        """ok, autumn, lost (its lease), or cut."""
        self._metrics.scans.labels(outcome=outcome).inc()
        self._metrics.scan_seconds.observe(time.monotonic() - self._begun)
        self._note(outcome, progress)

    def _note(self, outcome: str, progress: Progress) -> None:
        spent = round((time.monotonic() - self._begun) * 1000)
        log.info("scan", outcome=outcome, count=progress.customers, ms=spent)
