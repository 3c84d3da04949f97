"""What nobody would do otherwise: expire what is due, settle what the dead left, redraw stale cards."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, cast

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from sqlalchemy.exc import SQLAlchemyError

from bot.approvals import cards, carrying, deciding, rows
from bot.approvals.engine import Engine
from bot.approvals.life import Event
from bot.approvals.pace import Checkpoint
from bot.approvals.rules import Environment
from bot.approvals.telling import Tell
from bot.log import log
from bot.store import deliveries, latest, turns
from bot.store.database import Database

_AT_ONCE = 8


class Sweeper:
    """Any number of replicas may sweep: each thing falls to one of them."""

    def __init__(
        self,
        *,
        database: Database,
        engine: Engine,
        env: Environment,
        tell: Tell,
        now: Callable[[], datetime],
        checkpoint: Checkpoint,
    ) -> None:
        self._database = database
        self._engine = engine
        self._env = env
        self._tell = tell
        self._now = now
        self._checkpoint = checkpoint
        self._scheduler: AsyncIOScheduler | None = None
        self._stopped = False
        self._under_way: set[asyncio.Task[Any]] = set()

    def start(self, every: float) -> None:
        """Sweeps every so many seconds, beginning now; one sweep at a time."""
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._scheduler.add_job(
            self.tick,
            "interval",
            seconds=every,
            max_instances=1,
            coalesce=True,
            next_run_time=datetime.now(UTC),
        )
        self._scheduler.start()

    def stop(self) -> None:
        """No more sweeps; one under way is cut off, which is what sweeps are safe against."""
        self._stopped = True
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None

    async def stopped(self) -> None:
        """Waits until what `stop` cut off has let go of the database."""
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def tick(self) -> None:
        """One sweep that never raises."""
        if self._stopped:
            # APScheduler stops a little later than it is told to.
            return
        sweeping = cast(asyncio.Task[Any], asyncio.current_task())
        self._under_way.add(sweeping)
        sweeping.add_done_callback(self._under_way.discard)
        try:
            await self.sweep(self._now())
        except (SQLAlchemyError, OSError) as error:
            log.warning("sweep failed", error=type(error).__name__)
        except asyncio.CancelledError:
            # Cut off by a stop. The task ends with this; passed on, APScheduler would make an error of it.
            log.info("sweep cut off")

    async def sweep(self, now: datetime) -> None:
        """One round, for the time it is."""
        await self._each(await carrying.expired(self._database, self._env, now), self._expire)
        await self._each(await carrying.lapsed(self._database, self._env, now), self._recover)
        await self._each(await cards.overdue(self._database, now=now), self._redraw)
        await deliveries.forget(self._database, now)
        await latest.forget(self._database, now)
        await turns.forget(self._database)

    async def _each(self, ids: list[str], do: Callable[[str], Awaitable[None]]) -> None:
        """Several at a time, so that the others do not wait while one is read back; and what goes wrong with
        one leaves the others alone."""
        at_once = asyncio.Semaphore(_AT_ONCE)

        async def one(change_id: str) -> None:
            async with at_once:
                await do(change_id)

        for problem in await asyncio.gather(*map(one, ids), return_exceptions=True):
            if problem is not None:
                log.warning("sweep failed", error=type(problem).__name__)

    async def _expire(self, change_id: str) -> None:
        expired = await deciding.expire(self._database, change_id, now=self._now())
        if expired is not None:
            await self._checkpoint("decided")
            await self._tell(expired, Event.EXPIRED)

    async def _recover(self, change_id: str) -> None:
        settled = await self._engine.recover(change_id)
        if settled is not None:
            log.warning("settled", outcome=settled.state, kind=settled.kind, reference=settled.id)

    async def _redraw(self, change_id: str) -> None:
        await self._tell(await rows.get(self._database, change_id), Event.REDRAW)
