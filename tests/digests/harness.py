"""A local Slack, a local Autumn, a database, and any number of bots' digest services between them, on one
clock."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

import aiohttp
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import select

from bot.access.people import Installation, People
from bot.autumn.client import Autumn
from bot.autumn.models import Environment
from bot.autumn.retry_policy import RetryPolicy
from bot.digests import repository, rows
from bot.digests.delivery.owner_notice import OwnerMessage
from bot.digests.list_card import digest_stopped
from bot.digests.model import EVERY_DAY, Digest, DigestContent, NewDigest, Run, Schedule
from bot.digests.process import DigestTimeouts
from bot.digests.scan.scanner import ScanPace
from bot.digests.service import DigestService, DigestSlack
from bot.metrics import Metrics
from bot.runtime import Checkpoint, Runtime, no_checkpoint
from bot.store.database import Database, unbroken
from bot.store.tables import digest_runs
from sandbox.autumn import LocalAutumn, LocalLimits
from sandbox.slack import LocalSlack
from sandbox.slack.model import LocalMessage
from tests.autumn.scripted import UNLIMITED
from tests.databases import Engine, fresh
from tests.running import MANIFEST

DUE = datetime(2026, 11, 23, 9, tzinfo=UTC)
"""When a digest from `DigestHarness.digest` is first due. A Monday."""
SUPPORT, BILLING, FINANCE, SHARED = "C01SUPPORT", "C02BILLING", "C04FINANCE", "C05SHARED"
AT_ONCE = ScanPace(page=0, rows=0, preview=0, invoices=0, again=(), poll=0.01, report=0)
QUICK = DigestTimeouts(channel=0, overall=0, scan=AT_ONCE)
FEW = 4
"""Customers enough for a post with a thread: one is past due and will be billed. Each scan reads all of them,
and previews their invoices."""
PLANS = frozenset({"free", "starter", "pro", "team"})
"""What the customers have. Each scan reads the whole catalogue."""
TIMES = Schedule(EVERY_DAY, time(9), "UTC")
ALWAYS = DigestContent(skip_empty=False)
SHORT = DigestContent(sections=frozenset({"past_due"}), skip_empty=False)
"""Its scan and its report take a third of the time that those of all sections take."""


@dataclass
class DigestHarness:
    slack: LocalSlack
    autumn: LocalAutumn
    url: str
    """The database's URL."""
    database: Database
    """The test's own view of it: each bot opens it for itself, as a process does."""
    _stack: AsyncExitStack
    now: datetime = DUE - timedelta(hours=1)
    metrics: Metrics = field(default_factory=Metrics)
    _made: int = 0

    def clock(self) -> datetime:
        return self.now

    def at(self, now: datetime) -> None:
        """Sets everyone's clock."""
        self.now = now
        self.slack.clock.set(now)
        self.autumn.clock.set(now)

    def move(self, **by: float) -> None:
        self.at(self.now + timedelta(**by))

    async def bot(
        self,
        *,
        timeouts: DigestTimeouts = QUICK,
        checkpoint: Checkpoint = no_checkpoint,
        attempts: int = 1,
        shared: frozenset[str] = frozenset(),
        database: Database | None = None,
    ) -> DigestService:
        """The digest service of one more process."""
        if database is None:
            database = Database(self.url)
            self._stack.push_async_callback(database.aclose)
        autumn = Autumn(
            key=SecretStr(self.autumn.key),
            url=self.autumn.url,
            limits=UNLIMITED,
            retry_policy=RetryPolicy(connect=2, attempt=5, whole=10, attempts=attempts),
        )
        self._stack.push_async_callback(autumn.aclose)
        session = await self._stack.enter_async_context(aiohttp.ClientSession())
        slack = AsyncWebClient(
            token=self.slack.bot_token, base_url=self.slack.api_url, session=session, retry_handlers=[]
        )

        service = DigestService(
            Runtime(database, autumn, Environment.SANDBOX, self.clock, checkpoint),
            DigestSlack(
                slack,
                OwnerMessage(slack, digest_stopped),
                People(slack, lambda: Installation("T01NORTHW"), seconds=0),
                shared_channels=shared,
            ),
            metrics=self.metrics,
            timeouts=timeouts,
        )
        self._stack.push_async_callback(service.ticker.stop, 1)
        return service

    async def digest(
        self,
        channel: str = SUPPORT,
        *,
        schedule: Schedule = TIMES,
        content: DigestContent = SHORT,
        private: bool = False,
    ) -> Digest:
        """A digest of Ana's that is due at DUE."""
        self._made += 1
        return await repository.create(
            self.database,
            NewDigest(
                submission_id=f"form-{self._made}",
                env=Environment.SANDBOX,
                channel=channel,
                team="T01",
                owner="U01ANA",
                schedule=schedule,
                content=content,
                private=private,
            ),
            now=self.now,
        )

    def posts(self, channel: str = SUPPORT) -> list[LocalMessage]:
        """The digests in the channel, without their threads."""
        return self._messages(channel, "maple_digest")

    def replies(self, channel: str = SUPPORT) -> list[LocalMessage]:
        """The messages in the digests' threads."""
        return self._messages(channel, "maple_digest_details")

    def sent_to_people(self) -> list[LocalMessage]:
        """The digests in direct messages."""
        direct = [post.channel for post in self.told()]
        return [post for channel in dict.fromkeys(direct) for post in self.posts(channel)]

    def _messages(self, channel: str, event: str) -> list[LocalMessage]:
        return [
            post
            for post in self.slack.workspace.posts
            if post.channel == channel and post.metadata and post.metadata["event_type"] == event
        ]

    def told(self) -> list[LocalMessage]:
        """The notices Maple sent people in direct messages."""
        return [post for post in self.slack.workspace.posts if post.channel.startswith("D")]

    def called(self, method: str) -> int:
        return sum(call.method == method for call in self.slack.calls)

    def scans(self) -> int:
        """How often the list of all customers was read from the start."""
        return sum(call.route == "customers.list" for call in self.autumn.calls)

    def count(self, outcome: str) -> float:
        """The number of attempts that ended like this."""
        return self.metrics.registry.get_sample_value("maple_digest_runs_total", {"outcome": outcome}) or 0

    async def runs(self) -> list[Run]:
        """Oldest first."""
        return await _runs(self.database)

    async def last(self) -> Run:
        return (await self.runs())[-1]

    async def lease(self) -> datetime | None:
        """When the last run's lease ends."""
        return await _lease(self.database)


