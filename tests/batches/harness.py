"""A batch service on top of the change service's harness."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from bot.access.people import Actor
from bot.approvals.names import CustomerNames
from bot.approvals.service import ChangeService, Surroundings
from bot.autumn.models import Environment
from bot.batches.model import (
    BatchLine,
    BatchLineRecord,
    BatchOutcome,
    BatchRecord,
    BatchResult,
    LineState,
)
from bot.batches.running import BatchTimeouts
from bot.batches.service import BatchService
from bot.changes.line_form import LineCells
from bot.runtime import Checkpoint, Runtime, no_checkpoint
from bot.store.database import Database
from tests.approvals.harness import ANA, RAJ, Harness, approvals_channel, running

QUICK = BatchTimeouts(
    lease=20,
    renew=0.05,
    tick=0.01,
    redraw=0.01,
    waits=(0.0, 0.0),
    poll=0.01,
    per_second=10_000,
    at_once=4,
)
CUSTOMERS = ("cus_bold", "cus_html", "cus_rtl", "cus_lines", "cus_date", "cus_link", "cus_long")
"""Customers with a single row of messages."""


def lines_giving(*customers: str, amount: int = 100, feature: str = "messages") -> list[BatchLine]:
    return [
        BatchLine(number, customer, LineCells(feature, str(amount)))
        for number, customer in enumerate(customers, 1)
    ]


@dataclass
class Replica:
    """The services of one process."""

    batches: BatchService
    changes: ChangeService

    async def run(self) -> None:
        await self.batches.ticker.run_all()


@dataclass
class BatchHarness:
    inner: Harness
    drawn: list[tuple[str, int]] = field(default_factory=list)

    def replica(
        self,
        *,
        checkpoint: Checkpoint = no_checkpoint,
        timeouts: BatchTimeouts = QUICK,
        channel: str = "C_APPROVALS",
        most_lines: int = 500,
        env: Environment = Environment.SANDBOX,
    ) -> Replica:
        inner = self.inner
        runtime = Runtime(inner.database, inner.autumn, env, inner.clock, checkpoint)
        surroundings = Surroundings(
            inner.permissions, inner.notify, approvals_channel(channel), CustomerNames(inner.autumn)
        )
        changes = inner.service(checkpoint=checkpoint, channel=channel, env=env)
        batches = BatchService(runtime, changes, surroundings, self.draw, timeouts, most_lines=most_lines)
        return Replica(batches, changes)

    async def draw(self, batch_id: str, revision: int) -> None:
        self.drawn.append((batch_id, revision))

    async def submitted(
        self, replica: Replica, lines: list[BatchLine] | None = None, *, actor: Actor = ANA
    ) -> BatchRecord:
        """A batch that waits for approval, or is applied if it needs none; by default, of two lines."""
        outcome = await self.submit(replica, lines, actor=actor)
        assert outcome.result is BatchResult.DONE, outcome
        assert outcome.batch is not None
        return outcome.batch

    async def submit(
        self,
        replica: Replica,
        lines: list[BatchLine] | None = None,
        *,
        actor: Actor = ANA,
        key: str = "",
        reason: str = "outage",
    ) -> BatchOutcome:
        checked = await replica.batches.check(lines or lines_giving(*CUSTOMERS[:2]), actor)
        key = key or f"list-{self.inner.numbers()}"
        return await replica.batches.submit(key, checked, actor, reason=reason, channel="C_SUPPORT")

    async def approved(self, replica: Replica, lines: list[BatchLine] | None = None) -> BatchRecord:
        """A batch whose lines are to be applied."""
        batch = await self.submitted(replica, lines)
        outcome = await replica.batches.approve(batch.id, batch.revision, RAJ)
        assert outcome.result is BatchResult.DONE, outcome
        assert outcome.batch is not None
        return outcome.batch

    async def now(self, replica: Replica, batch: BatchRecord) -> BatchRecord:
        record = await replica.batches.get(batch.id)
        assert record is not None
        return record

    async def states(self, replica: Replica, batch: BatchRecord) -> list[LineState]:
        return [line.state for line in await self.lines(replica, batch)]

    async def lines(self, replica: Replica, batch: BatchRecord) -> list[BatchLineRecord]:
        return list(await replica.batches.results(batch.id))

    async def remaining(self, customer: str, feature: str = "messages") -> Decimal:
        return (await self.inner.autumn.customer(customer)).balances[feature].remaining

    async def events(self, batch: BatchRecord) -> list[str]:
        return [event.removeprefix("batch_") for event in await self.steps(batch.id)]

    async def steps(self, record_id: str) -> list[str]:
        from bot.store import audit

        async with self.inner.database.reading() as connection:
            return [entry.event async for entry in audit.entries(connection, change_id=record_id)]


@asynccontextmanager
async def batch_harness(database: Database) -> AsyncIterator[BatchHarness]:
    async with running(database) as inner:
        yield BatchHarness(inner)
