"""Delivers what is due every few seconds, and right away when Autumn sent a message.

The database says what is due, and each delivery goes to one of any number of replicas.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from bot.alerts import deliveries, repository
from bot.alerts.model import AlertDelivery, AlertSubscription
from bot.alerts.poll import PastDuePoll
from bot.alerts.posting import AlertOutcome, AlertPosting, AlertTimeouts
from bot.log import log
from bot.metrics import Metrics
from bot.runtime import Runtime

TellOwner = Callable[[AlertSubscription], Awaitable[bool]]
"""Tells the owner that a subscription is paused or was removed. False: perhaps it did not. Never raises."""

_DELETE_EVERY = timedelta(minutes=10)
_PART = "alerts"


class AlertTicker:
    """`name`: of this process, unlike any other's. `moved`: called when a tick has made progress."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        name: str,
        posting: AlertPosting,
        poll: PastDuePoll,
        tell_owner: TellOwner,
        timeouts: AlertTimeouts,
        metrics: Metrics,
        moved: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._name = name
        self._database = runtime.database
        self._env = runtime.environment
        self._now = runtime.now
        self._posting = posting
        self._poll = poll
        self._tell_owner = tell_owner
        self._timeouts = timeouts
        self._metrics = metrics
        self._moved = moved
        self._woken = asyncio.Event()
        self._stopped = False
        self._running: list[asyncio.Task[None]] = []
        self._deleted_at: datetime | None = None

    def start(self) -> None:
        """Ticks, beginning now."""
        self._moved(_PART)
        # Apart: looking through all customers may take minutes, and holds no delivery up.
        self._running = [
            asyncio.create_task(self._keep_ticking()),
            asyncio.create_task(self._keep_polling()),
        ]

    def wake(self) -> None:
        """There is something to tell."""
        self._woken.set()

    async def stop(self, seconds: float) -> None:
        """Stops ticking. Posts under way have `seconds` to finish; other replicas take over the rest when its
        lease lapses."""
        self._stopped = True
        self._woken.set()
        if self._running:
            delivering, looking = self._running
            looking.cancel()
            await asyncio.wait({delivering}, timeout=seconds)
            delivering.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _keep_ticking(self) -> None:
        while not self._stopped:
            await self.tick()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timeouts.tick):
                    await self._woken.wait()

    async def _keep_polling(self) -> None:
        while True:
            await self.poll()
            await asyncio.sleep(self._timeouts.tick)

    async def tick(self) -> None:
        """Posts the alerts that are due. Never raises."""
        self._woken.clear()
        try:
            while await self._deliver_due() == self._timeouts.at_once and not self._stopped:
                self._moved(_PART)
            await self._tell_owners()
            await self._delete_old_events()
            self._moved(_PART)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next tick comes
            log.warning("alerts not looked at", error=type(error).__name__)

    async def poll(self) -> None:
        """Polls for what Autumn sends no message about, if that is due. Never raises."""
        try:
            if await self._poll.tick():
                self.wake()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next poll comes
            log.warning("past due not looked for", error=type(error).__name__)

    async def _deliver_due(self) -> int:
        """Answers how many were claimed."""
        claimed = await deliveries.claim(
            self._database,
            self._env,
            by=self._name,
            lease=self._timeouts.lease_time,
            now=self._now(),
            most=self._timeouts.at_once,
        )
        await asyncio.gather(*map(self._deliver_one, claimed))
        return len(claimed)

    async def _deliver_one(self, delivery: AlertDelivery) -> None:
        """Never raises, but when it is cancelled."""
        try:
            outcome = await self._posting.deliver(delivery)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other alerts go on
            log.error("alert not delivered", error=type(error).__name__, reference=delivery.event.id)
            outcome = AlertOutcome.PUT_OFF  # its lease lapses
        self._metrics.alerts.labels(delivery.event.source, outcome).inc()
        log.info("alert", outcome=outcome, reference=delivery.event.id, attempts=delivery.tries)

    async def _tell_owners(self) -> None:
        for notice in await repository.claim_notices(self._database, self._env, now=self._now()):
            if await self._tell_owner(notice.subscription):
                await repository.notice_sent(self._database, notice)

    async def _delete_old_events(self) -> None:
        """Deletes old events: some with each tick while there are any, otherwise every ten minutes."""
        now = self._now()
        if self._deleted_at is None or now - self._deleted_at >= _DELETE_EVERY:
            self._deleted_at = None if await deliveries.delete_old(self._database, now) else now
