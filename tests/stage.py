"""The whole of it in one event loop: a local Slack, a local Autumn, and the real bot between them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from bot.app import Maple, build
from bot.http import EVENTS_PATH
from bot.settings import Settings
from bot.timings import Timings
from sandbox.autumn import LocalAutumn
from sandbox.slack import LocalSlack, Person

MANIFEST = Path(__file__).parent.parent / "app_manifest.yml"
Mode = Literal["http", "socket"]


@dataclass(frozen=True, slots=True)
class Stage:
    slack: LocalSlack
    autumn: LocalAutumn
    bot: Maple
    mode: Mode
    _running: AsyncExitStack

    async def stop(self) -> None:
        """Tells the bot to stop, and waits until it has."""
        await self._running.aclose()

    @property
    def bot_team(self) -> str:
        """The id of the workspace the bot is installed in."""
        return str(self.slack.person("ana").user.team_id)

    @property
    def ana(self) -> Person:
        return self.slack.person("ana")

    @property
    def raj(self) -> Person:
        return self.slack.person("raj")

    @property
    def gus(self) -> Person:
        return self.slack.person("gus")

    @property
    def eve(self) -> Person:
        return self.slack.person("eve")

    @property
    def lea(self) -> Person:
        return self.slack.person("lea")


def settings_for(slack: LocalSlack, autumn: LocalAutumn, mode: Mode) -> Settings:
    """The settings an admin would give, on a free port."""
    return Settings(
        slack_bot_token=SecretStr(slack.bot_token),
        slack_signing_secret=SecretStr(slack.signing_secret),
        slack_app_token=SecretStr(slack.app_token) if mode == "socket" else None,
        slack_api_url=slack.api_url,
        autumn_secret_key=SecretStr(autumn.key),
        autumn_url=autumn.url,
        port=0,
    )


@asynccontextmanager
async def on_stage(mode: Mode, *, timings: Timings | None = None, seed: str = "demo") -> AsyncIterator[Stage]:
    """Everything running, and Slack's requests on their way to the bot in this mode."""
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(LocalSlack.running(manifest=MANIFEST))
        autumn = await stack.enter_async_context(LocalAutumn.running(seed=seed))
        running = await stack.enter_async_context(AsyncExitStack())
        bot = await running.enter_async_context(
            build(settings_for(slack, autumn, mode), timings=timings).running()
        )
        if mode == "http":
            slack.request_url = f"{bot.url}{EVENTS_PATH}"
        yield Stage(slack, autumn, bot, mode, running)
