"""How an attempt ends: posted, skipped, or put off."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.approvals.timeouts import Checkpoint
from bot.digests import repository as book
from bot.digests.delivery import runs
from bot.digests.delivery.days import LATE_AFTER
from bot.digests.delivery.outcome import Carried, Outcome
from bot.digests.delivery.owner_notice import Telling
from bot.digests.delivery.slack_answers import Answer, Said
from bot.digests.model import Digest, Figures, Pause, Run, Skip
from bot.digests.scan.scanner import ScanFailed
from bot.digests.timeouts import DigestPace
from bot.log import log
from bot.store.database import Database

_OUTCOMES = {Skip.EMPTY: Outcome.EMPTY, Skip.LATE: Outcome.LATE, Skip.PAUSED: Outcome.PAUSED}


class Settling:
    """`name`: of this process, unlike any other's."""

    def __init__(
        self,
        *,
        name: str,
        database: Database,
        telling: Telling,
        now: Callable[[], datetime],
        pace: DigestPace,
        checkpoint: Checkpoint,
    ) -> None:
        self._name = name
        self._database = database
        self._telling = telling
        self._now = now
        self._pace = pace
        self._checkpoint = checkpoint

    async def posted(self, run: Run, ts: str, outcome: Outcome, figures: Figures | None = None) -> Carried:
        """Whoever knows that it is in the channel may say so. `figures`: those noted before, unless given."""
        await runs.posted(self._database, run.id, ts, figures or run.figures, now=self._now())
        await self._checkpoint("settled")
        return Carried(outcome, run.channel, ts)

    async def skipped(self, run: Run, why: Skip) -> Carried:
        done = await runs.skipped(self._database, run.id, why, now=self._now(), by=self._name)
        return Carried(_OUTCOMES[why] if done else Outcome.TAKEN)

    async def paused(self, run: Run, digest: Digest, why: Pause) -> Carried:
        """The digest cannot go on, and its owner is told; this day is skipped."""
        now = self._now()
        moved = await book.pause(self._database, digest.id, why, now=now)
        await runs.skipped(self._database, run.id, Skip.PAUSED, now=now, by=self._name)
        await self._checkpoint("paused")
        carried = Carried(Outcome.PAUSED, pause=why)
        if moved is None:
            # It was paused before.
            return carried
        log.warning("digest paused", outcome=why, reference=digest.id, channel=digest.channel)
        await self._telling.due()
        return carried

    async def put_off(self, run: Run, seconds: float, error: ScanFailed | None = None) -> Carried:
        now = self._now()
        until = now + timedelta(seconds=seconds)
        held = await runs.put_off(self._database, run.id, by=self._name, until=until, now=now)
        return Carried(Outcome.PUT_OFF, error=error) if held else Carried(Outcome.TAKEN)

    async def release(self, run_id: str) -> None:
        """Lets go of a run that was cut off, so that others need not wait for its lease to lapse."""
        now = self._now()
        await runs.put_off(self._database, run_id, by=self._name, until=now, now=now)

    async def not_read(self, run: Run, error: ScanFailed) -> Carried:
        """Autumn could not be read."""
        if run.day is None:
            # Somebody waits for it, is told, and can press again.
            await runs.skipped(self._database, run.id, Skip.LATE, now=self._now(), by=self._name)
            return Carried(Outcome.FAILED, error=error)
        return await self.put_off(run, self._pace.wait(run.tries), error)

    async def not_found_out(self, run: Run, said: Said) -> Carried:
        """Whether it was posted cannot be asked. Past its time it would not be posted again, so be it."""
        if said.answer is Answer.CLOSED or self.too_late(run):
            return await self.skipped(run, Skip.PAUSED if said.answer is Answer.CLOSED else Skip.LATE)
        return await self.put_off(run, said.wait or self._pace.wait(run.tries))

    def too_late(self, run: Run) -> bool:
        return self._now() - run.due > LATE_AFTER
