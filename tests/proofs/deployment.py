"""A local Autumn, a database, and any number of bot processes between them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

import httpx
from pydantic import SecretStr

from bot.access.people import Actor
from bot.approvals.lifecycle import ChangeEvent, Record
from bot.approvals.names import CustomerNames
from bot.approvals.preview import ChangeTimeouts
from bot.approvals.requests import ChangeRequest
from bot.approvals.service import ChangeService, Surroundings
from bot.autumn.client import Autumn, RetryPolicy
from bot.autumn.models import Environment
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction
from bot.changes.model import ChangeInput
from bot.runtime import Checkpoint, Runtime, no_checkpoint
from bot.store.database import Database
from sandbox.autumn import LocalAutumn, LocalLimits
from tests.approvals.harness import NOW, Permissions, approvals_channel
from tests.autumn.scripted import UNLIMITED
from tests.databases import Engine, fresh
from tests.proofs.edits import EditFactory, prepare

AGENT = Actor("U_AGENT", "T1")
LEASE = 20.0
PACE = ChangeTimeouts(
    lease=LEASE, renew=1.0, polls=(0, 0.01, 0.02), verify=3, turn_timeout=30, turn_poll=0.02
)
RETRY_POLICY = RetryPolicy(connect=5, attempt=10, whole=15, write=10, attempts=1)


@dataclass(frozen=True)
class Spec:
    """The settings of a bot process; can be passed to another process."""

    database: str
    url: str
    key: str
    now: datetime = NOW
    needed: int = 1

    def later(self, **duration: float) -> "Spec":
        return replace(self, now=self.now + timedelta(**duration))


@dataclass
class Bot:
    changes: ChangeService
    database: Database
    events: list[tuple[str, ChangeEvent, int]] = field(default_factory=list)
    """Reported to people: the change's id, the event, and the change's revision."""


@asynccontextmanager
async def bot(
    spec: Spec,
    *,
    checkpoint: Checkpoint = no_checkpoint,
    pace: ChangeTimeouts = PACE,
    retry_policy: RetryPolicy = RETRY_POLICY,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[Bot]:
    """A bot with the service for changes, as one process runs it."""
    database = Database(spec.database, patience=30)
    autumn = Autumn(
        key=SecretStr(spec.key),
        url=spec.url,
        limits=UNLIMITED,
        retry_policy=retry_policy,
        transport=transport,
    )
    events: list[tuple[str, ChangeEvent, int]] = []

    async def report(record: Record, event: ChangeEvent) -> None:
        events.append((record.id, event, record.revision))

    channel = approvals_channel("C_APPROVALS")
    changes = ChangeService(
        Runtime(database, autumn, Environment.SANDBOX, lambda: spec.now, checkpoint),
        Surroundings(Permissions(needed=spec.needed), report, channel, CustomerNames(autumn)),
        pace,
    )
    try:
        yield Bot(changes, database, events)
    finally:
        await autumn.aclose()
        await database.aclose()
        await asyncio.sleep(0)


@dataclass
class Deployment:
    local: LocalAutumn
    spec: Spec
    factory: EditFactory
    numbers: Iterator[int] = field(default_factory=count)

    def reset(self) -> None:
        """Restores Autumn's initial state."""
        self.local.reset()
        prepare(self.local.state)

    def edits(self) -> dict[str, ChangeInput]:
        """One of every kind of change, each different from all before it."""
        return self.factory.every(next(self.numbers))

    def balance(self, action: BalanceAction, amount: int) -> BalanceInput:
        return self.factory.balance(action, amount)

    def request(self, change: ChangeInput) -> ChangeRequest:
        return ChangeRequest(f"form-{next(self.numbers)}", change, AGENT, channel="C_SUPPORT", reason="so")

    async def submit(self, changes: ChangeService, change: ChangeInput) -> Record:
        """Raises AssertionError when the guards or the policy refuse it."""
        reply = await changes.submit(self.request(change))
        assert reply.record is not None, reply
        return reply.record


@asynccontextmanager
async def deployment(engine: Engine) -> AsyncIterator[Deployment]:
    database = await asyncio.to_thread(fresh, engine)
    async with LocalAutumn.running(seed="demo", clock=NOW, limits=LocalLimits.off()) as local:
        spec = Spec(database, local.url, local.key)
        prepare(local.state)
        autumn = Autumn(key=SecretStr(local.key), url=local.url, limits=UNLIMITED)
        async with aclosing(autumn):
            factory = await EditFactory.read(autumn)
        yield Deployment(local, spec, factory)
