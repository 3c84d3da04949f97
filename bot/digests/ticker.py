"""Starts the delivery of what is due, every few seconds.

APScheduler only ticks. The database says what is due, and each run is claimed by one of any number of
replicas.
"""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy.exc import SQLAlchemyError

from bot.digests.delivery import runs
from bot.digests.delivery.owner_notice import OwnerNotifier
from bot.digests.delivery.posting import DigestPosting
from bot.digests.delivery.settlement import Delivery
from bot.digests.model import DeliveryOutcome, Run
from bot.digests.process import DigestProcess
from bot.log import log
from bot.store import leases
from bot.ticks import TickScheduler

_DELETE_EVERY = timedelta(minutes=10)
_PART = "digests"


class Ticker:
    """`moved`: called when a tick has made progress."""

    def __init__(
        self,
        process: DigestProcess,
        *,
        posting: DigestPosting,
        owner_notifier: OwnerNotifier,
        moved: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._process = process
        self._database = process.database
        self._posting = posting
        self._owner_notifier = owner_notifier
        self._moved = moved
        self._scheduler: TickScheduler | None = None
        self._ticks: set[asyncio.Task[Any]] = set()
        self._stopped = False
        self._deleted_at: datetime | None = None
        self._deliveries: dict[asyncio.Task[None], Run] = {}
        """The run each task delivers."""
        self._notices: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Ticks from now on, one tick at a time."""
        self._moved(_PART)
        self._scheduler = TickScheduler(timezone="UTC")
        self._scheduler.add_job(
            self.tick,
            "interval",
            seconds=self._process.timeouts.tick,
            max_instances=1,
            coalesce=True,
            next_run_time=datetime.now(UTC),
        )
        self._scheduler.start()

    async def stop(self, seconds: float) -> None:
        """Stops ticking. Posts, threads and notices under way have `seconds` to finish; everything else is
        given back for others to deliver."""
        self._stopped = True
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None
        # A tick may still be using the database, whether it was cut off or not.
        await asyncio.gather(*self._ticks, return_exceptions=True)
        deliveries, notices = dict(self._deliveries), {*self._notices}
        sending = {delivery for delivery, run in deliveries.items() if run.id in self._posting.sending}
        finishing = sending | notices
        for delivery in deliveries.keys() - sending:
            # Otherwise it could begin to post just before the time is up.
            delivery.cancel()
        if finishing:
            await asyncio.wait(finishing, timeout=seconds)
        for task in finishing:
            task.cancel()
        await asyncio.gather(*deliveries, *notices, return_exceptions=True)
        for delivery, run in deliveries.items():
            if delivery.cancelled():
                with contextlib.suppress(SQLAlchemyError, OSError):
                    await self._posting.settlement.release(run)

    async def tick(self) -> None:
        """Starts as many due runs as there is room for. Never raises."""
        if self._stopped:
            # APScheduler stops somewhat later than it is told to.
            return
        this_tick = cast(asyncio.Task[Any], asyncio.current_task())
        self._ticks.add(this_tick)
        try:
            await self._start_due(self._process.timeouts.at_once - len(self._deliveries))
            self._tell_owners()
            await self._delete_old_rows()
            self._moved(_PART)
        except (SQLAlchemyError, OSError) as error:
            log.warning("digests not looked at", error=type(error).__name__)
        except asyncio.CancelledError:
            # Cut off by a stop, which ends this task anyway. APScheduler would log the exception as an error.
            log.info("digests cut off")
        finally:
            self._ticks.discard(this_tick)

    def _tell_owners(self) -> None:
        """In a separate task: due digests must not wait for it, however slow Slack is."""
        if not self._notices:
            task = asyncio.create_task(self._owner_notifier.tell_due())
            self._notices.add(task)
            task.add_done_callback(self._notices.discard)

    async def _delete_old_rows(self) -> None:
        """Deletes old rows: some with each tick while there are any, otherwise every ten minutes."""
        now = self._process.now()
        if self._deleted_at is None or now - self._deleted_at >= _DELETE_EVERY:
            self._deleted_at = None if await runs.delete_old(self._database, now) else now

    async def idle(self) -> None:
        """Waits until everything that was started has ended."""
        while tasks := {*self._deliveries, *self._notices}:
            await asyncio.wait(tasks)

    async def _start_due(self, room: int) -> None:
        if room <= 0:
            return
        process = self._process
        by, lease, now, env = leases.new_name(), process.lease, process.now(), process.runtime.environment
        due = await runs.claim_due(self._database, env, by=by, lease=lease, now=now, most=room)
        self._posting.others_wait = len(due) == room
        self._start(due)
        room -= len(due)
        if room:
            self._start(await runs.take_over(self._database, env, by=by, lease=lease, now=now, most=room))

    def _start(self, claimed: list[Run]) -> None:
        for run in claimed:
            task = asyncio.create_task(self._deliver(run))
            self._deliveries[task] = run
            task.add_done_callback(lambda done: self._deliveries.pop(done, None))

    async def _deliver(self, run: Run) -> None:
        """Never raises."""
        began = self._process.now()
        try:
            delivery = await self._posting.deliver(run)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other digests go on
            log.error("digest not delivered", error=type(error).__name__, reference=run.id)
            with contextlib.suppress(SQLAlchemyError, OSError):
                await self._posting.settlement.put_off(run, self._process.timeouts.wait(run.tries))
            delivery = Delivery(DeliveryOutcome.PUT_OFF)
        self.record(run, delivery, began)

    def record(self, run: Run, delivery: Delivery, began: datetime) -> None:
        """Counts and logs how an attempt ended."""
        now, metrics = self._process.now(), self._process.metrics
        metrics.digest_runs.labels(delivery.outcome).inc()
        if delivery.outcome is DeliveryOutcome.POSTED and run.day is not None:
            metrics.digest_lateness.observe(max(0.0, (now - run.due).total_seconds()))
        log.info(
            "digest",
            outcome=delivery.outcome,
            reference=run.id,
            channel=run.channel,
            attempts=run.tries,
            error=delivery.error.kind.__name__ if delivery.error else None,
            ms=round((now - began).total_seconds() * 1000),
        )
