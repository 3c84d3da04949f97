"""Limits on a day: counted where changes are let through, by however many replicas at once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.access.policy import Verb
from bot.approvals.lifecycle import Record, State
from bot.approvals.results import Result
from bot.approvals.service import ChangeService
from bot.changes.balance.input import BalanceAction
from bot.changes.balance.words import BalanceNote
from bot.store.database import Database
from tests.approvals.bench import ANA, CUSTOMER, LEA, RAJ, Bench, bench
from tests.databases import Engine, fresh
from tests.policy import read

SMALL_AT_ONCE = """
[[allow]]
name = "asks"
who = "everyone"
may = ["ask", "approve", "undo"]

[[allow]]
name = "small"
who = "everyone"
may = "at_once"
changes = "balance"
amount_up_to = 500
per_day = 1_500
"""
LARGE_TAKE_TWO = """
[[allow]]
who = "everyone"
may = ["ask", "approve", "undo"]

[[require]]
changes = "balance"
amount_over = 1_000
approvals = 2
"""


async def give(stage: Bench, desk: ChangeService, amount: int = 500) -> Record:
    record = (await desk.submit(stage.wish(stage.balance(amount=amount)))).record
    assert record is not None
    return record


async def given(stage: Bench, desk: ChangeService, amount: int = 500) -> State:
    return (await give(stage, desk, amount)).state


@pytest.fixture
async def replicas(engine: Engine) -> AsyncIterator[tuple[Bench, ChangeService, ChangeService]]:
    """Two processes on one database, each with connections of its own."""
    url = fresh(engine)
    database, another = Database(url), Database(url)
    async with bench(database) as stage:
        yield stage, stage.desk(), replace(stage, database=another).desk()
    await database.aclose()
    await another.aclose()


async def test_change_over_the_day_needs_approval(stage: Bench) -> None:
    stage.law.policy = read(SMALL_AT_ONCE)
    desk = stage.desk()
    assert [await given(stage, desk) for _ in range(4)] == [State.APPLIED] * 3 + [State.WAITING]
    stage.clock.move(hours=12)
    assert await given(stage, desk) is State.APPLIED


async def test_form_says_what_the_day_comes_to(stage: Bench) -> None:
    stage.law.policy = read(SMALL_AT_ONCE)
    desk = stage.desk()
    facts = await desk.open("balance", CUSTOMER)
    first = await desk.look(stage.balance(amount=500), facts)
    assert BalanceNote.SAME_DAY not in [note.code for note in first.judgement.warnings]
    await give(stage, desk)
    await give(stage, desk)
    third = await desk.look(stage.balance(amount=500), facts)
    note = third.judgement.warnings[-1]
    assert (note.code, note.details) == (BalanceNote.SAME_DAY, {"nth": "3", "units": "1500"})
    record = await give(stage, desk)
    assert note in record.warnings


async def test_only_changes_of_the_same_balance_count(stage: Bench) -> None:
    stage.law.policy = read(SMALL_AT_ONCE)
    desk = stage.desk()
    other = await stage.autumn.customer("cus_acme")
    row = other.balances["messages"].breakdown[0].id
    elsewhere = stage.balance(amount=500, customer="cus_acme").model_copy(update={"row": row})
    for _ in range(3):
        done = (await desk.submit(stage.wish(elsewhere))).record
        assert done is not None
        assert done.state is State.APPLIED
    assert await given(stage, desk) is State.APPLIED


async def test_what_was_not_applied_does_not_count(stage: Bench) -> None:
    stage.law.policy = read(SMALL_AT_ONCE)
    desk = stage.desk()
    waiting = await give(stage, desk, 900)
    assert waiting.state is State.WAITING
    assert [await given(stage, desk) for _ in range(2)] == [State.APPLIED] * 2
    applied = (await desk.approve(waiting.id, 1, RAJ)).record
    assert applied is not None
    assert applied.state is State.APPLIED
    assert await given(stage, desk, 1) is State.WAITING


async def test_undo_does_not_count_what_it_takes_back(stage: Bench) -> None:
    stage.law.policy = read(SMALL_AT_ONCE.replace("1_500", "500"))
    desk = stage.desk()
    done = await give(stage, desk)
    back = (await desk.undo(done.id, "undo-1", ANA)).record
    assert back is not None
    assert back.state is State.APPLIED
    again = (await desk.undo(back.id, "undo-2", ANA)).record
    assert again is not None
    assert again.state is State.WAITING


async def test_reset_date_passes_no_limit(stage: Bench) -> None:
    stage.law.policy = read(SMALL_AT_ONCE)
    desk = stage.desk()
    asked = stage.balance(amount=1).model_copy(update={"customer": "cus_noname"})
    who = await stage.autumn.customer("cus_noname")
    row = who.balances["messages"].breakdown[0]
    assert row.reset is not None
    assert row.reset.resets_at is not None
    moved = asked.model_copy(update={"row": row.id, "reset_at": stage.clock().replace(day=24)})
    record = (await desk.submit(stage.wish(moved))).record
    assert record is not None
    assert (record.amount, record.state) == (None, State.WAITING)


async def test_change_let_through_meanwhile_is_counted(
    replicas: tuple[Bench, ChangeService, ChangeService],
) -> None:
    stage, here, there = replicas
    stage.law.policy = read(SMALL_AT_ONCE.replace("1_500", "500"))
    # Here the policy was asked about an empty day, and answers only once the other replica is done.
    stage.law.meanwhile[Verb.ASK] = lambda: give(stage, there)
    assert await given(stage, here) is State.WAITING
    assert await stage.granted() == 2500
    assert await stage.whole()


async def test_requests_at_once_stay_within_the_day(
    replicas: tuple[Bench, ChangeService, ChangeService],
) -> None:
    stage, here, there = replicas
    stage.law.policy = read(SMALL_AT_ONCE)
    states = await asyncio.gather(*(given(stage, desk) for desk in (here, there) * 4))
    assert sorted(states) == [State.APPLIED] * 3 + [State.WAITING] * 5
    assert await stage.granted() == 3500


async def test_form_submitted_twice_at_the_limit_is_one_change(
    replicas: tuple[Bench, ChangeService, ChangeService],
) -> None:
    stage, here, there = replicas
    stage.law.policy = read(SMALL_AT_ONCE.replace("1_500", "500"))
    wish = stage.wish(stage.balance(amount=500))
    replies = await asyncio.gather(here.submit(wish), there.submit(wish))
    assert sorted(reply.result for reply in replies) == [Result.AGAIN, Result.DONE]
    assert await stage.granted() == 2500


async def test_approvals_at_once_stay_within_the_day(
    replicas: tuple[Bench, ChangeService, ChangeService],
) -> None:
    stage, here, there = replicas
    stage.law.policy = read(LARGE_TAKE_TWO)
    asked = [await give(stage, here, 600) for _ in range(2)]
    assert [one.needed for one in asked] == [1, 1]
    replies = await asyncio.gather(
        *(desk.approve(one.id, 1, RAJ) for desk, one in zip((here, there), asked, strict=True))
    )
    records = [reply.record for reply in replies if reply.record]
    assert sorted(one.state for one in records) == [State.APPLIED, State.WAITING]
    (left,) = (one for one in records if one.state is State.WAITING)
    assert (left.needed, [one.person for one in left.approvals]) == (2, ["U_RAJ"])
    done = (await there.approve(left.id, 1, LEA)).record
    assert done is not None
    assert done.state is State.APPLIED
    assert await stage.granted() == 3200
    assert await stage.whole()


async def test_set_balance_counts_by_what_it_moves(sqlite_stage: Bench) -> None:
    stage = sqlite_stage
    stage.law.policy = read(SMALL_AT_ONCE)
    desk = stage.desk()
    remaining = (await stage.autumn.customer(CUSTOMER)).balances["messages"].remaining
    await give(stage, desk)
    lowered = stage.balance(BalanceAction.SET, int(remaining + 100))
    seen = await desk.look(lowered, await desk.open("balance", CUSTOMER))
    assert seen.judgement.warnings[-1].details["units"] == "900"
    assert seen.today.units == Decimal(500)
