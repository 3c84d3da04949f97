"""Periodic clean-up: expire overdue requests, recover changes of crashed processes, redraw stale cards,
post notices that are due, delete what is too old to matter."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias, TypeVar, cast

from sqlalchemy.exc import SQLAlchemyError

from bot.approvals import change_records, filled_forms, repository
from bot.approvals.cards import CHANGE_CARDS
from bot.approvals.engine import Engine
from bot.approvals.lifecycle import ChangeEvent, Record
from bot.approvals.notice_queue import CHANGE_NOTICES
from bot.approvals.requests import Notify
from bot.log import log
from bot.runtime import Runtime
from bot.store import housekeeping
from bot.ticks import TickScheduler

T = TypeVar("T")
Part: TypeAlias = Callable[[datetime], Awaitable[None]]

_AT_ONCE = 8
_MOST_NOTICES = 100
"""With one sweep."""
_FORGET_EVERY = timedelta(minutes=10)


class Sweeper:
    """Any number of replicas may sweep: each change is taken by one of them. The parts run separately, so
    that one that waits for Slack or Autumn does not hold up the others.

    `progress`: called with the name of a part whenever it makes progress.
    """

    def __init__(
        self, runtime: Runtime, engine: Engine, notify: Notify, progress: Callable[[str], None]
    ) -> None:
        self._database = runtime.database
        self._environment = runtime.environment
        self._now = runtime.now
        self._checkpoint = runtime.checkpoint
        self._engine = engine
        self._notify = notify
        self._progress = progress
        self._parts: Mapping[str, Part] = {
            "expiry": self._expire_due,
            "recovery": self._recover_lapsed,
            "redraws": self._show_overdue,
            "forgetting": self._forget,
        }
        self._scheduler: TickScheduler | None = None
        self._forgot_at = runtime.now()
        self._stopped = False
        self._under_way: set[asyncio.Task[Any]] = set()

    def start(self, every: float) -> None:
        """Sweeps every `every` seconds, beginning now; one sweep of each part at a time."""
        self._scheduler = TickScheduler(timezone="UTC")
        for name in self._parts:
            self._progress(name)
            self._scheduler.add_job(
                self.tick,
                "interval",
                [name],
                seconds=every,
                max_instances=1,
                coalesce=True,
                next_run_time=datetime.now(UTC),
            )
        self._scheduler.start()

    def stop(self) -> None:
        """No more sweeps. One in progress is cut off, which is safe at any point."""
        self._stopped = True
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None

    async def stopped(self) -> None:
        """Waits until the sweeps that `stop` cut off have released the database."""
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def tick(self, *names: str) -> None:
        """Sweeps these parts, or all of them. Never raises."""
        if self._stopped:
            # APScheduler may still start jobs shortly after its shutdown.
            return
        sweeping = cast(asyncio.Task[Any], asyncio.current_task())
        self._under_way.add(sweeping)
        try:
            await self.sweep(self._now(), *names)
        except (SQLAlchemyError, OSError) as error:
            log.warning("sweep failed", error=type(error).__name__)
        except asyncio.CancelledError:
            # Cut off by `stop`. APScheduler would log it as an error.
            log.info("sweep cut off")
        finally:
            self._under_way.discard(sweeping)

    async def sweep(self, now: datetime, *names: str) -> None:
        """Sweeps these parts, or all of them, as of `now`."""
        for name in names or self._parts:
            await self._parts[name](now)
            self._progress(name)

    async def _expire_due(self, now: datetime) -> None:
        expired: list[Record] = []

        async def expire(change_id: str) -> None:
            record = await repository.expire(self._database, change_id, now=self._now())
            if record is not None:
                expired.append(record)
                await self._checkpoint("decided")

        async def notify(record: Record) -> None:
            await self._notify(record, ChangeEvent.EXPIRED)

        await self._each(
            "expiry", await change_records.overdue(self._database, self._environment, now), expire
        )
        # Expire all of them before notifying anyone: notifying depends on Slack.
        await self._each("expiry", expired, notify)

    async def _recover_lapsed(self, now: datetime) -> None:
        async def recover(change_id: str) -> None:
            settled = await self._engine.recover(change_id)
            if settled is not None:
                log.warning("settled", outcome=settled.state, kind=settled.kind, reference=settled.id)

        await self._each(
            "recovery", await change_records.lapsed(self._database, self._environment, now), recover
        )

    async def _show_overdue(self, now: datetime) -> None:
        """Redraws stale cards, and posts notices that are due."""

        async def show(change_id: str) -> None:
            await self._notify(await change_records.get(self._database, change_id), ChangeEvent.REDRAW)

        stale = await CHANGE_CARDS.claim_stale(self._database, self._environment, now=now)
        unposted = await CHANGE_NOTICES.due(self._database, self._environment, now, most=_MOST_NOTICES)
        await self._each("redraws", list(dict.fromkeys([*stale, *unposted])), show)

    async def _forget(self, now: datetime) -> None:
        """Deletes what is too old to matter; how soon does not matter either."""
        if now - self._forgot_at < _FORGET_EVERY:
            return
        await housekeeping.forget_old(self._database, now)
        await filled_forms.forget(self._database, now)
        self._forgot_at = now

    async def _each(self, part: str, items: Sequence[T], do: Callable[[T], Awaitable[None]]) -> None:
        """Several at a time, so that a slow one does not hold up the others. A failure of one does not affect
        the others."""
        at_once = asyncio.Semaphore(_AT_ONCE)

        async def handle(item: T) -> None:
            async with at_once:
                await do(item)
                self._progress(part)

        for problem in await asyncio.gather(*map(handle, items), return_exceptions=True):
            if problem is not None:
                log.warning("sweep failed", error=type(problem).__name__)
