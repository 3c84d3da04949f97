"""Maple loses its database and gets it back: look-ups keep working, changes say that they cannot be made."""

import asyncio
import io
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause, Record, State
from bot.approvals.preview import ChangeTimeouts
from bot.lookups import labels
from bot.store.errors import StoreLost, StoreLostMidway
from bot.timings import Timeouts
from tests.databases import Engine, fresh
from tests.journeys.changing import (
    AT_ONCE,
    WAITING,
    close_and_read_own_card,
    file_request,
    read_as_approver,
    request_in_one_line,
)
from tests.journeys.steps import command_and_see
from tests.journeys.test_trouble import assert_unharmed
from tests.relay import Relay
from tests.running import UNHURRIED, Mode, Running, running_maple
from tests.waiting import wait_until

ASKING = Timeouts(asking_after=0.1, limits=UNHURRIED.limits)
"""A database that refuses does so immediately, so no other timeout has to be short."""
HURRIED = Timeouts(asking_after=0.1, store=1.0, limits=UNHURRIED.limits)
"""For a database that does not answer."""
NO_MEMORY = labels.FAILURES[StoreLost].what
READING = {
    "/autumn cus_acme": "1 unpaid invoice",
    "/autumn products cus_acme": "Products",
    "/autumn features cus_acme": "AI Credits",
    "/autumn invoices cus_acme": "11 invoices",
    "/autumn events cus_acme": "Events",
    "/autumn find acme": "Acme Ltd",
    "/autumn help": "Look up or change a customer in Autumn",
}
CHANGING = (
    "/autumn balance cus_acme",
    "/autumn reward cus_acme",
    "/autumn update cus_acme",
    "/autumn delete cus_acme",
    "/autumn history cus_acme",
    "/autumn digest",
    "/autumn upcoming",
)


@dataclass(frozen=True)
class Loss:
    """A bot whose database can be taken away and given back."""

    maple: Running
    lose: Callable[[], Awaitable[None]]
    find: Callable[[], Awaitable[None]]


@asynccontextmanager
async def maple_losing_its_database(engine: Engine, mode: Mode, *, policy: str = "") -> AsyncIterator[Loss]:
    if engine == "sqlite":
        url = fresh("sqlite")
        path = Path(url.removeprefix("sqlite:///"))
        async with running_maple(mode, timeouts=ASKING, policy=policy, database=url, pace=QUIET) as maple:
            yield Loss(maple, lambda: _moved(path, moved_path(path)), lambda: _moved(moved_path(path), path))
        return
    async with (
        Relay.to(fresh("postgresql")) as relay,
        running_maple(mode, timeouts=ASKING, policy=policy, database=relay.url, pace=QUIET) as maple,
    ):
        yield Loss(maple, relay.cut, relay.mend)
        await relay.mend()


QUIET = ChangeTimeouts(lease=1.0, polls=(0.0, 0.02, 0.05), verify=2.0, renew=0.05, sweep=60)
"""Sweeps run only on demand, and the lease of a change whose process gave up expires soon."""


def moved_path(path: Path) -> Path:
    return path.with_suffix(".aside")


async def _moved(source: Path, target: Path) -> None:
    os.rename(source, target)


@pytest.fixture
async def loss(request: pytest.FixtureRequest, mode: Mode) -> AsyncIterator[Loss]:
    async with maple_losing_its_database(request.param, mode) as bot_and_database:
        yield bot_and_database


POSTGRESQL = pytest.mark.parametrize("loss", ["postgresql"], indirect=True)
SQLITE = pytest.mark.parametrize("loss", ["sqlite"], indirect=True)


@POSTGRESQL
async def test_reads_work_and_cards_are_shared_without_the_database(loss: Loss, logs: io.StringIO) -> None:
    maple = loss.maple
    await loss.lose()
    for line, words in READING.items():
        maple.ana.reload()
        await command_and_see(maple, line, words)
    assert_unharmed(maple, logs)
    maple.ana.reload()
    await command_and_see(maple, "/autumn cus_acme", "Acme Ltd")
    await maple.ana.click("Share to channel", confirm=True)
    await maple.raj.sees("Shared by")


