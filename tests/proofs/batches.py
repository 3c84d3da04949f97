"""A list with every kind of change is applied by two processes that are killed at random: each line once."""

import asyncio
import json
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import select

from bot.access.people import Actor
from bot.approvals.lifecycle import Cause, ChangeEvent
from bot.batches.line_steps import submission_id
from bot.batches.model import BatchLineRecord, BatchResult, BatchState, LineState
from bot.changes.model import key
from bot.store import audit
from bot.store.tables import changes
from sandbox.autumn import LocalAutumn, LocalLimits
from tests.databases import fresh
from tests.proofs.batch_lines import Example, household_lines
from tests.proofs.batch_process import BatchBot, batch_bot, keep_applying
from tests.proofs.deployment import AGENT, Spec
from tests.proofs.figures import Figures
from tests.proofs.killable import Process
from tests.proofs.ledger import reconcile

_APPROVER = Actor("U_LEA", "T1")
_POLL = 0.05
_PATIENCE = 120
"""Seconds without progress after which the batch counts as stuck."""


@dataclass
class _Killing:
    times: int
    dice: random.Random
    moments: list[tuple[datetime, datetime]] = field(default_factory=list)
    """Before and after each kill."""


@dataclass(frozen=True)
class _List:
    """A batch, and what each of its lines changes in the local Autumn."""

    id: str
    examples: Mapping[int, Example]
    before: Mapping[int, float]
    """The measure of each line, before any was applied."""


async def killed_midway(lines: int, kills: int, seed: int = 1) -> Figures:
    figures = Figures(f"{lines} lines, two processes on PostgreSQL, killed {kills} times")
    database = await asyncio.to_thread(fresh, "postgresql")
    async with LocalAutumn.running(seed=0, limits=LocalLimits.off()) as local:
        spec = Spec(database, local.url, local.key)
        async with batch_bot(spec) as people:
            batch = await _approved(people, local, lines)
            killing = _Killing(kills, random.Random(seed))  # noqa: S311 - reproducible
            await _apply(figures, people, spec, batch.id, killing)
            await _judge(figures, people, local, batch, killing)
            await reconcile(people.database, local.ledger, figures)
    return figures


async def _approved(people: BatchBot, local: LocalAutumn, lines: int) -> _List:
    household = household_lines(local.state, lines)
    checked = await people.batches.check([line for _, line in household], AGENT)
    submitted = await people.batches.submit("list", checked, AGENT, reason="outage", channel="C_SUPPORT")
    if submitted.batch is None:
        raise LookupError(f"{submitted.result}: {checked.problems}")
    batch_id = submitted.batch.id
    examples = {line.number: example for example, line in household}
    before = _measured(examples, await people.batches.results(batch_id), local)
    approved = await people.batches.approve(batch_id, submitted.batch.revision, _APPROVER)
    if approved.result is not BatchResult.DONE:
        raise LookupError(approved.result)
    return _List(batch_id, examples, before)


def _measured(
    examples: Mapping[int, Example], lines: Sequence[BatchLineRecord], local: LocalAutumn
) -> Mapping[int, float]:
    return {
        line.number: examples[line.number].measure(local.state.customers[line.input.customer])
        for line in lines
    }


async def _apply(figures: Figures, people: BatchBot, spec: Spec, batch_id: str, killing: _Killing) -> None:
    """Kills come at random moments while lines are applied, spread over the batch."""
    bots = [Process(keep_applying, spec), Process(keep_applying, spec)]
    for bot in bots:
        bot.start()
    killed, due, ended = 0, 0, 0
    clock = asyncio.get_running_loop().time
    try:
        async with asyncio.timeout(_PATIENCE) as stuck:
            while (record := await people.batches.get(batch_id)) and record.state is BatchState.RUNNING:
                if record.progress.ended > ended:
                    ended = record.progress.ended
                    stuck.reschedule(clock() + _PATIENCE)
                if killed < killing.times and record.progress.ended >= due:
                    await asyncio.sleep(killing.dice.uniform(0, 0.15))
                    victim = killing.dice.choice(bots)
                    before = datetime.now(UTC)
                    await asyncio.to_thread(victim.kill)
                    killing.moments.append((before, datetime.now(UTC)))
                    victim.start()
                    killed += 1
                    due = killed * record.progress.all // (killing.times + 1)
                await asyncio.sleep(_POLL)
    except TimeoutError:
        figures.check(False, "the batch is stuck")
    finally:
        await asyncio.gather(*(asyncio.to_thread(bot.stop) for bot in bots))
    figures.count("processes killed", killed)


