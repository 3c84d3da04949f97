"""A bulk change measured against its pace.

The optimum is the time the lines take at the rate at which they may begin, as if Autumn and Maple took no
time. Measured from the approval until the bulk change is done: every line read, written, read back and
recorded.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from benchmarks import customers, processes
from benchmarks.report import Table, show
from bot.access.people import Actor
from bot.access.policy import Decision, DecisionReason, Request
from bot.approvals.card_posting import ApprovalsChannel
from bot.approvals.lifecycle import ChangeEvent, Record
from bot.approvals.names import CustomerNames
from bot.approvals.service import ChangeService, Surroundings
from bot.autumn.client import Autumn
from bot.autumn.models import Environment
from bot.batches.model import BatchLine, BatchRecord, BatchState, LineState
from bot.batches.running import BatchTimeouts
from bot.batches.service import BatchService
from bot.changes.line_form import LineCells
from bot.runtime import Runtime
from bot.slack.channels import Channel
from bot.store.database import Database
from bot.store.migrate import migrate

_REQUESTER, _APPROVER = Actor("U01ANA", "T01"), Actor("U02RAJ", "T01")
_SPARE = 1.3
"""Customers per line: some have no balance of messages, or several."""
_POLL = 0.25
"""Seconds between checks, each of which reads all lines."""
GOAL = 1.1


@dataclass(frozen=True, slots=True)
class Plan:
    lines: int = 500
    rounds: int = 3
    pace: BatchTimeouts = field(default_factory=BatchTimeouts)


@dataclass(frozen=True, slots=True)
class Row:
    lines: int
    applied: int
    optimum: float
    """Seconds."""
    duration: float
    """Seconds."""

    @property
    def ratio(self) -> float:
        return self.duration / self.optimum


async def _permits(_request: Request, _actor: Actor) -> Decision:
    return Decision(True, DecisionReason.ALLOWED, "benchmark", approvals=1, expires_after=timedelta(hours=1))


async def _ignore_event(_record: Record, _event: ChangeEvent) -> None:
    return None


async def _ignore_drawing(_batch_id: str, _revision: int) -> None:
    return None


async def _any_channel(_channel: str) -> Channel:
    return Channel(None)


@asynccontextmanager
async def _service(url: str, file: Path, pace: BatchTimeouts) -> AsyncIterator[BatchService]:
    async with AsyncExitStack() as stack:
        database = Database(f"sqlite:///{file}")
        stack.push_async_callback(database.aclose)
        await migrate(database)
        autumn = Autumn(key=SecretStr(processes.AUTUMN_KEY), url=url)
        stack.push_async_callback(autumn.aclose)
        runtime = Runtime(database, autumn, Environment.SANDBOX, lambda: datetime.now(UTC))
        channel = ApprovalsChannel("C01APPROVALS", _any_channel)
        surroundings = Surroundings(_permits, _ignore_event, channel, CustomerNames(autumn))
        changes = ChangeService(runtime, surroundings)
        yield BatchService(runtime, changes, surroundings, _ignore_drawing, pace)


async def one_round(url: str, file: Path, plan: Plan) -> Row:
    async with _service(url, file, plan.pace) as batches:
        lines = [
            BatchLine(number, customer, LineCells("messages", "10"))
            for number, customer in enumerate(customers.ids(url), 1)
        ]
        requestable = await batches.check(lines[: batches.most_lines], _REQUESTER)
        numbers = {line.line.number for line in requestable.lines[: plan.lines]}
        checked = await batches.check([line for line in lines if line.number in numbers], _REQUESTER)
        submitted = await batches.submit("benchmark", checked, _REQUESTER)
        if submitted.batch is None:
            raise LookupError(submitted.result)
        batches.ticker.start()
        began = time.monotonic()
        await batches.approve(submitted.batch.id, submitted.batch.revision, _APPROVER)
        record = await _wait_until_done(batches, submitted.batch.id)
        duration = time.monotonic() - began
        await batches.ticker.stop(5)
    progress = record.progress
    return Row(progress.all, progress.of(LineState.APPLIED), progress.all / plan.pace.per_second, duration)


async def _wait_until_done(batches: BatchService, batch_id: str) -> BatchRecord:
    while True:
        record = await batches.get(batch_id)
        if record is not None and record.state is BatchState.DONE:
            return record
        await asyncio.sleep(_POLL)


def measure(plan: Plan, say: Callable[[str], None]) -> list[Row]:
    """One row per round, each with its own customers and database."""
    rows = []
    for number in range(1, plan.rounds + 1):
        with (
            tempfile.TemporaryDirectory() as folder,
            processes.autumn(str(round(plan.lines * _SPARE) + 10)) as autumn,
        ):
            row = asyncio.run(one_round(autumn, Path(folder) / "maple.db", plan))
        say(f"round {number}: {row.lines} lines in {row.duration:.1f} s, {row.ratio:.2f} of the optimum")
        rows.append(row)
    return rows


def table(rows: list[Row]) -> Table:
    return Table(
        "A list of changes, round by round",
        ("lines", "applied", "optimum s", "took s", "of the optimum"),
        tuple(
            (
                str(row.lines),
                str(row.applied),
                f"{row.optimum:.1f}",
                f"{row.duration:.1f}",
                f"{row.ratio:.2f}",
            )
            for row in rows
        ),
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bulk", description=__doc__)
    parser.add_argument("--lines", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    options = parser.parse_args()
    rows = measure(Plan(options.lines, options.rounds), print)
    command = f"python -m benchmarks.bulk --lines {options.lines} --rounds {options.rounds}"
    show("bulk", command, [table(rows)], write=options.write)
    if max(row.ratio for row in rows) > GOAL:
        raise SystemExit(f"More than {GOAL} times the optimum.")


if __name__ == "__main__":
    main()