@unbroken
async def _runs(database: Database) -> list[Run]:
    async with database.reading() as connection:
        result = await connection.execute(select(digest_runs).order_by(digest_runs.c.due, digest_runs.c.id))
        return [rows.run(row) for row in result]


@unbroken
async def _lease(database: Database) -> datetime | None:
    newest = select(digest_runs.c.lease_until).order_by(digest_runs.c.due.desc(), digest_runs.c.id.desc())
    async with database.reading() as connection:
        return (await connection.execute(newest)).scalars().first()


async def tick(*bots: DigestService) -> None:
    """Each service looks for due digests and delivers them."""
    for bot in bots:
        await bot.ticker.tick()
    for bot in bots:
        await bot.ticker.idle()


@asynccontextmanager
async def digest_harness(engine: Engine = "sqlite", *, seed: str | int = FEW) -> AsyncIterator[DigestHarness]:
    async with (
        LocalSlack.running(manifest=MANIFEST) as slack,
        LocalAutumn.running(seed, clock=DUE, limits=LocalLimits.off()) as autumn,
        AsyncExitStack() as stack,
    ):
        for plan in set(autumn.state.plans) - PLANS:
            del autumn.state.plans[plan]
        url = fresh(engine)
        database = Database(url)
        stack.push_async_callback(database.aclose)
        new_bench = DigestHarness(slack, autumn, url, database, stack)
        new_bench.at(new_bench.now)
        yield new_bench
