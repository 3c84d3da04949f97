"""A list of extra allowances and grants is applied by two processes that are killed at random: every line
once."""

import asyncio
import json
import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from bot.access.people import Actor
from bot.batches.line_steps import submission_id
from bot.batches.model import BatchLine, BatchLineRecord, BatchResult, BatchState, LineState
from bot.changes.line_form import LineCells
from bot.store.tables import changes
from sandbox.autumn import Limits, LocalAutumn
from tests.databases import fresh
from tests.proofs.batch_process import BatchBot, batch_bot, keep_applying
from tests.proofs.deployment import ASKER, Spec
from tests.proofs.figures import Figures
from tests.proofs.killable import Process
from tests.proofs.ledger import reconcile

_APPROVER = Actor("U_LEA", "T1")
_SPARE = 1.5
"""Customers for each line: some have no messages, or several parts of them."""
_GIVEN = Decimal(10)
_KINDS = ("balance", "grant")
"""In turn: both add to what is granted."""
_LOOK = 0.05
_PATIENCE = 300
"""Seconds after which the batch is taken to be stuck."""


@dataclass(frozen=True)
class _Killing:
    times: int
    dice: random.Random


async def killed_midway(lines: int, kills: int, seed: int = 1) -> Figures:
    figures = Figures(f"{lines} lines, two processes on PostgreSQL, killed {kills} times")
    database = await asyncio.to_thread(fresh, "postgresql")
    async with LocalAutumn.running(seed=round(lines * _SPARE), limits=Limits.off()) as local:
        spec = Spec(database, local.url, local.key)
        async with batch_bot(spec) as people:
            batch_id = await _approved(people, lines)
            before = await _granted(people, batch_id)
            killing = _Killing(kills, random.Random(seed))  # noqa: S311 - nothing secret
            await _apply(figures, people, spec, batch_id, killing)
            await _judge(figures, people, local, batch_id, before)
            await reconcile(people.database, local.ledger, figures)
    return figures


async def _approved(people: BatchBot, lines: int) -> str:
    listed = (await people.autumn.customers(limit=1000)).list
    wanted = [
        BatchLine(number, customer.id, LineCells("messages", str(_GIVEN)), _KINDS[number % len(_KINDS)])
        for number, customer in enumerate(listed, 1)
        if customer.id
    ]
    checked = (await people.batches.check(wanted[: people.batches.most_lines], ASKER)).without_problems()
    # As many as asked for, of those that can be requested.
    numbers = {line.line.number for line in checked.lines[:lines]}
    checked = await people.batches.check([line for line in wanted if line.number in numbers], ASKER)
    submitted = await people.batches.submit("list", checked, ASKER, reason="outage", channel="C_SUPPORT")
    if submitted.batch is None:
        raise LookupError(submitted.result)
    approved = await people.batches.approve(submitted.batch.id, submitted.batch.revision, _APPROVER)
    if approved.result is not BatchResult.DONE:
        raise LookupError(approved.result)
    return submitted.batch.id


async def _apply(figures: Figures, people: BatchBot, spec: Spec, batch_id: str, killing: "_Killing") -> None:
    """Kills come at random moments while lines are applied, spread over the batch."""
    bots = [Process(keep_applying, spec), Process(keep_applying, spec)]
    for bot in bots:
        bot.start()
    killed, due = 0, 0
    try:
        async with asyncio.timeout(_PATIENCE):
            while (record := await people.batches.get(batch_id)) and record.state is BatchState.RUNNING:
                if killed < killing.times and record.progress.ended >= due:
                    await asyncio.sleep(killing.dice.uniform(0, 0.15))
                    victim = killing.dice.choice(bots)
                    await asyncio.to_thread(victim.kill)
                    victim.start()
                    killed += 1
                    due = killed * record.progress.all // (killing.times + 1)
                await asyncio.sleep(_LOOK)
    except TimeoutError:
        figures.hold(False, "the batch is stuck")
    finally:
        await asyncio.gather(*(asyncio.to_thread(bot.stop) for bot in bots))
    figures.count("processes killed", killed)


async def _judge(
    figures: Figures, people: BatchBot, local: LocalAutumn, batch_id: str, before: Mapping[str, Decimal]
) -> None:
    record = await people.batches.get(batch_id)
    figures.hold(record is not None and record.state is BatchState.DONE, f"the batch is {record}")
    written = Counter((write.idempotency_key or "") for write in local.ledger if write.applied)
    attempts = await _attempts(people, batch_id)
    after = await _granted(people, batch_id)
    for line in await people.batches.results(batch_id):
        times = sum(written[f"maple:{change}:0"] for change in attempts[line.number])
        customer = line.input.customer
        figures.count("lines")
        figures.count(f"lines {line.state}")
        figures.count(f"lines of the kind {line.input.kind}")
        figures.count("lines attempted again", line.attempt > 0)
        if line.state is LineState.APPLIED:
            figures.hold(times == 1, f"line {line.number} is applied, and was written {times} times")
        else:
            unsure = line.state is LineState.UNCONFIRMED
            figures.hold(unsure, f"line {line.number} is {line.state}: {line.why}")
            figures.hold(times <= 1, f"line {line.number} was written {times} times")
        given = after[customer] - before[customer]
        figures.hold(given == times * _GIVEN, f"{customer} was given {given} by {times} writes")


async def _attempts(people: BatchBot, batch_id: str) -> Mapping[int, list[str]]:
    """The changes that each line became, one after the other."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    async with people.database.reading() as connection:
        rows = await connection.execute(
            select(changes.c.id, changes.c.submission_id).where(changes.c.batch == batch_id)
        )
        by_submission = {row.submission_id: row.id for row in rows}
    lines: list[BatchLineRecord] = list(await people.batches.results(batch_id))
    for line in lines:
        for attempt in range(line.attempt + 1):
            change = by_submission.pop(submission_id(batch_id, line.number, attempt), None)
            found[line.number] += [change] if change else []
    if by_submission:
        raise LookupError(json.dumps(by_submission))
    return found


async def _granted(people: BatchBot, batch_id: str) -> Mapping[str, Decimal]:
    granted = {}
    for line in await people.batches.results(batch_id):
        customer = await people.autumn.customer(line.input.customer)
        balance = customer.balances.get("messages")
        granted[line.input.customer] = balance.granted if balance else Decimal(0)
    return granted
