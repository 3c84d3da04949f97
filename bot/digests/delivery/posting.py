"""Delivers one due day of a digest: look for its post, scan, report, check the channel, post. Then come the
tables and charts in the post's thread, at most once.

The process may die at any await. These are the points that matter, by their checkpoint, and what happens
then:

    claimed     the day is claimed, nothing is read    lease lapses: delivered again from the start
    reported    the report is computed                 the same
    marked      a post is marked as maybe sent         lease lapses: looked for in Slack, posted if not there
    sent        Slack accepted it                      the same: found, and its thread is posted
    headed      stored as being in the channel         lease lapses: the thread is posted
    settled     stored as posted, with its thread      nothing is left to do
    paused      the digest is paused, its owner not    told by whichever process looks next
                told

    reply_marked    the thread is marked as sent       lease lapses: looked for, sent if not there
    reply_sent      Slack accepted it                  the same: found, and the run is settled

Only the holder of the lease posts, and a post that may have gone out is looked for before another is sent.
The lease is far longer than the one request, which is cut off long before the lease lapses.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import assert_never

from bot.access.post_targets import PostTargets, pause_for_refusal
from bot.autumn.models import Organization
from bot.digests import repository
from bot.digests.card import details_card, digest_card
from bot.digests.delivery import runs
from bot.digests.delivery.owner_notice import OwnerNotifier
from bot.digests.delivery.poster import DigestPoster, Part
from bot.digests.delivery.settlement import Delivery, RunSettlement
from bot.digests.model import DeliveryOutcome, Digest, DigestContent, Run, RunSkip
from bot.digests.process import DigestProcess
from bot.digests.report.model import Report, RowQuery
from bot.digests.report.report_reader import ReportReader
from bot.digests.scan.scanner import ReportProgress, ScanFailed
from bot.kit.card import Card
from bot.log import log
from bot.slack.channel_queue import ChannelQueue
from bot.slack.errors import PostAnswer, PostStatus
from bot.slack.marked_posts import Absent, Found, SearchResult, Unknown
from bot.store import leases

MENTIONED_LATE = timedelta(minutes=10)
"""A post that is later than this says so."""
_EVER = datetime(2000, 1, 1, tzinfo=UTC)


class DigestPosting:
    def __init__(
        self,
        process: DigestProcess,
        *,
        poster: DigestPoster,
        reports: ReportReader,
        targets: PostTargets,
        organization: Callable[[], Organization | None],
        owner_notifier: OwnerNotifier,
    ) -> None:
        """`organization`: the one Autumn's key belongs to, once it is known."""
        self._process = process
        self._database = process.database
        self._poster = poster
        self._reports = reports
        self._targets = targets
        self._organization = organization
        timeouts = process.timeouts
        self._queue = ChannelQueue(channel=timeouts.channel, overall=timeouts.overall)
        self.sending: set[str] = set()
        """Runs with a post under way, or its thread: better not cut off."""
        self.settlement = RunSettlement(process, owner_notifier)
        self._thread = ThreadPosting(
            process,
            poster=poster,
            reports=reports,
            targets=targets,
            settlement=self.settlement,
            queue=self._queue,
            sending=self.sending,
        )
        self.others_wait = False
        """Whether more digests are due than are being delivered, or others are to take over the threads."""

    async def deliver(self, run: Run, report_progress: ReportProgress | None = None) -> Delivery:
        """One attempt, by the holder of the run's lease, which is renewed meanwhile."""
        async with self._lease_kept(run):
            await self._process.checkpoint("claimed")
            return await self._find_or_post(run, report_progress)

    async def _find_or_post(self, run: Run, report_progress: ReportProgress | None) -> Delivery:
        if run.head_ts:
            return await self._post_thread(run, DeliveryOutcome.THREAD)
        if run.posting_at is not None:
            earlier = await _find_earlier(self._targets, self._poster, run, run.posting_at, Part.HEAD)
            match earlier:
                case Found(ts):
                    delivery = await self._posted(run, ts, DeliveryOutcome.FOUND)
                    return await self._post_thread(replace(run, head_ts=ts), delivery.outcome)
                case Unknown(failure):
                    return await self.settlement.search_failed(run, failure)
                case Absent():
                    pass
                case _:
                    assert_never(earlier)
        if self.settlement.too_late(run):
            return await self.settlement.skipped(run, RunSkip.LATE)
        digest = await repository.get(self._database, run.digest)
        if digest is None or (digest.pause is not None and run.day is not None):
            return await self.settlement.skipped(run, RunSkip.PAUSED)
        return await self._read_and_post(run, digest, report_progress)

    async def _read_and_post(
        self, run: Run, digest: Digest, report_progress: ReportProgress | None
    ) -> Delivery:
        previous = await runs.previous(self._database, digest.id, run.due)
        try:
            report, query = await self._reports.of_run(run, digest, report_progress, previous=previous)
        except ScanFailed as error:
            return await self.settlement.scan_failed(run, error)
        await runs.store_report(
            self._database,
            run.id,
            query,
            report.figures,
            by=run.lease_by,
            covers_until=report.end,
        )
        await self._process.checkpoint("reported")
        if run.day is not None and (why := _nothing_to_post(report, digest.content)) is not None:
            return await self.settlement.skipped(run, why)
        skipped_days = await self._skipped_days(digest, previous)
        card = digest_card(
            report,
            digest=digest,
            late=self._due_if_late(run),
            skipped=skipped_days,
            org=self._organization(),
        )
        run = replace(run, query=query.encode(), figures=report.figures)
        async with self._queue.turn(run.channel):
            delivery = await self._post_if_allowed(run, digest, card)
        if delivery.outcome is not DeliveryOutcome.POSTED:
            return delivery
        if self.others_wait and run.day is not None:
            # They come before this one's thread, which a replica with room takes over.
            await self.settlement.release(run)
            return delivery
        return await self._post_thread(replace(run, head_ts=delivery.ts), delivery.outcome)

    def _due_if_late(self, run: Run) -> datetime | None:
        is_late = run.day is not None and self._process.now() - run.due > MENTIONED_LATE
        return run.due if is_late else None

    async def _skipped_days(self, digest: Digest, previous: Run | None) -> list[date]:
        """Days due since the last post that had none although there may have been something to report."""
        since = previous.due if previous else _EVER
        skipped = await runs.skipped_since(self._database, digest.id, since)
        return sorted(run.day for run in skipped if run.day is not None)

    async def _post_if_allowed(self, run: Run, digest: Digest, card: Card) -> Delivery:
        destination = await self._targets.destination(run.channel, was_private=digest.private)
        if destination.pause is not None:
            return await self.settlement.paused(run, digest, destination.pause)
        if not destination.channel:
            return await self.settlement.put_off(run, destination.wait or self._wait(run))
        with _noted(self.sending, run):
            return await self._post(run, digest, card, destination.channel)

    async def _post(self, run: Run, digest: Digest, card: Card, channel: str) -> Delivery:
        deadline = self._poster.deadline()
        process = self._process
        marked = await runs.mark_posting(
            self._database, run.id, by=run.lease_by, lease=process.lease, now=process.now()
        )
        if not marked:
            return Delivery(DeliveryOutcome.HELD_ELSEWHERE)
        await process.checkpoint("marked")
        answer = await self._poster.send(run, card, channel, deadline)
        await process.checkpoint("sent")
        if answer.status is PostStatus.TAKEN:
            return await self._posted(run, answer.ts, DeliveryOutcome.POSTED)
        return await self._not_posted(run, digest, answer)

    async def _posted(self, run: Run, ts: str, outcome: DeliveryOutcome) -> Delivery:
        """The post is in the channel, as this process knows."""
        await runs.store_head(self._database, run.id, ts, run.figures, now=self._process.now())
        await self._process.checkpoint("headed")
        return Delivery(outcome, run.channel, ts)

    async def _post_thread(self, run: Run, outcome: DeliveryOutcome) -> Delivery:
        return await self._thread.deliver(run, outcome, self._organization())

    async def _not_posted(self, run: Run, digest: Digest, answer: PostAnswer) -> Delivery:
        log.warning("digest not posted", error=answer.reason, reference=run.id, channel=run.channel)
        if answer.status is PostStatus.DOUBT:
            return await self.settlement.put_off(run, self._wait(run, self._process.timeouts.doubt))
        if not run.tried_to_post:
            # This attempt certainly did not post. Clear the marker only if no earlier attempt might have.
            await runs.clear_posting(self._database, run.id, by=run.lease_by, now=self._process.now())
        if answer.status is PostStatus.CLOSED:
            return await self.settlement.paused(run, digest, pause_for_refusal(answer.reason))
        return await self.settlement.put_off(run, answer.wait or self._wait(run))

    def _wait(self, run: Run, first: float = 0.0) -> float:
        return self._process.timeouts.wait(run.tries, first)

    def _lease_kept(self, run: Run) -> AbstractAsyncContextManager[None]:
        """Renews the lease for as long as the block takes."""
        process = self._process

        async def renew() -> bool:
            return await runs.renew(
                self._database, run.id, by=run.lease_by, lease=process.lease, now=process.now()
            )

        return leases.kept(renew, every=process.timeouts.renew)


