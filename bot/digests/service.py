"""Everything that can be done with digests. Knows nothing of Slack's payloads."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from bot.access.people import Actor, People
from bot.access.post_targets import Pause, PersonProblem, PostTargets, is_person, pause_for
from bot.autumn.models import Organization
from bot.digests import repository
from bot.digests.delivery import runs
from bot.digests.delivery.owner_notice import OwnerNotifier, TellOwner
from bot.digests.delivery.poster import DigestPoster
from bot.digests.delivery.posting import DigestPosting
from bot.digests.delivery.settlement import Delivery
from bot.digests.items import ReportItem
from bot.digests.model import DeliveryOutcome, Digest, DigestContent, NewDigest, Schedule, TooManyDigests
from bot.digests.process import DigestProcess, DigestTimeouts
from bot.digests.report import build
from bot.digests.report.model import ItemPage, Report, RowQuery
from bot.digests.report.report_reader import ReportReader
from bot.digests.scan.scanner import ReportProgress, Scanner
from bot.digests.sections import past_due
from bot.digests.ticker import Ticker
from bot.metrics import Metrics
from bot.runtime import Runtime
from bot.slack.channels import ChannelProblem, Channels
from bot.store import leases


@dataclass(frozen=True, slots=True)
class DigestSlack:
    """What digests need from Slack and from the rest of the bot."""

    client: AsyncWebClient
    """Never retries on its own."""
    tell_owner: TellOwner
    people: People
    shared_channels: frozenset[str] = frozenset()
    """Ids of channels shared with another company that digests may still go to."""
    new_blocks: float = 3600.0
    """Seconds for which a refusal of the newer blocks is remembered."""
    organization: Callable[[], Organization | None] = lambda: None
    """The one Autumn's key belongs to, once it is known."""


