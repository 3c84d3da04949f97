"""What can be done with digests, for whoever knows who wants what; nothing of Slack's payloads."""

import secrets
from collections.abc import AsyncIterator, Callable

from slack_sdk.web.async_client import AsyncWebClient

from bot.access.people import Actor
from bot.digests import repository as book
from bot.digests.delivery import runs
from bot.digests.delivery.owner_notice import OwnerNotifier, TellOwner
from bot.digests.delivery.posting import Delivery, DeliveryOutcome, Draw, Posting, pause_for
from bot.digests.items import ReportItem
from bot.digests.model import Digest, Pause, Schedule, TooMany, Wanted
from bot.digests.report import build
from bot.digests.report.model import ItemPage, Report, RowQuery
from bot.digests.report.reading import Reading
from bot.digests.scan.scanner import ReportProgress, Scanner
from bot.digests.ticker import Ticker
from bot.digests.timeouts import DigestTimeouts
from bot.metrics import Metrics
from bot.runtime import Runtime
from bot.slack.channels import ChannelProblem, Channels


class DigestService:
    """`slack`: a client that
    never sends again by itself. `shared`: ids of channels shared with another company to which digests may
    go all the same. `new_blocks`: seconds for which a refusal of the newer blocks is remembered."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        slack: AsyncWebClient,
        shared: frozenset[str],
        draw: Draw,
        tell_owner: TellOwner,
        metrics: Metrics,
        pace: DigestTimeouts | None = None,
        new_blocks: float = 3600.0,
        moved: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.pace = pace or DigestTimeouts()
        self._database = runtime.database
        self._env = runtime.environment
        self._now = runtime.now
        self._name = secrets.token_hex(8)
        self._channels = Channels(slack, shared)
        self._reading = Reading(runtime, Scanner(runtime, self.pace.scan, metrics=metrics))
        telling = OwnerNotifier(runtime, tell_owner)
        self._posting = Posting(
            runtime,
            name=self._name,
            slack=slack,
            reading=self._reading,
            channels=self._channels,
            draw=draw,
            telling=telling,
            pace=self.pace,
            new_blocks=new_blocks,
        )
        self.ticker = Ticker(
            runtime,
            name=self._name,
            posting=self._posting,
            telling=telling,
            pace=self.pace,
            metrics=metrics,
            moved=moved,
        )

    # Setting up

    async def channel_problem(self, channel: str) -> ChannelProblem | None:
        """Why no digest may go to this channel, just now; None when one may. Never raises."""
        return (await self._channels.look(channel)).problem

    async def may_follow(self, channel: str, ts: str) -> bool:
        """Whether more of a digest may be posted under this post of it, just now."""
        seen = await self._channels.look(channel)
        if seen.problem is not None:
            return False
        was_private = await runs.was_private(self._database, channel, ts)
        return pause_for(seen, was_private=was_private) is None

    async def of_channel(self, channel: str) -> list[Digest]:
        """Active and paused, the oldest first."""
        return await book.of_channel(self._database, self._env, channel)

    async def get(self, digest_id: str) -> Digest | None:
        """None: there is none, or it was removed."""
        return await book.get(self._database, digest_id)

    async def create(
        self, submission_id: str, channel: str, owner: Actor, schedule: Schedule, wanted: Wanted
    ) -> Digest | ChannelProblem | TooMany:
        """A new one. The same submission again answers with the first one."""
        seen = await self._channels.look(channel)
        if seen.problem is not None:
            return seen.problem
        try:
            return await book.create(
                self._database,
                submission_id=submission_id,
                env=self._env,
                channel=channel,
                team=owner.team,
                owner=owner.user,
                schedule=schedule,
                wanted=wanted,
                private=seen.private,
                now=self._now(),
                limited=True,
            )
        except book.NoRoom as full:
            return full.why

    # `by`: the person who does it, by their id in Slack.

    async def edit(
        self, digest_id: str, version: int, schedule: Schedule, wanted: Wanted, *, by: str
    ) -> Digest | None:
        """None: somebody else edited or removed it since that version."""
        return await book.edit(
            self._database,
            digest_id,
            version=version,
            schedule=schedule,
            wanted=wanted,
            now=self._now(),
            by=by,
        )

    async def pause(self, digest_id: str, *, by: str) -> Digest | None:
        """None: it is not active."""
        return await book.pause(self._database, digest_id, Pause.ASKED, now=self._now(), by=by)

    async def resume(self, digest_id: str, *, by: str) -> Digest | ChannelProblem | None:
        """Due again from now on, in the channel as it is now. None: it is not paused."""
        digest = await self.get(digest_id)
        if digest is None:
            return None
        seen = await self._channels.look(digest.channel)
        if seen.problem is not None:
            return seen.problem
        return await book.resume(self._database, digest_id, now=self._now(), private=seen.private, by=by)

    async def remove(self, digest_id: str, *, by: str) -> Digest | None:
        """As it was; None: it was removed before."""
        return await book.remove(self._database, digest_id, now=self._now(), by=by)

    # What one says

    async def send_now(
        self, digest_id: str, run_id: str, asked_by: str, progress: ReportProgress | None = None
    ) -> Delivery:
        """Posts one at once, its schedule aside. `run_id`: the same for a request that comes again, which
        then does nothing (TAKEN); at most 64 characters. Put off, it is posted as soon as it can be."""
        begun = self._now()
        if await self.get(digest_id) is None:
            return Delivery(DeliveryOutcome.GONE)
        run = await runs.sent_by_hand(
            self._database,
            digest_id,
            run_id,
            asked_by=asked_by,
            by=self._name,
            lease=self.pace.lease_time,
            now=begun,
        )
        if run is None:
            return Delivery(DeliveryOutcome.TAKEN)
        carried = await self._posting.carry(run, progress)
        self.ticker.note(run, carried, begun)
        return carried

    async def preview(
        self, digest: Digest, progress: ReportProgress | None = None
    ) -> tuple[Report, RowQuery]:
        """What it would say now. Raises ScanFailed."""
        last = await runs.previous(self._database, digest.id, self._now())
        return await self._reading.of_digest(digest, progress, before=last.figures if last else None)

    async def upcoming(
        self, days: int, zone: str, progress: ReportProgress | None = None
    ) -> tuple[Report, RowQuery]:
        """All there is to say of the next days. Raises ScanFailed."""
        return await self._reading.ahead(Wanted(days=days), zone, progress)

    async def page(self, query: RowQuery) -> ItemPage:
        """Raises Expired when what it was made from is not kept any more."""
        return await build.page(self._database, query)

    async def rows(self, query: RowQuery) -> AsyncIterator[ReportItem]:
        """All of them. Raises Expired."""
        return await build.rows(self._database, query)
