"""Everything in one event loop: a local Slack, a local Autumn, and the real bot between them."""

import atexit
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal
from uuid import uuid4

from pydantic import SecretStr

from bot.access.people import Actor
from bot.alerts.posting import AlertTimeouts
from bot.app import Maple
from bot.approvals.preview import ChangeTimeouts
from bot.autumn.throttle import Limits
from bot.batches.running import BatchTimeouts
from bot.digests.process import DigestTimeouts
from bot.digests.scan.pacing import ScanPace
from bot.settings import Settings
from bot.slack.http import EVENTS_PATH
from bot.timings import Timeouts
from sandbox.autumn import LocalAutumn
from sandbox.slack import LocalPerson, LocalSlack
from tests.databases import USUAL, fresh
from tests.drawn import all_handled

MANIFEST = Path(__file__).parent.parent / "app_manifest.yml"
APPROVALS = "C02BILLING"
PATIENCE = 30.0
"""Seconds that Slack waits for the bot: a machine that runs several tests at once may need more than 3."""
_scratch = TemporaryDirectory(prefix="maple-tests-")
atexit.register(_scratch.cleanup)
Mode = Literal["http", "socket"]


class Clock:
    """The current time, plus the time by which the clock was moved."""

    def __init__(self) -> None:
        self._moved = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._moved

    def move(self, by: timedelta) -> None:
        self._moved += by


@dataclass(frozen=True, slots=True)
class Running:
    slack: LocalSlack
    autumn: LocalAutumn
    bot: Maple
    mode: Mode
    _running: AsyncExitStack
    clock: Clock
    """The bot's clock; the local Autumn has its own."""

    async def stop(self) -> None:
        """Stops the bot and waits until it has stopped."""
        await self._running.aclose()

    @asynccontextmanager
    async def another(self, *, ahead: timedelta = timedelta()) -> AsyncIterator[Maple]:
        """Another bot on the same database, whose clock is `ahead`. Over HTTP, Slack's requests go to it
        until the block ends."""
        second_bot = Maple(
            self.bot.settings,
            timeouts=self.bot.timeouts,
            now=lambda: self.clock.now() + ahead,
        )
        async with second_bot.running() as bot:
            before = self.slack.request_url
            if self.mode == "http":
                self.slack.request_url = f"{bot.url}{EVENTS_PATH}"
            yield bot
            self.slack.request_url = before

    @property
    def bot_team(self) -> str:
        """The id of the workspace the bot is installed in."""
        return str(self.slack.person("ana").user.team_id)

    @property
    def ana(self) -> LocalPerson:
        return self.slack.person("ana")

    @property
    def raj(self) -> LocalPerson:
        return self.slack.person("raj")

    @property
    def gus(self) -> LocalPerson:
        return self.slack.person("gus")

    @property
    def eve(self) -> LocalPerson:
        return self.slack.person("eve")

    @property
    def max(self) -> LocalPerson:
        return self.slack.person("max")

    @property
    def lea(self) -> LocalPerson:
        return self.slack.person("lea")


def actor(person: LocalPerson) -> Actor:
    """As the bot knows them."""
    return Actor(person.id, person.user.team_id)


_ANY_SETTINGS = Settings(
    slack_bot_token=SecretStr("xoxb-any"),
    slack_signing_secret=SecretStr("any"),
    autumn_secret_key=SecretStr("am_sk_test_any"),
    port=0,
)
"""Reads the environment only once."""


def settings_for(
    slack: LocalSlack,
    autumn: LocalAutumn,
    mode: Mode,
    *,
    database: str = "",
    policy: Path | None = None,
    approvals: str | None = None,
    webhook_secret: SecretStr | None = None,
) -> Settings:
    """The settings an admin would use, on a free port."""
    return _ANY_SETTINGS.model_copy(
        update={
            "slack_bot_token": SecretStr(slack.bot_token),
            "slack_signing_secret": SecretStr(slack.signing_secret),
            "slack_app_token": SecretStr(slack.app_token) if mode == "socket" else None,
            "slack_api_url": slack.api_url,
            "autumn_secret_key": SecretStr(autumn.key),
            "autumn_url": autumn.url,
            "autumn_webhook_secret": webhook_secret,
            "database_url": SecretStr(database or fresh("sqlite", migrated=False)),
            "maple_policy": policy,
            "maple_approvals_channel": approvals,
        }
    )


UNHURRIED = Timeouts(limits=Limits(general=1000, events_per_customer=5), typeahead=2.0)
"""Autumn requests are not delayed, including those for events. A select waits for Autumn, however slow the
machine."""
QUICK_PACE = ChangeTimeouts(polls=(0.0, 0.02, 0.05), verify=2.0, turn_poll=0.05)
"""Changes are read back for a tenth of a second instead of seconds."""
QUICK_BATCHES = BatchTimeouts(waits=(0.0, 0.0), poll=0.02, per_second=1000)
"""No line waits for the one before it. Cards are redrawn with the first line and at the end."""
QUICK_DIGESTS = DigestTimeouts(
    channel=0.0, overall=0.0, scan=ScanPace(page=0.0, rows=0.0, preview=0.0, invoices=0.0)
)
"""All customers are read as fast as Autumn answers."""


@asynccontextmanager
async def running_maple(
    mode: Mode,
    *,
    timeouts: Timeouts = UNHURRIED,
    seed: str = "demo",
    policy: str = "",
    approvals: str | None = APPROVALS,
    pace: ChangeTimeouts = QUICK_PACE,
    database: str = "",
    digest_pace: DigestTimeouts = QUICK_DIGESTS,
    alert_pace: AlertTimeouts | None = None,
    batch_pace: BatchTimeouts = QUICK_BATCHES,
    webhook_secret: SecretStr | None = None,
) -> AsyncIterator[Running]:
    """Everything running, with Slack's requests sent to the bot in this mode.

    `policy`: TOML text, or empty for the built-in policy. `database`: the URL of a migrated database, or
    empty for a new one.
    """
    timeouts = replace(
        timeouts,
        changes=pace,
        batches=batch_pace,
        digests=digest_pace,
        alerts=alert_pace or AlertTimeouts(),
    )
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(LocalSlack.running(manifest=MANIFEST, patience=PATIENCE))
        stack.enter_context(all_handled(slack))
        autumn = await stack.enter_async_context(LocalAutumn.running(seed=seed))
        running = await stack.enter_async_context(AsyncExitStack())
        clock = Clock()
        settings = settings_for(
            slack,
            autumn,
            mode,
            database=database or fresh(USUAL),
            policy=written_policy(policy) if policy else None,
            approvals=approvals,
            webhook_secret=webhook_secret,
        )
        bot = await running.enter_async_context(Maple(settings, timeouts=timeouts, now=clock.now).running())
        if mode == "http":
            slack.request_url = f"{bot.url}{EVENTS_PATH}"
        yield Running(slack, autumn, bot, mode, running, clock)


def written_policy(policy: str) -> Path:
    path = Path(_scratch.name) / f"{uuid4().hex}.toml"
    path.write_text(policy)
    return path
