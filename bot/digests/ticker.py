"""Looks every few seconds what is due, and has it carried. APScheduler only ticks: what is due the database
says, and each thing falls to one of any number of replicas."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from sqlalchemy.exc import SQLAlchemyError

from bot.digests.delivery import runs
from bot.digests.delivery.owner_notice import OwnerNotifier
from bot.digests.delivery.posting import Delivery, DeliveryOutcome, Posting
from bot.digests.model import Run
from bot.digests.timeouts import DigestTimeouts
from bot.log import log
from bot.metrics import Metrics
from bot.runtime import Runtime

_FORGET = timedelta(minutes=10)
_PART = "digests"


class Ticker:
    """`name`: of this process, unlike any other's. `moved`: told when a tick has got on."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        name: str,
        posting: Posting,
        telling: OwnerNotifier,
        pace: DigestTimeouts,
        metrics: Metrics,
        moved: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._name = name
        self._database = runtime.database
        self._env = runtime.environment
        self._posting = posting
        self._telling = telling
        self._now = runtime.now
        self._pace = pace
        self._metrics = metrics
        self._moved = moved
        self._scheduler: AsyncIOScheduler | None = None
        self._ticking: set[asyncio.Task[Any]] = set()
        self._stopped = False
        self._forgot: datetime | None = None
        self._carrying: dict[asyncio.Task[None], str] = {}
        self._owners: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Ticks, beginning now; one tick at a time."""
        self._moved(_PART)
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._scheduler.add_job(
            self.tick,
            "interval",
            seconds=self._pace.tick,
            max_instances=1,
            coalesce=True,
            next_run_time=datetime.now(UTC),
        )
        self._scheduler.start()

    async def stop(self, seconds: float) -> None:
        """No more ticks. What is being posted may finish within so many seconds; all else is let go of, for
        others to carry."""
        self._stopped = True
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None
        # A tick may be at the database still, cut off or not.
        await asyncio.gather(*self._ticking, return_exceptions=True)
        posting = [task for task, run_id in self._carrying.items() if run_id in self._posting.sending]
        if posting:
            await asyncio.wait(posting, timeout=seconds)
        left = dict(self._carrying)
        begun = [*left, *self._owners]
        for task in begun:
            task.cancel()
        await asyncio.gather(*begun, return_exceptions=True)
        for run_id in left.values():
            with contextlib.suppress(SQLAlchemyError, OSError):
                await self._posting.settling.release(run_id)

    async def tick(self) -> None:
        """Begins with what is due, as far as there is room. Never raises."""
        if self._stopped:
            # APScheduler stops a little later than it is told to.
            return
        this = cast(asyncio.Task[Any], asyncio.current_task())
        self._ticking.add(this)
        try:
            await self._begin(self._pace.at_once - len(self._carrying))
            self._tell_owners()
            await self._forget()
            self._moved(_PART)
        except (SQLAlchemyError, OSError) as error:
            log.warning("digests not looked at", error=type(error).__name__)
        except asyncio.CancelledError:
            # Cut off by a stop. The task ends with this; passed on, APScheduler would make an error of it.
            log.info("digests cut off")
        finally:
            self._ticking.discard(this)

    def _tell_owners(self) -> None:
        """Aside: what is due may not wait for it, however long Slack takes."""
        if not self._owners:
            task = asyncio.create_task(self._telling.due())
            self._owners.add(task)
            task.add_done_callback(self._owners.discard)

    async def _forget(self) -> None:
        """What is old: some of it at every tick while there is any, else every ten minutes."""
        now = self._now()
        if self._forgot is None or now - self._forgot >= _FORGET:
            self._forgot = None if await runs.forget(self._database, now) else now

    async def idle(self) -> None:
        """Waits until all that was begun has ended."""
        while begun := {*self._carrying, *self._owners}:
            await asyncio.wait(begun)

    async def _begin(self, room: int) -> None:
        if room <= 0:
            return
        by, lease, now = self._name, self._pace.lease_time, self._now()
        due = await runs.claim_due(self._database, self._env, by=by, lease=lease, now=now, most=room)
        self._carry(due)
        room -= len(due)
        if room:
            self._carry(
                await runs.take_over(self._database, self._env, by=by, lease=lease, now=now, most=room)
            )

    def _carry(self, claimed: list[Run]) -> None:
        for run in claimed:
            task = asyncio.create_task(self._one(run))
            self._carrying[task] = run.id
            task.add_done_callback(lambda done: self._carrying.pop(done, None))

    async def _one(self, run: Run) -> None:
        """Never raises."""
        begun = self._now()
        try:
            carried = await self._posting.carry(run)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other digests go on
            log.error("digest not carried", error=type(error).__name__, reference=run.id)
            with contextlib.suppress(SQLAlchemyError, OSError):
                await self._posting.settling.put_off(run, self._pace.wait(run.tries))
            carried = Delivery(DeliveryOutcome.PUT_OFF)
        self.note(run, carried, begun)

    def note(self, run: Run, carried: Delivery, begun: datetime) -> None:
        """Counts it, and writes it to the log."""
        self._metrics.digest_runs.labels(carried.outcome).inc()
        if carried.outcome is DeliveryOutcome.POSTED and run.day is not None:
            self._metrics.digest_lateness.observe(max(0.0, (self._now() - run.due).total_seconds()))
        log.info(
            "digest",
            outcome=carried.outcome,
            reference=run.id,
            channel=run.channel,
            attempts=run.tries,
            error=carried.error.kind.__name__ if carried.error else None,
            ms=round((self._now() - begun).total_seconds() * 1000),
        )
