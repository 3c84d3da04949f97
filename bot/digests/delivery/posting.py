"""One due day of a digest carried: look for it, scan, report, check the channel, post, settle.

The process may die at any await. The points where it matters, by their checkpoint, and what is found then:

    claimed     the day is taken, nothing is read      lease lapses: carried again from the start
    reported    it is known what to say                the same
    marked      a post is noted, perhaps sent          lease lapses: looked for in Slack, posted if not there
    sent        Slack took it                          the same: found, and settled
    settled     posted, and known to be                nothing is left to do
    paused      the digest is paused, its owner not    told by whoever looks next
                told

Nobody posts but under the lease, and what was perhaps posted is looked for before it is posted again. The
lease outlasts the one request by far, and the request is cut off long before the lease lapses.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from slack_sdk.web.async_client import AsyncWebClient

from bot.digests import repository as book
from bot.digests.delivery import runs
from bot.digests.delivery.channel_queue import ChannelQueue
from bot.digests.delivery.owner_notice import OwnerNotifier
from bot.digests.delivery.runs import LATE_AFTER
from bot.digests.model import Digest, Figures, Pause, Run, Skip
from bot.digests.report.model import Report, RowQuery
from bot.digests.report.reading import Reading
from bot.digests.scan.scanner import ReportProgress, ScanFailed
from bot.digests.timeouts import DigestTimeouts
from bot.kit.card import Card
from bot.log import log
from bot.runtime import Runtime
from bot.slack import marked_posts
from bot.slack.block_refusals import CardForm
from bot.slack.channels import Channel, ChannelProblem, Channels
from bot.slack.errors import PostAnswer, PostStatus
from bot.slack.marked_posts import Mark
from bot.store import leases

Draw: TypeAlias = Callable[[Report, Digest, RowQuery, datetime | None, Sequence[date]], Card]
"""A digest's message. The time it was due, if it is late; and the days that were skipped since the last."""


PAUSES = {
    "not_in_channel": Pause.REMOVED,
    "channel_not_found": Pause.REMOVED,
    "is_archived": Pause.ARCHIVED,
    "restricted_action": Pause.RESTRICTED,
    "restricted_action_read_only_channel": Pause.RESTRICTED,
    "restricted_action_thread_only_channel": Pause.RESTRICTED,
    "restricted_action_non_threadable_channel": Pause.RESTRICTED,
}
"""Refusals that will be the same tomorrow."""

_PAUSES = {
    ChannelProblem.DIRECT: Pause.REMOVED,
    ChannelProblem.OUT: Pause.REMOVED,
    ChannelProblem.ARCHIVED: Pause.ARCHIVED,
    ChannelProblem.SHARED: Pause.SHARED,
}


SAID_LATE = timedelta(minutes=10)
"""A post that comes later than this after its time says so."""
_EVER = datetime(2000, 1, 1, tzinfo=UTC)


class DeliveryOutcome(StrEnum):
    POSTED = "posted"
    FOUND = "found"
    """It had been posted already, by a process that could not say so any more."""
    EMPTY = "empty"
    LATE = "late"
    PAUSED = "paused"
    """Not posted: its channel is none to post in, or the digest is paused or removed."""
    PUT_OFF = "put_off"
    """Not yet: tried again by whoever is there then."""
    FAILED = "failed"
    """Sent by hand, and Autumn could not be read: not tried again."""
    TAKEN = "taken"
    """Somebody else is at it, or has done it."""
    GONE = "gone"
    """Sent by hand, and there is no such digest any more."""


@dataclass(frozen=True, slots=True)
class Delivery:
    outcome: DeliveryOutcome
    channel: str = ""
    ts: str = ""
    """With POSTED and FOUND: Slack's timestamp."""
    pause: Pause | None = None
    """With PAUSED: why, where that was found out just now."""
    error: ScanFailed | None = None
    """With FAILED; and with PUT_OFF when it was Autumn."""


_OUTCOMES = {
    Skip.EMPTY: DeliveryOutcome.EMPTY,
    Skip.LATE: DeliveryOutcome.LATE,
    Skip.PAUSED: DeliveryOutcome.PAUSED,
}


def pause_for(channel: Channel, *, was_private: bool) -> Pause | None:
    """Why a digest that was set up there cannot go on; None when it can, or when that is not known."""
    if channel.problem is not None:
        return _PAUSES.get(channel.problem)
    return Pause.PUBLIC if was_private and not channel.private else None