def _nothing_to_post(report: Report, content: DigestContent) -> RunSkip | None:
    """Why a digest's day passes without a post; None if there is something to post."""
    if report.empty and (content.skip_empty or content.only_new):
        return RunSkip.EMPTY
    return RunSkip.NOTHING_NEW if report.nothing_new else None


async def _find_earlier(
    targets: PostTargets, poster: DigestPoster, run: Run, sent_at: datetime, part: Part
) -> SearchResult:
    """Looks for a message that an earlier attempt was about to send at `sent_at`."""
    address = await targets.address(run.channel)
    if not address:
        return Unknown(PostAnswer(PostStatus.DOUBT, "no_address"))
    return await poster.find(run, address, sent_at=sent_at, part=part)


class ThreadPosting:
    """Posts the tables and charts in the post's thread; if that fails in time, the run is settled without."""

    def __init__(
        self,
        process: DigestProcess,
        *,
        poster: DigestPoster,
        reports: ReportReader,
        targets: PostTargets,
        settlement: RunSettlement,
        queue: ChannelQueue,
        sending: set[str],
    ) -> None:
        self._process = process
        self._database = process.database
        self._poster = poster
        self._reports = reports
        self._targets = targets
        self._settlement = settlement
        self._queue = queue
        self._sending = sending

    async def deliver(self, run: Run, outcome: DeliveryOutcome, org: Organization | None) -> Delivery:
        """Posts the thread of a run whose post is in the channel, and settles the run.

        `outcome`: how the post got there.
        """
        done = Delivery(outcome, run.channel, run.head_ts)
        if run.reply_posting_at is not None:
            earlier = await _find_earlier(self._targets, self._poster, run, run.reply_posting_at, Part.REPLY)
            match earlier:
                case Found():
                    return await self._settle(run, done)
                case Unknown(failure):
                    return await self._later(run, done, failure)
                case Absent():
                    pass
                case _:
                    assert_never(earlier)
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
            with _noted(self._sending, run):
                return await self._post(run, done, card, destination.channel)

    async def _card(self, run: Run, org: Organization | None) -> Card | None:
        """None if there are no rows, or they have been deleted."""
        if not run.query:
            # It was posted by a version that posted no threads.
            return None
        query = RowQuery.decode(run.query)
        report = await self._reports.again(query)
        return None if report is None or not report.parts else details_card(report, query, org)

    async def _post(self, run: Run, done: Delivery, card: Card, channel: str) -> Delivery:
        deadline = self._poster.deadline()
        process = self._process
        marked = await runs.mark_reply(
            self._database, run.id, by=run.lease_by, lease=process.lease, now=process.now()
        )
        if not marked:
            return done
        await process.checkpoint("reply_marked")
        answer = await self._poster.send(run, card, channel, deadline, part=Part.REPLY)
        await process.checkpoint("reply_sent")
        if answer.status is PostStatus.TAKEN:
            return await self._settle(run, done)
        log.warning("thread not posted", error=answer.reason, reference=run.id, channel=run.channel)
        if answer.status is not PostStatus.DOUBT and run.reply_posting_at is None:
            # This attempt certainly did not post. Clear the marker only if no earlier attempt might have.
            await runs.clear_reply(self._database, run.id, by=run.lease_by, now=process.now())
        return await self._later(run, done, answer)

    async def _later(self, run: Run, done: Delivery, answer: PostAnswer) -> Delivery:
        """Tries again, unless that is pointless."""
        if answer.status is PostStatus.CLOSED or self._settlement.too_late(run):
            return await self._settle(run, done)
        first = self._process.timeouts.doubt if answer.status is PostStatus.DOUBT else 0.0
        return await self._put_off(run, done, answer.wait or self._wait(run, first))

    async def _settle(self, run: Run, done: Delivery) -> Delivery:
        return await self._settlement.posted(run, run.head_ts, done.outcome)

    async def _put_off(self, run: Run, done: Delivery, seconds: float) -> Delivery:
        now = self._process.now()
        until = now + timedelta(seconds=seconds)
        await runs.put_off(self._database, run.id, by=run.lease_by, until=until, now=now)
        return done

    def _wait(self, run: Run, first: float = 0.0) -> float:
        return self._process.timeouts.wait(run.tries, first)


@contextmanager
def _noted(sending: set[str], run: Run) -> Iterator[None]:
    """Has the run among those that are being sent until the block ends."""
    sending.add(run.id)
    try:
        yield
    finally:
        sending.discard(run.id)
