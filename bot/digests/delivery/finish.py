"""How an attempt ends: posted, skipped, or put off."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.digests import repository as book
from bot.digests.delivery import runs
from bot.digests.delivery.outcome import Delivery, DeliveryOutcome
from bot.digests.delivery.owner_notice import OwnerNotifier
from bot.digests.delivery.runs import LATE_AFTER
from bot.digests.model import Digest, Figures, Pause, Run, Skip
from bot.digests.scan.scanner import ScanFailed
from bot.digests.timeouts import DigestTimeouts
from bot.log import log
from bot.runtime import Checkpoint
from bot.slack.errors import PostAnswer, PostStatus
from bot.store.database import Database

_OUTCOMES = {
    Skip.EMPTY: DeliveryOutcome.EMPTY,
    Skip.LATE: DeliveryOutcome.LATE,
    Skip.PAUSED: DeliveryOutcome.PAUSED,
}


class Settling:
    """`name`: of this process, unlike any other's."""

    def __init__(
        self,
        *,
        name: str,
        database: Database,
        telling: OwnerNotifier,
        now: Callable[[], datetime],
        pace: DigestTimeouts,
        checkpoint: Checkpoint,
    ) -> None:
        self._name = name
        self._database = database
        self._telling = telling
        self._now = now
        self._pace = pace
        self._checkpoint = checkpoint

    async def posted(
        self, run: Run, ts: str, outcome: DeliveryOutcome, figures: Figures | None = None
    ) -> Delivery:
        """Whoever knows that it is in the channel may say so. `figures`: those noted before, unless given."""
        await runs.posted(self._database, run.id, ts, figures or run.figures, now=self._now())
        await self._checkpoint("settled")
        return Delivery(outcome, run.channel, ts)

    async def skipped(self, run: Run, why: Skip) -> Delivery:
        done = await runs.skipped(self._database, run.id, why, now=self._now(), by=self._name)
        return Delivery(_OUTCOMES[why] if done else DeliveryOutcome.TAKEN)

    async def paused(self, run: Run, digest: Digest, why: Pause) -> Delivery:
        """The digest cannot go on, and its owner is told; this day is skipped."""
        now = self._now()
        moved = await book.pause(self._database, digest.id, why, now=now)
        await runs.skipped(self._database, run.id, Skip.PAUSED, now=now, by=self._name)
        await self._checkpoint("paused")
        carried = Delivery(DeliveryOutcome.PAUSED, pause=why)
        if moved is None:
            # It was paused before.
            return carried
        log.warning("digest paused", outcome=why, reference=digest.id, channel=digest.channel)
        await self._telling.due()
        return carried

    async def put_off(self, run: Run, seconds: float, error: ScanFailed | None = None) -> Delivery:
        now = self._now()
        until = now + timedelta(seconds=seconds)
        held = await runs.put_off(self._database, run.id, by=self._name, until=until, now=now)
        return Delivery(DeliveryOutcome.PUT_OFF, error=error) if held else Delivery(DeliveryOutcome.TAKEN)

    async def release(self, run_id: str) -> None:
        """Lets go of a run that was cut off, so that others need not wait for its lease to lapse."""
        now = self._now()
        await runs.put_off(self._database, run_id, by=self._name, until=now, now=now)

    async def not_read(self, run: Run, error: ScanFailed) -> Delivery:
        """Autumn could not be read."""
        if run.day is None:
            # Somebody waits for it, is told, and can press again.
            await runs.skipped(self._database, run.id, Skip.LATE, now=self._now(), by=self._name)
            return Delivery(DeliveryOutcome.FAILED, error=error)
        return await self.put_off(run, self._pace.wait(run.tries), error)

    async def not_found_out(self, run: Run, said: PostAnswer) -> Delivery:
        """Whether it was posted cannot be asked. Past its time it would not be posted again, so be it."""
        if said.answer is PostStatus.CLOSED or self.too_late(run):
            return await self.skipped(run, Skip.PAUSED if said.answer is PostStatus.CLOSED else Skip.LATE)
        return await self.put_off(run, said.wait or self._pace.wait(run.tries))

    def too_late(self, run: Run) -> bool:
        return self._now() - run.due > LATE_AFTER
