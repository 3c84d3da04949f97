"""Carries batches on: every few seconds, and as soon as one is approved. Any number of replicas tick; each
batch is applied by one of them at a time."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.batches import drafts, gathering, repository
from bot.batches.model import BatchRecord
from bot.batches.notifier import BATCH_NOTICES, Redraws
from bot.batches.repository import BATCH_CARDS
from bot.batches.running import BatchTimeouts, Runner
from bot.log import log
from bot.runtime import Runtime

_UPKEEP = "batches"
_FORGET_EVERY = timedelta(minutes=10)


class BatchTicker:
    """`progress`: called with the name of a part whenever it makes progress."""

    def __init__(
        self,
        runtime: Runtime,
        runner: Runner,
        redraws: Redraws,
        timeouts: BatchTimeouts,
        *,
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._database = runtime.database
        self._environment = runtime.environment
        self._now = runtime.now
        self._runner = runner
        self._redraws = redraws
        self._timeouts = timeouts
        self._progress = progress
        self._woken = asyncio.Event()
        self._forgot_at: datetime | None = None
        self._stopped = False
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Ticks, beginning now."""
        self._progress(_UPKEEP)
        # Apart: applying a batch may take minutes, and holds up nothing else.
        self._tasks = [
            asyncio.create_task(self._keep_running()),
            asyncio.create_task(self._keep_up()),
        ]

    def wake(self) -> None:
        """There is a batch to carry on with."""
        self._woken.set()

    async def stop(self, seconds: float) -> None:
        """Stops ticking. Lines that have begun have `seconds` to finish; other replicas take over the rest
        when its lease lapses."""
        self._stopped = True
        self._runner.stop()
        self._woken.set()
        if self._tasks:
            running, upkeep = self._tasks
            upkeep.cancel()
            await asyncio.wait({running}, timeout=seconds)
            running.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._redraws.aclose()

    async def _keep_running(self) -> None:
        while not self._stopped:
            await self.run_all()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timeouts.tick):
                    await self._woken.wait()

    async def _keep_up(self) -> None:
        while True:
            await self.keep_up()
            await asyncio.sleep(self._timeouts.tick)

    async def run_all(self) -> None:
        """Applies every batch that nobody works on, one after the other. Never raises."""
        self._woken.clear()
        try:
            while not self._stopped and (batch := await self._claim()) is not None:
                await self._runner.run(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next tick comes
            log.warning("batches not applied", error=type(error).__name__)

    async def keep_up(self) -> None:
        """Ends what nobody decided in time, and redraws what could not be drawn. Never raises."""
        database, env = self._database, self._environment
        try:
            for batch_id in await repository.overdue(database, env, self._now()):
                await repository.expire(database, batch_id, now=self._now())
                await self._redraws.now(batch_id)
            for batch_id in await BATCH_CARDS.claim_stale(database, env, now=self._now()):
                await self._redraws.now(batch_id)
            for batch_id in await BATCH_NOTICES.due(database, env, self._now()):
                await self._redraws.now(batch_id)
            await self._forget()
            self._progress(_UPKEEP)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next tick comes
            log.warning("batches not kept up", error=type(error).__name__)

    async def _forget(self) -> None:
        """Deletes what is too old to matter, with the first tick and at times; how soon does not matter."""
        now = self._now()
        if self._forgot_at is not None and now - self._forgot_at < _FORGET_EVERY:
            return
        await drafts.forget(self._database, now)
        await gathering.forget(self._database, now)
        self._forgot_at = now

    async def _claim(self) -> BatchRecord | None:
        lease = self._runner.lease()
        return await repository.claim(self._database, self._environment, lease=lease, now=self._now())
