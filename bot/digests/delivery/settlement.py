"""How an attempt to deliver a run ends: what is stored, who is told, and when it is tried again."""

from dataclasses import dataclass
from datetime import timedelta

from bot.access.post_targets import Pause
from bot.digests import repository
from bot.digests.delivery import runs
from bot.digests.delivery.new_runs import LATE_AFTER
from bot.digests.delivery.owner_notice import OwnerNotifier
from bot.digests.model import DeliveryOutcome, Digest, Figures, Run, RunSkip
from bot.digests.process import DigestProcess
from bot.digests.scan.scanner import ScanFailed
from bot.log import log
from bot.slack.errors import PostAnswer, PostStatus


@dataclass(frozen=True, slots=True)
class Delivery:
    """The result of one attempt."""

    outcome: DeliveryOutcome
    channel: str = ""
    ts: str = ""
    """With POSTED and FOUND: Slack's timestamp."""
    pause: Pause | None = None
    """With PAUSED: why, if this attempt found that out."""
    error: ScanFailed | None = None
    """With FAILED; with PUT_OFF, if Autumn was the reason."""


_OUTCOMES = {
    RunSkip.EMPTY: DeliveryOutcome.EMPTY,
    RunSkip.NOTHING_NEW: DeliveryOutcome.NOTHING_NEW,
    RunSkip.LATE: DeliveryOutcome.LATE,
    RunSkip.PAUSED: DeliveryOutcome.PAUSED,
}


class RunSettlement:
    def __init__(self, process: DigestProcess, owner_notifier: OwnerNotifier) -> None:
        self._process = process
        self._database = process.database
        self._owner_notifier = owner_notifier

    async def posted(
        self, run: Run, ts: str, outcome: DeliveryOutcome, figures: Figures | None = None
    ) -> Delivery:
        """Any process that knows the post is in the channel may store that. `figures`: those already stored
        unless given."""
        await runs.posted(self._database, run.id, ts, figures or run.figures, now=self._process.now())
        await self._process.checkpoint("settled")
        return Delivery(outcome, run.channel, ts)

    async def skipped(self, run: Run, why: RunSkip) -> Delivery:
        skipped = await runs.skipped(self._database, run.id, why, now=self._process.now(), by=run.lease_by)
        return Delivery(_OUTCOMES[why] if skipped else DeliveryOutcome.HELD_ELSEWHERE)

    async def paused(self, run: Run, digest: Digest, why: Pause) -> Delivery:
        """Pauses a digest that cannot go on, skips this day, and tells the owner."""
        now = self._process.now()
        paused = await repository.pause(self._database, digest.id, why, now=now)
        await runs.skipped(self._database, run.id, RunSkip.PAUSED, now=now, by=run.lease_by)
        await self._process.checkpoint("paused")
        delivery = Delivery(DeliveryOutcome.PAUSED, pause=why)
        if paused is None:
            # It was paused before.
            return delivery
        log.warning("digest paused", outcome=why, reference=digest.id, channel=digest.channel)
        await self._owner_notifier.tell_due()
        return delivery

    async def put_off(self, run: Run, seconds: float, error: ScanFailed | None = None) -> Delivery:
        now = self._process.now()
        until = now + timedelta(seconds=seconds)
        held = await runs.put_off(self._database, run.id, by=run.lease_by, until=until, now=now)
        return (
            Delivery(DeliveryOutcome.PUT_OFF, error=error)
            if held
            else Delivery(DeliveryOutcome.HELD_ELSEWHERE)
        )

    async def release(self, run: Run) -> None:
        """Gives back a run that was cut off, so that others need not wait for its lease to lapse."""
        now = self._process.now()
        await runs.put_off(self._database, run.id, by=run.lease_by, until=now, now=now)

    async def scan_failed(self, run: Run, error: ScanFailed) -> Delivery:
        if run.day is None:
            # The person who pressed *Send now* is waiting, sees that it was skipped, and can press again.
            await runs.skipped(self._database, run.id, RunSkip.LATE, now=self._process.now(), by=run.lease_by)
            return Delivery(DeliveryOutcome.FAILED, error=error)
        return await self.put_off(run, self._process.timeouts.wait(run.tries), error)

    async def search_failed(self, run: Run, failure: PostAnswer) -> Delivery:
        """Slack does not say whether it was posted. Past its time it would not be posted again anyway, so it
        ends."""
        is_closed = failure.status is PostStatus.CLOSED
        if is_closed or self.too_late(run):
            return await self.skipped(run, RunSkip.PAUSED if is_closed else RunSkip.LATE)
        return await self.put_off(run, failure.wait or self._process.timeouts.wait(run.tries))

    def too_late(self, run: Run) -> bool:
        return self._process.now() - run.due > LATE_AFTER
