"""Posts the tables and charts of a digest in the thread of its post, at most once.

It works like the post itself, with checkpoints of its own:

    reply_marked    it is marked as maybe sent    lease lapses: looked for in the thread, sent if not there
    reply_sent      Slack accepted it             the same: found, and the run is settled

The post in the channel is what counts: if its thread cannot be posted in time, the run is settled without it.
"""

from datetime import datetime, timedelta

from bot.access.post_targets import PostTargets
from bot.autumn.models import Organization
from bot.digests.card import details_card
from bot.digests.delivery import runs
from bot.digests.delivery.poster import DigestPoster, Part
from bot.digests.delivery.settlement import Delivery, RunSettlement
from bot.digests.model import DeliveryOutcome, Run
from bot.digests.process import DigestProcess
from bot.digests.report.model import RowQuery
from bot.digests.report.reading import Reading
from bot.kit.card import Card
from bot.log import log
from bot.slack.channel_queue import ChannelQueue
from bot.slack.errors import PostAnswer, PostStatus


class ThreadPosting:
    def __init__(
        self,
        process: DigestProcess,
        *,
        poster: DigestPoster,
        reading: Reading,
        targets: PostTargets,
        settlement: RunSettlement,
        queue: ChannelQueue,
    ) -> None:
        self._process = process
        self._database = process.database
        self._poster = poster
        self._reading = reading
        self._targets = targets
        self._settlement = settlement
        self._queue = queue

    async def deliver(self, run: Run, outcome: DeliveryOutcome, org: Organization | None) -> Delivery:
        """Posts the thread of a run whose post is in the channel, and settles the run.

        `outcome`: how the post got there.
        """
        done = Delivery(outcome, run.channel, run.head_ts)
        if run.reply_posting_at is not None:
            earlier_reply = await self._earlier_reply(run, run.reply_posting_at)
            if earlier_reply.ts:
                return await self._settle(run, done)
            if earlier_reply.answer is not PostStatus.TAKEN:
                return await self._later(run, done, earlier_reply)
        if self._settlement.too_late(run):
            return await self._settle(run, done)
        card = await self._card(run, org)
        if card is None:
            return await self._settle(run, done)
        async with self._queue.turn(run.channel):
            was_private = await runs.was_private(self._database, run.channel, run.head_ts)
            destination = await self._targets.destination(run.channel, was_private=was_private)
            if destination.pause is not None:
                return await self._settle(run, done)
            if not destination.channel:
                return await self._put_off(run, done, destination.wait or self._wait(run))
            return await self._post(run, done, card, destination.channel)

    async def _earlier_reply(self, run: Run, sent_at: datetime) -> PostAnswer:
        address = await self._targets.address(run.channel)
        if not address:
            return PostAnswer(PostStatus.DOUBT, "no_address")
        return await self._poster.find(run, address, sent_at=sent_at, part=Part.REPLY)

    async def _card(self, run: Run, org: Organization | None) -> Card | None:
        """None if there are no rows, or they are not kept any more."""
        if not run.query:
            # It was posted by a version that posted no threads.
            return None
        query = RowQuery.decode(run.query)
        report = await self._reading.again(query)
        return None if report is None or not report.parts else details_card(report, query, org)

    async def _post(self, run: Run, done: Delivery, card: Card, channel: str) -> Delivery:
        deadline = self._poster.deadline()
        process = self._process
        marked = await runs.mark_reply(
            self._database, run.id, by=process.name, lease=process.lease, now=process.now()
        )
        if not marked:
            return done
        await process.checkpoint("reply_marked")
        answer = await self._poster.send(run, card, channel, deadline, part=Part.REPLY)
        await process.checkpoint("reply_sent")
        if answer.answer is PostStatus.TAKEN:
            return await self._settle(run, done)
        log.warning("thread not posted", error=answer.reason, reference=run.id, channel=run.channel)
        if answer.answer is not PostStatus.DOUBT and run.reply_posting_at is None:
            # This attempt certainly did not post. Clear the marker only if no earlier attempt might have.
            await runs.clear_reply(self._database, run.id, by=process.name, now=process.now())
        return await self._later(run, done, answer)

    async def _later(self, run: Run, done: Delivery, answer: PostAnswer) -> Delivery:
        """Tries again, unless that is of no use."""
        if answer.answer is PostStatus.CLOSED or self._settlement.too_late(run):
            return await self._settle(run, done)
        first = self._process.timeouts.doubt if answer.answer is PostStatus.DOUBT else 0.0
        return await self._put_off(run, done, answer.wait or self._wait(run, first))

    async def _settle(self, run: Run, done: Delivery) -> Delivery:
        return await self._settlement.posted(run, run.head_ts, done.outcome)

    async def _put_off(self, run: Run, done: Delivery, seconds: float) -> Delivery:
        now = self._process.now()
        until = now + timedelta(seconds=seconds)
        await runs.put_off(self._database, run.id, by=self._process.name, until=until, now=now)
        return done

    def _wait(self, run: Run, first: float = 0.0) -> float:
        return self._process.timeouts.wait(run.tries, first)