class DigestService:
    """`moved`: called when a tick has made progress."""

    def __init__(
        self,
        runtime: Runtime,
        slack: DigestSlack,
        *,
        metrics: Metrics,
        timeouts: DigestTimeouts | None = None,
        moved: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.timeouts = timeouts or DigestTimeouts()
        self._process = DigestProcess(runtime, self.timeouts, metrics)
        self._database = runtime.database
        self._env = runtime.environment
        self._now = runtime.now
        self._channels = Channels(slack.client, slack.shared_channels)
        self._targets = PostTargets(slack.client, self._channels, slack.people)
        self._reports = ReportReader(runtime, Scanner(runtime, self.timeouts.scan, metrics=metrics))
        owner_notifier = OwnerNotifier(runtime, slack.tell_owner)
        self._posting = DigestPosting(
            self._process,
            poster=DigestPoster(
                slack.client, seconds=self.timeouts.call, new_blocks=slack.new_blocks, now=runtime.now
            ),
            reports=self._reports,
            targets=self._targets,
            organization=slack.organization,
            owner_notifier=owner_notifier,
        )
        self.ticker = Ticker(self._process, posting=self._posting, owner_notifier=owner_notifier, moved=moved)

    # Setting up

    async def channel_problem(self, channel: str) -> ChannelProblem | None:
        """Why no digest may go to this channel now; None if one may. Never raises."""
        return (await self._channels.check(channel)).problem

    async def may_follow(self, channel: str, ts: str) -> bool:
        """Whether more of a digest may be posted now in the thread of this post."""
        state = await self._channels.check(channel)
        if state.problem is not None:
            return False
        was_private = await runs.was_private(self._database, channel, ts)
        return pause_for(state, was_private=was_private) is None

    async def of_channel(self, channel: str) -> list[Digest]:
        """Active and paused ones, the oldest first."""
        return await repository.of_channel(self._database, self._env, channel)

    async def of_person(self, user: str) -> list[Digest]:
        """Those that go to this person's direct messages, and those they set up for another person's; the
        oldest first."""
        return await repository.of_person(self._database, self._env, user)

    async def all(self) -> list[Digest]:
        """Active and paused, of all channels, the oldest first."""
        return await repository.everywhere(self._database, self._env)

    async def get(self, digest_id: str) -> Digest | None:
        """None if it does not exist or was removed."""
        return await repository.get(self._database, digest_id)

    async def create(
        self, submission_id: str, channel: str, owner: Actor, schedule: Schedule, content: DigestContent
    ) -> Digest | ChannelProblem | PersonProblem | TooManyDigests:
        """Creates a digest. The same submission again answers with the first one. `channel`: a channel, or a
        person for their direct messages."""
        private = await self._privacy(channel)
        if not isinstance(private, bool):
            return private
        new = NewDigest(
            submission_id=submission_id,
            env=self._env,
            channel=channel,
            team=owner.team,
            owner=owner.user,
            schedule=schedule,
            content=content,
            private=private,
        )
        return await repository.create_within_limits(self._database, new, now=self._now())

    async def _privacy(self, channel: str) -> bool | ChannelProblem | PersonProblem:
        """Whether the channel is private, as direct messages are; or why no digest may go there."""
        if is_person(channel):
            return await self._targets.problem(channel) or True
        state = await self._channels.check(channel)
        return state.problem or state.private

    # `by`: who does it, by their id in Slack.

    async def edit(
        self, digest_id: str, version: int, schedule: Schedule, content: DigestContent, *, by: str
    ) -> Digest | None:
        """None if someone else has edited or removed it since that version."""
        return await repository.edit(
            self._database,
            digest_id,
            version=version,
            schedule=schedule,
            content=content,
            now=self._now(),
            by=by,
        )

    async def pause(self, digest_id: str, *, by: str) -> Digest | None:
        """None if it is not active."""
        return await repository.pause(self._database, digest_id, Pause.ASKED, now=self._now(), by=by)

    async def resume(self, digest_id: str, *, by: str) -> Digest | ChannelProblem | PersonProblem | None:
        """Resumes it: due from now on, and the channel's current privacy is stored. None if it is not
        paused."""
        digest = await self.get(digest_id)
        if digest is None:
            return None
        private = await self._privacy(digest.channel)
        if not isinstance(private, bool):
            return private
        return await repository.resume(self._database, digest_id, now=self._now(), private=private, by=by)

    async def remove(self, digest_id: str, *, by: str) -> Digest | None:
        """The digest as it was; None if it was removed before."""
        return await repository.remove(self._database, digest_id, now=self._now(), by=by)

    # What a digest says

    async def send_now(
        self, digest_id: str, run_id: str, asked_by: str, report_progress: ReportProgress | None = None
    ) -> Delivery:
        """Posts a digest right away, whatever its schedule.

        `run_id`: the same for a request that is repeated, which then does nothing (TAKEN); at most 64
        characters. If it is put off, it is posted as soon as possible.
        """
        began = self._now()
        if await self.get(digest_id) is None:
            return Delivery(DeliveryOutcome.GONE)
        run = await runs.sent_by_hand(
            self._database,
            digest_id,
            run_id,
            asked_by=asked_by,
            by=leases.new_name(),
            lease=self._process.lease,
            now=began,
        )
        if run is None:
            return Delivery(DeliveryOutcome.HELD_ELSEWHERE)
        delivery = await self._posting.deliver(run, report_progress)
        self.ticker.record(run, delivery, began)
        return delivery

    async def preview(
        self, digest: Digest, report_progress: ReportProgress | None = None
    ) -> tuple[Report, RowQuery]:
        """What it would say now. Raises ScanFailed."""
        previous = await runs.previous(self._database, digest.id, self._now())
        return await self._reports.of_digest(digest, report_progress, previous=previous)

    async def upcoming(
        self, days: int, zone: str, report_progress: ReportProgress | None = None
    ) -> tuple[Report, RowQuery]:
        """Everything there is to report for the next days. Raises ScanFailed."""
        return await self._reports.ahead(DigestContent(days=days), zone, report_progress)

    async def past_due(self) -> list[ReportItem]:
        """Subscriptions that are past due now, by a reading of Autumn without previews. Raises ScanFailed."""
        content = DigestContent(frozenset({past_due.SECTION.key}), days=1)
        _, query = await self._reports.ahead(content, "UTC", None)
        rows = await self.rows(query.at(sections=tuple(content.sections)))
        return [item async for item in rows]

    async def page(self, query: RowQuery) -> ItemPage:
        """Raises ScanGone if the rows have been deleted."""
        return await build.page(self._database, query)

    async def rows(self, query: RowQuery) -> AsyncIterator[ReportItem]:
        """All rows. Raises ScanGone."""
        return await build.rows(self._database, query)
