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
from tests.proofs.change_process import Answer, Click, click, decide
from tests.proofs.deployment import Deployment, bot, deployment
from tests.proofs.figures import Figures
from tests.proofs.killable import at_work
from tests.proofs.ledger import reconcile

PEOPLE = 50
OPEN = 20
_DECIDED = {State.APPLIED, State.DENIED}


async def one_change(engine: Engine, processes: int, rounds: int) -> Figures:
    """Whoever is first decides, and all others are told who."""
    figures = Figures(f"{PEOPLE} people decide on one change at once: {engine}, {processes} process(es)")
    async with deployment(engine) as made, bot(made.spec) as home:
        with ExitStack() as stack:
            desks = [stack.enter_context(at_work(decide, made.spec)) for _ in range(processes)]
            for number in range(rounds):
                record = await made.ask(home.changes, _edit(made, number))
                told = await _click(desks, record, number)
                after = await home.changes.get(record.id)
                assert after is not None
                await _judge(figures, home.database, after, told)
                written = [write for write in made.local.ledger if _of(record, write.idempotency_key)]
                once = 1 if after.state is State.APPLIED else 0
                figures.hold(len(written) == once, f"{record.id}: {len(written)} writes, {after.state}")
        await reconcile(home.database, made.local.ledger, figures)
    return figures


def _edit(made: Deployment, number: int) -> ChangeInput:
    if number % 3 == 0:
        return made.balance(BalanceAction.GIVE, 1 + number)
    if number % 3 == 1:
        return made.balance(BalanceAction.SET, 10_000 + number)
    return DetailsInput(customer="cus_bold", name=f"Bold {number}")


async def _click(desks: list[Connection], record: Record, seed: int) -> list[Answer]:
    dice = random.Random(seed)  # noqa: S311 - the same every time
    # An approval reads Autumn before it decides, so a denial at the same time is first: in some rounds
    # nobody denies, in others only later.
    denying, late = ((0.5, 0.0), (0.0, 0.0), (0.5, 0.2), (0.1, 0.4))[seed % 4]
    clicks = []
    for person in range(PEOPLE):
        denies = dice.random() < denying
        clicks.append(Click(f"U_{person}", not denies, dice.random() * late if denies else 0))
    dice.shuffle(clicks)
    for number, desk in enumerate(desks):
        desk.send((record.id, clicks[number :: len(desks)]))
    told = await asyncio.gather(*(asyncio.to_thread(desk.recv) for desk in desks))
    return [one for some in told for one in some]


async def _judge(figures: Figures, database: Database, after: Record, told: list[Answer]) -> None:
    first = [message for message in told if message.result is Result.DONE]
    figures.count("rounds")
    figures.count("clicks", len(told))
    figures.count(
        "of them decided by approval" if after.state is State.APPLIED else "of them decided by denial"
    )
    figures.count(
        "told who was first", len([message for message in told if message.result is Result.TOO_LATE])
    )
    figures.hold(after.state in _DECIDED, f"{after.id} is {after.state}")
    figures.hold(len(first) == 1, f"{after.id}: {len(first)} were first")
    for message in told:
        result = Result.DONE if message in first else Result.TOO_LATE
        figures.hold(
            message.result is result, f"{after.id}: {message.click.person} was told {message.result}"
        )
        figures.hold(message.first == after.decided_by, f"{after.id}: {message.first} is said to be first")
    async with database.reading() as connection:
        counted = select(func.count()).where(decisions.c.change_id == after.id)
        taken = (await connection.execute(counted)).scalar_one()
    figures.hold(taken == 1, f"{after.id}: {taken} decisions")
    figures.count("decisions", taken)


def _of(record: Record, key: str | None) -> bool:
    return (key or "").startswith(f"maple:{record.id}:")


async def one_of_many(engine: Engine, clicks: int) -> Figures:
    """A click on one of twenty changes decides that one and leaves the others as they are."""
    figures = Figures(f"One of {OPEN} open changes is clicked: {engine}")
    dice = random.Random(20)  # noqa: S311 - the same every time
    async with deployment(engine) as made, bot(made.spec) as home:
        for _ in range(OPEN):
            await made.ask(home.changes, made.balance(BalanceAction.GIVE, 1))
        for number in range(clicks):
            before = {one.id: one for one in await home.changes.waiting()}
            clicked = dice.choice(sorted(before))
            approves = dice.random() < 0.5
            await click(home.changes, clicked, Click(f"U_{number % PEOPLE}", approves))
            decided = await home.changes.get(clicked)
            assert decided is not None
            wanted = State.APPLIED if approves else State.DENIED
            figures.hold(decided.state is wanted, f"{clicked} is {decided.state}, not {wanted}")
            before.pop(clicked)
            after = {one.id: one for one in await home.changes.waiting()}
            figures.hold(before == after, f"a click on {clicked} touched another")
            figures.count("clicks")
            figures.count("others looked at after a click", len(after))
            await made.ask(home.changes, made.balance(BalanceAction.GIVE, 1))
        await reconcile(home.database, made.local.ledger, figures)
    return figures
