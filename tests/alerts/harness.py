"""A local Slack, a local Autumn, a database, and the alerts of any number of bots, all on one clock."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import select

from bot.access.people import Installation, People
from bot.alerts import deliveries, repository, sources
from bot.alerts.deliveries import ReportedOccurrence, message_event_id
from bot.alerts.model import AlertChoice, AlertSubscription, Occurrence
from bot.alerts.poll import PastDueCustomer
from bot.alerts.posting import AlertTimeouts
from bot.alerts.repository import NewSubscription
from bot.alerts.service import AlertService
from bot.autumn.client import Autumn
from bot.autumn.models import Environment
from bot.autumn.retry_policy import RetryPolicy
from bot.metrics import Metrics
from bot.runtime import Checkpoint, Runtime, no_checkpoint
from bot.slack.channels import Channels
from bot.store.database import Database, unbroken
from bot.store.tables import alert_deliveries
from sandbox.autumn import LocalAutumn, LocalLimits
from sandbox.slack import LocalSlack
from sandbox.slack.model import LocalMessage
from tests.autumn.scripted import UNLIMITED
from tests.databases import Engine, fresh
from tests.running import MANIFEST

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SUPPORT, FINANCE, SHARED, ANA = "C01SUPPORT", "C04FINANCE", "C05SHARED", "U01ANA"
EVERYTHING = AlertChoice(frozenset(source.key for source in sources.SOURCES))
QUICK = AlertTimeouts(channel=0, overall=0)
LIMIT = Occurrence("cus_acme", feature="messages", facts={"limit": "included"})


@dataclass
class AlertHarness:
    slack: LocalSlack
    autumn: LocalAutumn
    url: str
    """The database's URL."""
    database: Database
    """The test's own view of it: each bot opens it for itself, as a process does."""
    _stack: AsyncExitStack
    now: datetime = NOW
    metrics: Metrics = field(default_factory=Metrics)
    past_due: list[PastDueCustomer] = field(default_factory=list)
    """What polling Autumn's customers finds."""
    looks: int = 0
    _made: int = 0

    def clock(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        """Moves the clocks of the bots, of Slack and of Autumn."""
        self.now += timedelta(**by)
        self.slack.clock.set(self.now)
        self.autumn.clock.set(self.now)

    def new_database(self) -> Database:
        """The database, opened as another process would."""
        database = Database(self.url)
        self._stack.push_async_callback(database.aclose)
        return database

    async def bot(
        self,
        *,
        timeouts: AlertTimeouts = QUICK,
        checkpoint: Checkpoint = no_checkpoint,
        shared: frozenset[str] = frozenset(),
        database: Database | None = None,
    ) -> AlertService:
        """The alert service of another process."""
        autumn = Autumn(
            key=SecretStr(self.autumn.key),
            url=self.autumn.url,
            limits=UNLIMITED,
            retry_policy=RetryPolicy(connect=2, attempt=5, whole=10, attempts=1),
        )
        self._stack.push_async_callback(autumn.aclose)
        session = await self._stack.enter_async_context(aiohttp.ClientSession())
        slack = AsyncWebClient(
            token=self.slack.bot_token, base_url=self.slack.api_url, session=session, retry_handlers=[]
        )

        async def find_past_due() -> Sequence[PastDueCustomer]:
            self.looks += 1
            return self.past_due

        team = str(self.slack.person("ana").user.team_id)
        service = AlertService(
            Runtime(database or self.new_database(), autumn, Environment.SANDBOX, self.clock, checkpoint),
            slack=slack,
            channels=Channels(slack, shared),
            people=People(slack, lambda: Installation(team), seconds=0),
            find_past_due=find_past_due,
            webhooks=True,
            metrics=self.metrics,
            timeouts=timeouts,
        )
        self._stack.push_async_callback(service.ticker.stop, 1)
        return service

    async def subscribe(
        self, channel: str = SUPPORT, choice: AlertChoice = EVERYTHING, *, private: bool = False
    ) -> AlertSubscription:
        """Subscribes the channel for Ana."""
        self._made += 1
        team = str(self.slack.person("ana").user.team_id)
        new = NewSubscription(f"form-{self._made}", channel, team, ANA, choice, private)
        subscription = await repository.create(self.database, Environment.SANDBOX, new, now=self.now)
        assert isinstance(subscription, AlertSubscription)
        return subscription

    async def happens(self, occurrence: Occurrence = LIMIT, source: str = "limit_reached") -> int:
        """Autumn reports an event in a new message. Returns the number of deliveries due."""
        self._made += 1
        report = ReportedOccurrence(source, occurrence, message_event_id("sandbox", f"msg_{self._made}", 0))
        return await deliveries.note(self.database, Environment.SANDBOX, [report], now=self.now)

    def posts(self, channel: str = SUPPORT) -> list[LocalMessage]:
        """Alerts in the channel."""
        return [post for post in self.slack.workspace.posts if post.channel == channel and post.metadata]

    def personal(self) -> list[LocalMessage]:
        """What Maple sent people in direct messages."""
        return [post for post in self.slack.workspace.posts if post.channel.startswith("D")]

    def count(self, outcome: str) -> float:
        """The number of attempts that ended like this."""
        labels = {"source": "limit_reached", "outcome": outcome}
        return self.metrics.registry.get_sample_value("maple_alerts_total", labels) or 0

    def called(self, method: str) -> int:
        return sum(call.method == method for call in self.slack.calls)

    async def states(self) -> list[tuple[str, str | None]]:
        """The state of every delivery, and why it was skipped."""
        return await delivery_states(self.database)


@unbroken
async def delivery_states(database: Database) -> list[tuple[str, str | None]]:
    """The state of every delivery, and why it was skipped."""
    query = select(alert_deliveries.c.state, alert_deliveries.c.skip).order_by(alert_deliveries.c.created_at)
    async with database.reading() as connection:
        return [(row.state, row.skip) for row in await connection.execute(query)]


def full_text(message: LocalMessage) -> str:
    """All text of the message."""
    return json.dumps(message.blocks, ensure_ascii=False)


@asynccontextmanager
async def alert_harness(engine: Engine = "sqlite") -> AsyncIterator[AlertHarness]:
    async with (
        LocalSlack.running(manifest=MANIFEST) as slack,
        LocalAutumn.running(seed="demo", clock=NOW, limits=LocalLimits.off()) as autumn,
        AsyncExitStack() as stack,
    ):
        url = fresh(engine)
        database = Database(url)
        stack.push_async_callback(database.aclose)
        harness = AlertHarness(slack, autumn, url, database, stack)
        harness.move(seconds=0)
        yield harness
