"""Bots as they are run, in processes of their own behind one local Slack, and people who click."""

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
"""Said when somebody clicked and there was no time left to open a form."""
_PATIENCE = 60.0
_FREE = 1_000_000


@dataclass
class Log:
    """What a bot writes; it grows."""

    path: Path
    lines: list[str] = field(default_factory=list)
    handled: int = 0
    """How many of Slack's requests it is done with."""
    _read: int = 0

    def grow(self) -> "Log":
        with self.path.open("rb") as file:
            file.seek(self._read)
            whole = file.read().rpartition(b"\n")[0]
        if whole:
            self._read += len(whole) + 1
            fresh = whole.decode().splitlines()
            self.lines += fresh
            self.handled += sum('"event": "handled"' in one for one in fresh)
        return self

    async def port(self) -> int:
        """Where it listens, once it takes requests. Raises NotReady."""
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
    """Of each bot."""
    people: list[LocalPerson] = field(default_factory=list)
    copiers: list[Copier] = field(default_factory=list)

    async def idle(self) -> None:
        """Waits until the bots are done with every request they were sent, copies included."""
        async with asyncio.timeout(_PATIENCE):
            while sum(log.grow().handled for log in self.logs) < self._sent():  # noqa: ASYNC110 - a log tells nobody
                await asyncio.sleep(0.005)

    def _sent(self) -> int:
        # One that Slack gave up after three seconds may never have been read.
        sent = sum(
            delivery.outcome != "operation_timeout" and is_handled(delivery) for delivery in self.slack.sent
        )
        return sent + sum(copier.copies for copier in self.copiers)

    @asynccontextmanager
    async def copying(self) -> AsyncIterator[None]:
        """Every request of Slack's in the block comes five times."""
        async with copying(self.slack, self.idle) as copier:
            self.copiers.append(copier)
            yield

    async def until(self, seen: Callable[[], bool]) -> None:
        async with asyncio.timeout(_PATIENCE):
            while not seen():
                await self.slack.workspace.feed.changed()

    # What can be seen

    def cards(self) -> list[LocalMessage]:
        """Those that can be decided on, oldest first."""
        return [record for record in self.slack.workspace.history(APPROVALS) if change_of(record)]

    def heard(self, person: LocalPerson, since: str) -> list[LocalMessage]:
        """What was said to this person alone after a moment, which is a message's ts."""
        workspace = self.slack.workspace
        direct = workspace.im(person.id, workspace.bot.id)
        aside = [record for record in workspace.history(APPROVALS, person.id) if record.only_for == person.id]
        return [one for one in [*aside, *workspace.history(direct.id)] if one.ts > since]

    def read(self, person: LocalPerson, message: LocalMessage) -> str:
        return BlockReader(self.slack.workspace, person.user).message(message, {})

    async def waiting(self) -> dict[str, Record]:
        found = await change_records.find(self.database, changes.c.state == State.WAITING, limit=_FREE)
        return {match.id: match for match in found}

    async def record(self, change_id: str) -> Record:
        (found,) = await change_records.find(self.database, changes.c.id == change_id, limit=1)
        return found

    # What people do

    async def deny(self, person: LocalPerson, card: LocalMessage) -> bool:
        """Opens the form that asks why; False when it is too late for that. Whoever is told that Maple had no
        time for it clicks again."""
        stack = self.slack.views.stack
        while change_of(card):
            since = self.slack.workspace.next_ts()
            await person.click("Deny", on=card)
            await self.until(partial(self._answered, person, since))
            if stack(person.id):
                return True
            if any(BUSY not in self.read(person, one) for one in self.heard(person, since)):
                return False
        return False

    def _answered(self, person: LocalPerson, since: str) -> bool:
        return bool(self.slack.views.stack(person.id) or self.heard(person, since))

    async def say_why(self, person: LocalPerson) -> None:
        await person.fill(approvals_words.REASON, "Not this month")
        await person.submit()


def change_of(card: LocalMessage) -> str:
    """The id of the change that a card lets people decide on; empty when it does not."""
    for _, element in elements.each(card.blocks):
        if element.get("action_id") == "approve":
            return Ref.decode(element["value"]).id
    return ""


def as_run(**environment: str) -> AbstractContextManager[Started]:
    return running("bot", **environment)


@asynccontextmanager
async def slack_deployment(
    engine: Engine,
    processes: int,
    people: int,
    start: Callable[..., AbstractContextManager[Started]] = as_run,
) -> AsyncIterator[SlackDeployment]:
    url = await asyncio.to_thread(fresh, engine)
    database = Database(url, patience=30)
    async with (
        LocalSlack.running(manifest=MANIFEST) as slack,
        LocalAutumn.running(seed="demo", limits=LocalLimits.off()) as autumn,
    ):
        # Real ones take as many as come in a second; hundreds of changes at once are not what is looked at.
        slack.limit = PostLimit(slack.clock, per_second=_FREE, burst=_FREE)
        environment = _environment(slack, autumn, url)
        stack = ExitStack()
        try:
            started = [stack.enter_context(start(**environment)) for _ in range(processes)]
            logs = tuple(Log(process.output) for process in started)
            ports = [await log.port() for log in logs]
            slack.deliveries.spread(*(f"http://127.0.0.1:{port}{EVENTS_PATH}" for port in ports))
            made = SlackDeployment(slack, autumn, database, logs)
            for number in range(people):
                made.people.append(slack.person(slack.workspace.join(f"p{number:02}", "#billing").name))
            yield made
        finally:
            # They still talk to Slack on their way out.
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