@SQLITE
async def test_changes_are_refused_without_the_database(loss: Loss, logs: io.StringIO) -> None:
    maple = loss.maple
    await loss.lose()
    await maple.bot._health.check()
    assert maple.bot.readiness()["database"] is False
    for line in CHANGING:
        maple.ana.reload()
        message = await command_and_see(maple, line, NO_MEMORY)
        assert "Nothing was changed." in message
    await maple.bot.background.drain(10)
    assert maple.autumn.ledger == []
    assert_unharmed(maple, logs)
    await loss.find()
    await maple.bot._health.check()
    assert maple.bot.readiness()["database"] is True
    maple.ana.reload()
    await request_in_one_line(maple.ana, "give cus_acme 500 messages")
    await maple.ana.sees("0 of 1 approval")


@POSTGRESQL
async def test_form_and_decision_work_once_the_database_is_back(loss: Loss) -> None:
    maple = loss.maple
    await file_request(maple)
    await read_as_approver(maple, WAITING)
    await maple.raj.command("/autumn update cus_acme")
    await maple.raj.sees("Fingerprint")
    await maple.raj.fill("Name", "Acme Holdings")
    await maple.raj.sees("→ Acme Holdings")
    await maple.raj.fill("Reason", "They call themselves so now")
    await loss.lose()
    for label in ("Approve", "Deny"):
        maple.lea.reload()
        maple.lea.go("#billing")
        await maple.lea.click(label)
        assert "Nothing was changed." in await maple.lea.sees(NO_MEMORY)
    await maple.raj.submit()
    await maple.raj.sees(NO_MEMORY)
    await loss.find()
    (record,) = await maple.bot.changes.history("cus_acme")
    assert (record.state, record.approvals) == (State.WAITING, ())
    assert maple.autumn.ledger == []
    await maple.lea.click("Approve")
    await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
    assert len(maple.autumn.ledger) == 1


async def test_database_lost_while_a_change_is_applied(mode: Mode) -> None:
    async with maple_losing_its_database("postgresql", mode, policy=AT_ONCE) as loss:
        maple = loss.maple
        fault = maple.autumn.faults.add("balances.update", "latency", seconds=0.4)
        await request_in_one_line(maple.ana, "give cus_acme 500 messages")
        await wait_until(lambda: fault.struck)
        await loss.lose()
        failure = labels.FAILURES[StoreLostMidway]
        screen = await maple.ana.sees(failure.what)
        assert failure.do in screen
        assert labels.NOTHING_CHANGED not in screen
        await loss.find()
        record = await settled_by_sweep(maple)
        assert record.state in (State.APPLIED, State.UNCONFIRMED)
        await close_and_read_own_card(maple.ana, record.state.capitalize())
        assert len(maple.autumn.ledger) == 1


async def settled_by_sweep(maple: Running) -> Record:
    """Acme's only change, after its lease expired by the database's clock and a sweep settled it."""
    async with asyncio.timeout(30):
        while True:
            # In its own task: the bot waits for sweeps when it stops.
            await asyncio.create_task(maple.bot.changes.sweeper.tick())
            (record,) = await maple.bot.changes.history("cus_acme")
            if record.state is not State.APPLYING:
                return record
            await asyncio.sleep(0.05)


async def test_silent_database_times_out(mode: Mode, logs: io.StringIO) -> None:
    async with (
        Relay.to(fresh("postgresql")) as relay,
        running_maple(mode, timeouts=HURRIED, database=relay.url, pace=QUIET) as maple,
    ):
        relay.stall()
        await asyncio.gather(
            maple.ana.command("/autumn cus_acme"),
            maple.raj.command("/autumn history cus_acme"),
            maple.lea.command("/autumn balance cus_acme"),
            maple.bot._health.check(),
        )
        await maple.ana.sees("1 unpaid invoice")
        await maple.raj.sees(NO_MEMORY)
        await maple.lea.sees(NO_MEMORY)
        assert maple.bot.readiness()["database"] is False
        assert_unharmed(maple, logs)
        await relay.mend()
        await maple.bot._health.check()
        assert maple.bot.readiness()["database"] is True
        await command_and_see(maple, "/autumn history cus_acme", approvals_words.NO_HISTORY)


async def test_locked_file_times_out(mode: Mode) -> None:
    async with running_maple(mode, timeouts=HURRIED, pace=QUIET) as maple:
        await file_request(maple)
        await read_as_approver(maple, WAITING)
        async with maple.bot.database.writing():
            await asyncio.gather(maple.lea.click("Approve"), maple.bot._health.check())
            await maple.lea.sees(NO_MEMORY)
            assert maple.bot.readiness()["database"] is False
            await command_and_see(maple, "/autumn help", "Look up or change a customer")
        await maple.lea.click("Approve")
        await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