class Posting:
    """`name`: of this process, unlike any other's. `slack`: a client that never sends again by itself.
    `new_blocks`: seconds for which a refusal of the newer blocks is remembered."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        name: str,
        slack: AsyncWebClient,
        reading: Reading,
        channels: Channels,
        draw: Draw,
        telling: OwnerNotifier,
        pace: DigestTimeouts,
        new_blocks: float,
    ) -> None:
        self._name = name
        self._database = runtime.database
        self._slack = slack
        self._reading = reading
        self._channels = channels
        self._draw = draw
        self._now = runtime.now
        self._pace = pace
        self._checkpoint = runtime.checkpoint
        self._turns = ChannelQueue(channel=pace.channel, overall=pace.overall)
        self._form = CardForm(new_blocks, clock=lambda: runtime.now().timestamp())
        self.settling = Settling(runtime, name=name, telling=telling, pace=pace)
        self.sending: set[str] = set()
        """Runs of which a post is being sent: better not cut off."""

    async def carry(self, run: Run, watch: ReportProgress | None = None) -> Delivery:
        """An attempt, for whoever holds the run's lease; it is renewed meanwhile."""
        async with self._keeping(run.id):
            await self._checkpoint("claimed")
            return await self._begun(run, watch)

    async def _begun(self, run: Run, watch: ReportProgress | None) -> Delivery:
        if run.posting_at is not None:
            call = timedelta(seconds=self._pace.call)
            found = await marked_posts.find(
                self._slack, run.channel, _mark(run), sent_at=run.posting_at, within=call
            )
            if found.ts:
                return await self.settling.posted(run, found.ts, DeliveryOutcome.FOUND)
            if found.answer is not PostStatus.TAKEN:
                return await self.settling.not_found_out(run, found)
        if self.settling.too_late(run):
            return await self.settling.skipped(run, Skip.LATE)
        digest = await book.get(self._database, run.digest)
        if digest is None or (digest.pause is not None and run.day is not None):
            return await self.settling.skipped(run, Skip.PAUSED)
        return await self._read(run, digest, watch)

    async def _read(self, run: Run, digest: Digest, watch: ReportProgress | None) -> Delivery:
        before = await runs.previous(self._database, digest.id, run.due)
        try:
            report, query = await self._reading.of_run(
                run, digest, watch, before=before.figures if before else None
            )
        except ScanFailed as failed:
            return await self.settling.not_read(run, failed)
        await runs.made_from(
            self._database, run.id, query.scan, report.figures, by=self._name, covers_until=report.end
        )
        await self._checkpoint("reported")
        if report.empty and digest.wanted.skip_empty and run.day is not None:
            return await self.settling.skipped(run, Skip.EMPTY)
        left_out = await self._left_out(digest, before)
        card = self._draw(report, digest, query, self._late(run), left_out)
        async with self._turns.of(run.channel):
            return await self._to_channel(run, digest, card, report.figures)

    def _late(self, run: Run) -> datetime | None:
        return run.due if run.day is not None and self._now() - run.due > SAID_LATE else None

    async def _left_out(self, digest: Digest, before: Run | None) -> list[date]:
        """Days that were due since the last post and had none, whatever there was to say."""
        since = before.due if before else _EVER
        skipped = await runs.skipped_since(self._database, digest.id, since)
        return sorted(run.day for run in skipped if run.day is not None)

    async def _to_channel(self, run: Run, digest: Digest, card: Card, figures: Figures) -> Delivery:
        seen = await self._channels.look(run.channel)
        pause = pause_for(seen, was_private=digest.private)
        if pause is not None:
            return await self.settling.paused(run, digest, pause)
        if seen.problem is not None:
            return await self.settling.put_off(run, seen.wait or self._pace.wait(run.tries))
        self.sending.add(run.id)
        try:
            return await self._post(run, digest, card, figures)
        finally:
            self.sending.discard(run.id)

    async def _post(self, run: Run, digest: Digest, card: Card, figures: Figures) -> Delivery:
        until = asyncio.get_running_loop().time() + self._pace.call
        marked = await runs.about_to_post(
            self._database, run.id, by=self._name, lease=self._pace.lease_time, now=self._now()
        )
        if not marked:
            return Delivery(DeliveryOutcome.TAKEN)
        await self._checkpoint("marked")
        said = await self._send(run, card, until)
        await self._checkpoint("sent")
        if said.answer is PostStatus.TAKEN:
            return await self.settling.posted(run, said.ts, DeliveryOutcome.POSTED, figures)
        return await self._not_taken(run, digest, said)

    async def _send(self, run: Run, card: Card, until: float) -> PostAnswer:
        """`until`, by the event loop's clock: a process that was held up since it noted that it would send
        may not send any more."""
        blocks = self._form.first(card)
        if asyncio.get_running_loop().time() >= until:
            return PostAnswer(PostStatus.DOUBT, "held_up")
        try:
            async with asyncio.timeout_at(until):
                said = await marked_posts.send(self._slack, run.channel, _mark(run), card.text, blocks)
                plain = (
                    self._form.again(card, blocks, said.reason) if said.answer is PostStatus.BLOCKS else None
                )
                if plain is None:
                    return said
                log.warning("blocks refused", error=said.reason, reference=run.id, channel=run.channel)
                return await marked_posts.send(self._slack, run.channel, _mark(run), card.text, plain)
        except TimeoutError:
            return PostAnswer(PostStatus.DOUBT, "timeout")

    async def _not_taken(self, run: Run, digest: Digest, said: PostAnswer) -> Delivery:
        log.warning("digest not posted", error=said.reason, reference=run.id, channel=run.channel)
        if said.answer is PostStatus.DOUBT:
            return await self.settling.put_off(run, self._pace.wait(run.tries, self._pace.doubt))
        if not run.tried_to_post:
            # It is sure that there is none; but for the sake of an attempt before this one, it is looked for.
            await runs.not_posted(self._database, run.id, by=self._name, now=self._now())
        if said.answer is PostStatus.CLOSED:
            return await self.settling.paused(run, digest, PAUSES[said.reason])
        return await self.settling.put_off(run, said.wait or self._pace.wait(run.tries))

    def _keeping(self, run_id: str) -> AbstractAsyncContextManager[None]:
        """Renews the lease for as long as the block takes."""

        async def renew() -> bool:
            lease = self._pace.lease_time
            return await runs.renew(self._database, run_id, by=self._name, lease=lease, now=self._now())

        return leases.kept(renew, every=self._pace.renew)


class Settling:
    """`name`: of this process, unlike any other's."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        name: str,
        telling: OwnerNotifier,
        pace: DigestTimeouts,
    ) -> None:
        self._name = name
        self._database = runtime.database
        self._telling = telling
        self._now = runtime.now
        self._pace = pace
        self._checkpoint = runtime.checkpoint

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


def _mark(run: Run) -> Mark:
    """By which the post of a run is found again. Stored in Slack: never rename it."""
    return Mark("maple_digest", {"run": run.id})