async def _judge(
    figures: Figures, people: BatchBot, local: LocalAutumn, batch: _List, killing: _Killing
) -> None:
    record = await people.batches.get(batch.id)
    figures.check(record is not None and record.state is BatchState.DONE, f"the batch is {record}")
    received = Counter(write.idempotency_key for write in local.ledger)
    written = Counter(write.idempotency_key for write in local.ledger if write.applied)
    attempts = await _attempts(people, batch.id)
    steps = await _steps(people)
    lines = await people.batches.results(batch.id)
    after = _measured(batch.examples, lines, local)
    for line in lines:
        keys = [key(change, 0) for change in attempts[line.number]]
        times = sum(written.pop(write, 0) for write in keys)
        where = f"line {line.number}, {line.input.kind} of {line.input.customer}"
        figures.count("lines")
        figures.count(f"lines {line.state}")
        figures.count(f"lines of the kind {line.input.kind}")
        figures.count("lines for an entity", bool(line.input.entity))
        figures.count("lines attempted again", line.attempt > 0)
        figures.count("lines found done after a process was killed", line.why == Cause.FOUND_DONE)
        figures.check(sum(received[write] for write in keys) <= 1, f"{where}: sent several times")
        difference, by = after[line.number] - batch.before[line.number], batch.examples[line.number].by
        figures.check(difference == times * by, f"{where}: {times} writes changed {difference}, each {by}")
        if line.state is LineState.APPLIED:
            figures.check(times == 1, f"{where}: applied, and written {times} times")
        elif line.state is LineState.UNCONFIRMED:
            figures.count("unconfirmed, but written", times)
            figures.check(times <= 1, f"{where}: written {times} times")
            cut_off = line.why == Cause.CUT_OFF and _died_between(steps[line.change_id], killing)
            figures.check(cut_off, f"{where}: unconfirmed ({line.why}), though no process was killed")
        else:
            figures.check(False, f"{where}: {line.state}, {line.why}, and written {times} times")
    figures.check(not written, f"written, by no line: {written}")


def _died_between(steps: Mapping[str, datetime], killing: _Killing) -> bool:
    """Whether a process was killed after the write was recorded and before its outcome was."""
    recorded, ended = steps[ChangeEvent.WRITING], steps[ChangeEvent.UNCONFIRMED]
    return any(recorded <= after and before <= ended for before, after in killing.moments)


async def _steps(people: BatchBot) -> Mapping[str, Mapping[str, datetime]]:
    """When each change took each step, by the change and the step."""
    steps: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
    async with people.database.reading() as connection:
        async for entry in audit.entries(connection):
            steps[entry.change_id][entry.event] = datetime.fromisoformat(entry.at)
    return steps


async def _attempts(people: BatchBot, batch_id: str) -> Mapping[int, list[str]]:
    """The ids of the changes that each line became, in order."""
    attempts: defaultdict[int, list[str]] = defaultdict(list)
    async with people.database.reading() as connection:
        rows = await connection.execute(
            select(changes.c.id, changes.c.submission_id).where(changes.c.batch == batch_id)
        )
        by_submission = {row.submission_id: row.id for row in rows}
    lines: list[BatchLineRecord] = list(await people.batches.results(batch_id))
    for line in lines:
        for attempt in range(line.attempt + 1):
            change = by_submission.pop(submission_id(batch_id, line.number, attempt), None)
            attempts[line.number] += [change] if change else []
    if by_submission:
        raise LookupError(json.dumps(by_submission))
    return attempts
