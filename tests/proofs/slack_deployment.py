"""Complete bots, each in its own process, behind one local Slack; and people who click."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.processes import NotReady, Started, running
from bot.approvals import change_records
from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Record, State
from bot.kit.carried import Ref
from bot.lookups import labels
from bot.slack.http import EVENTS_PATH
from bot.store.database import Database
from bot.store.errors import StoreSlow
from bot.store.tables import changes
from sandbox.autumn import LocalAutumn, LocalLimits
from sandbox.slack import LocalPerson, LocalSlack, PostLimit, elements
from sandbox.slack.model import LocalMessage
from sandbox.slack.render import BlockReader
from tests.databases import Engine, fresh
from tests.proofs.replay import Copier, copying, is_handled
from tests.running import APPROVALS, MANIFEST

BUSY = labels.FAILURES[StoreSlow].what
"""The message to someone who clicked when there was no time left to open a form."""
_PATIENCE = 60.0
_FREE = 1_000_000


@dataclass
class Log:
    """A bot's log, as far as it has been read."""

    path: Path
    lines: list[str] = field(default_factory=list)
    handled: int = 0
    """How many of Slack's requests it has handled."""
    _read: int = 0

    def grow(self) -> "Log":
        """Reads what was added."""
        with self.path.open("rb") as file:
            file.seek(self._read)
            whole = file.read().rpartition(b"\n")[0]
        if whole:
            self._read += len(whole) + 1
            added = whole.decode().splitlines()
            self.lines += added
            self.handled += sum('"event": "handled"' in line for line in added)
        return self

    async def port(self) -> int:
        """The port it listens on, once it accepts requests. Raises NotReady."""
        for _ in range(6000):
            for line in self.grow().lines:
                if '"started"' in line:
                    return int(json.loads(line)["port"])
            await asyncio.sleep(0.01)
        raise NotReady("\n".join(self.lines))


@dataclass
class SlackDeployment:
    slack: LocalSlack
    autumn: LocalAutumn
    database: Database
    logs: tuple["Log", ...]
    """One for each bot."""
    people: list[LocalPerson] = field(default_factory=list)
    copiers: list[Copier] = field(default_factory=list)

    async def idle(self) -> None:
        """Waits until the bots have handled every request they were sent, copies included."""
        async with asyncio.timeout(_PATIENCE):
            while sum(log.grow().handled for log in self.logs) < self._sent():  # noqa: ASYNC110 - a log does not notify
                await asyncio.sleep(0.005)

    def _sent(self) -> int:
        # A request that Slack gave up after three seconds may never have been read.
        sent = sum(
            delivery.outcome != "operation_timeout" and is_handled(delivery) for delivery in self.slack.sent
        )
        return sent + sum(copier.copies for copier in self.copiers)

    @asynccontextmanager
    async def copying(self) -> AsyncIterator[None]:
        """Every request that Slack sends in the block arrives five times."""
        async with copying(self.slack, self.idle) as copier:
            self.copiers.append(copier)
            yield

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(_PATIENCE):
            while not condition():
                await self.slack.workspace.feed.changed()

    # What can be seen

    def cards(self) -> list[LocalMessage]:
        """The cards that can be decided on, oldest first."""
        return [message for message in self.slack.workspace.history(APPROVALS) if change_of(message)]

    def messages_to(self, person: LocalPerson, since: str) -> list[LocalMessage]:
        """The messages to this person alone after a ts."""
        workspace = self.slack.workspace
        direct = workspace.im(person.id, workspace.bot.id)
        ephemeral = [
            message for message in workspace.history(APPROVALS, person.id) if message.only_for == person.id
        ]
        return [message for message in [*ephemeral, *workspace.history(direct.id)] if message.ts > since]

    def read(self, person: LocalPerson, message: LocalMessage) -> str:
        return BlockReader(self.slack.workspace, person.user).message(message, {})

    async def waiting(self) -> dict[str, Record]:
        records = await change_records.find(self.database, changes.c.state == State.WAITING, limit=_FREE)
        return {record.id: record for record in records}

    async def record(self, change_id: str) -> Record:
        (record,) = await change_records.find(self.database, changes.c.id == change_id, limit=1)
        return record

    # What people do

    async def deny(self, person: LocalPerson, card: LocalMessage) -> bool:
        """Opens the form for the reason; False when it is too late for that. Clicks again when Maple had no
        time to open it."""
        stack = self.slack.views.stack
        while change_of(card):
            since = self.slack.workspace.next_ts()
            await person.click("Deny", on=card)
            await self.until(partial(self._answered, person, since))
            if stack(person.id):
                return True
            if any(BUSY not in self.read(person, message) for message in self.messages_to(person, since)):
                return False
        return False

    def _answered(self, person: LocalPerson, since: str) -> bool:
        return bool(self.slack.views.stack(person.id) or self.messages_to(person, since))

    async def give_reason(self, person: LocalPerson) -> None:
        await person.fill(approvals_words.REASON, "Not this month")
        await person.submit()


def change_of(card: LocalMessage) -> str:
    """The id of the change that a card lets people decide on; empty when it does not."""
    for _, element in elements.each(card.blocks):
        if element.get("action_id") == "approve":
            return Ref.decode(element["value"]).id
    return ""


def run_bot(**environment: str) -> AbstractContextManager[Started]:
    return running("bot", **environment)


@asynccontextmanager
async def slack_deployment(
    engine: Engine,
    processes: int,
    people: int,
    start: Callable[..., AbstractContextManager[Started]] = run_bot,
) -> AsyncIterator[SlackDeployment]:
    url = await asyncio.to_thread(fresh, engine)
    database = Database(url, patience=30)
    async with (
        LocalSlack.running(manifest=MANIFEST) as slack,
        LocalAutumn.running(seed="demo", limits=LocalLimits.off()) as autumn,
    ):
        # Slack's limit on posts is not what is tested here.
        slack.limit = PostLimit(slack.clock, per_second=_FREE, burst=_FREE)
        environment = _environment(slack, autumn, url)
        stack = ExitStack()
        try:
            started = [stack.enter_context(start(**environment)) for _ in range(processes)]
            logs = tuple(Log(process.output) for process in started)
            ports = [await log.port() for log in logs]
            slack.deliveries.spread(*(f"http://127.0.0.1:{port}{EVENTS_PATH}" for port in ports))
            deployed = SlackDeployment(slack, autumn, database, logs)
            for number in range(people):
                deployed.people.append(slack.person(slack.workspace.join(f"p{number:02}", "#billing").name))
            yield deployed
        finally:
            # The bots still call Slack while they stop.
            await asyncio.to_thread(stack.close)
            await database.aclose()


def _environment(slack: LocalSlack, autumn: LocalAutumn, database: str) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_API_URL": slack.api_url,
        "AUTUMN_SECRET_KEY": autumn.key,
        "AUTUMN_URL": autumn.url,
        "DATABASE_URL": database,
        "MAPLE_APPROVALS_CHANNEL": APPROVALS,
        "PORT": "0",
    }
