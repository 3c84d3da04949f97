"""Fifty people decide on one change at once; and twenty changes wait while one of them is decided."""

import asyncio
import random
from contextlib import ExitStack
from multiprocessing.connection import Connection

from sqlalchemy import func, select

from bot.approvals.lifecycle import Record, State
from bot.approvals.results import Result
from bot.changes.balance.words import BalanceAction
from bot.changes.details.request import DetailsInput
from bot.changes.model import ChangeInput
from bot.store.database import Database
from bot.store.tables import decisions
from tests.databases import Engine
from tests.proofs.change_process import Answer, Click, decide, perform_click
from tests.proofs.deployment import Deployment, bot, deployment
from tests.proofs.figures import Figures
from tests.proofs.killable import worker
from tests.proofs.ledger import reconcile

PEOPLE = 50
OPEN = 20
_DECIDED = {State.APPLIED, State.DENIED}


async def one_change(engine: Engine, processes: int, rounds: int) -> Figures:
    """The first click decides, and everyone else is told who was first."""
    figures = Figures(f"{PEOPLE} people decide on one change at once: {engine}, {processes} process(es)")
    async with deployment(engine) as deployed, bot(deployed.spec) as observer:
        with ExitStack() as stack:
            connections = [stack.enter_context(worker(decide, deployed.spec)) for _ in range(processes)]
            for number in range(rounds):
                record = await deployed.submit(observer.changes, _edit(deployed, number))
                answers = await _click(connections, record, number)
                after = await observer.changes.get(record.id)
                assert after is not None
                await _judge(figures, observer.database, after, answers)
                written = [
                    write for write in deployed.local.ledger if _belongs(record, write.idempotency_key)
                ]
                expected = 1 if after.state is State.APPLIED else 0
                figures.check(len(written) == expected, f"{record.id}: {len(written)} writes, {after.state}")
        await reconcile(observer.database, deployed.local.ledger, figures)
    return figures


def _edit(deployed: Deployment, number: int) -> ChangeInput:
    if number % 3 == 0:
        return deployed.balance(BalanceAction.GIVE, 1 + number)
    if number % 3 == 1:
        return deployed.balance(BalanceAction.SET, 10_000 + number)
    return DetailsInput(customer="cus_bold", name=f"Bold {number}")


async def _click(connections: list[Connection], record: Record, seed: int) -> list[Answer]:
    dice = random.Random(seed)  # noqa: S311 - reproducible
    # An approval reads Autumn before it decides, so a simultaneous denial would always be first. Hence in
    # some rounds nobody denies, and in others people deny a moment later.
    denying, delay = ((0.5, 0.0), (0.0, 0.0), (0.5, 0.2), (0.1, 0.4))[seed % 4]
    clicks = []
    for person in range(PEOPLE):
        denies = dice.random() < denying
        clicks.append(Click(f"U_{person}", not denies, dice.random() * delay if denies else 0))
    dice.shuffle(clicks)
    for number, connection in enumerate(connections):
        connection.send((record.id, clicks[number :: len(connections)]))
    answers = await asyncio.gather(*(asyncio.to_thread(connection.recv) for connection in connections))
    return [answer for part in answers for answer in part]


async def _judge(figures: Figures, database: Database, after: Record, answers: list[Answer]) -> None:
    first = [answer for answer in answers if answer.result is Result.DONE]
    figures.count("rounds")
    figures.count("clicks", len(answers))
    figures.count(
        "of them decided by approval" if after.state is State.APPLIED else "of them decided by denial"
    )
    figures.count("told who was first", sum(answer.result is Result.TOO_LATE for answer in answers))
    figures.check(after.state in _DECIDED, f"{after.id} is {after.state}")
    figures.check(len(first) == 1, f"{after.id}: {len(first)} were first")
    for answer in answers:
        result = Result.DONE if answer in first else Result.TOO_LATE
        figures.check(answer.result is result, f"{after.id}: {answer.click.person} was told {answer.result}")
        figures.check(answer.first == after.decided_by, f"{after.id}: {answer.first} is said to be first")
    async with database.reading() as connection:
        counted = select(func.count()).where(decisions.c.change_id == after.id)
        number = (await connection.execute(counted)).scalar_one()
    figures.check(number == 1, f"{after.id}: {number} decisions")
    figures.count("decisions", number)


def _belongs(record: Record, key: str | None) -> bool:
    return (key or "").startswith(f"maple:{record.id}:")


async def one_of_many(engine: Engine, clicks: int) -> Figures:
    """A click on one of twenty changes decides that one and does not affect the others."""
    figures = Figures(f"One of {OPEN} open changes is clicked: {engine}")
    dice = random.Random(20)  # noqa: S311 - reproducible
    async with deployment(engine) as deployed, bot(deployed.spec) as observer:
        for _ in range(OPEN):
            await deployed.submit(observer.changes, deployed.balance(BalanceAction.GIVE, 1))
        for number in range(clicks):
            before = {record.id: record for record in await observer.changes.waiting()}
            clicked = dice.choice(sorted(before))
            approves = dice.random() < 0.5
            await perform_click(observer.changes, clicked, Click(f"U_{number % PEOPLE}", approves))
            decided = await observer.changes.get(clicked)
            assert decided is not None
            expected = State.APPLIED if approves else State.DENIED
            figures.check(decided.state is expected, f"{clicked} is {decided.state}, not {expected}")
            before.pop(clicked)
            after = {record.id: record for record in await observer.changes.waiting()}
            figures.check(before == after, f"a click on {clicked} touched another")
            figures.count("clicks")
            figures.count("other cards checked after a click", len(after))
            await deployed.submit(observer.changes, deployed.balance(BalanceAction.GIVE, 1))
        await reconcile(observer.database, deployed.local.ledger, figures)
    return figures
