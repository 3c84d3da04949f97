"""A change that is not stored as the audit trail has it is found, and is not applied."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update

from bot.access.people import Actor
from bot.approvals.lifecycle import Cause, Record, State
from bot.approvals.results import Result
from bot.changes.balance.input import BalanceAction
from bot.store import audit
from bot.store.tables import changes, decisions
from tests.approvals.bench import ANA, LEA, NOW, RAJ, Bench
from tests.store.test_audit import unguarded


async def faults(stage: Bench) -> tuple[str, ...]:
    async with stage.database.reading() as connection:
        return (await audit.verify(connection)).faults


async def store(stage: Bench, **values: Any) -> None:
    """Somebody with the database's password does, past Maple."""
    async with stage.database.writing() as connection:
        await connection.execute(update(changes).values(values))


async def not_applied(stage: Bench, record: Record | None) -> None:
    assert record is not None
    assert (record.state, record.ending) == (State.FAILED, Cause.NOT_AS_ASKED)
    assert stage.written() == 0


@pytest.mark.parametrize(
    ("column", "value", "label"),
    [
        ("asker", "U_LEA", "asker"),
        ("amount", 1, "amount"),
        ("reason", "as agreed", "reason"),
        ("ticket", "https://tickets.example/1", "ticket"),
        ("channel", "C_OTHER", "channel"),
        ("customer_id", "cus_acme", "customer"),
        ("rule", "another", "rule"),
        ("needed", 2, "number of approvals"),
        ("products", ["pro"], "products"),
        ("rewards", ["vip"], "rewards"),
        ("decided_by", "U_LEA", "last decider"),
    ],
)
async def test_altered_change_is_found_and_not_applied(
    stage: Bench, column: str, value: object, label: str
) -> None:
    stage.law.needed = 3
    desk = stage.desk()
    asked = await stage.waiting(desk)
    assert await faults(stage) == ()
    await store(stage, **{column: value})
    assert await faults(stage) == (f"change {asked.id}: its {label} is not what row 1 says",)
    stage.law.needed = 1
    # Whatever the number of approvals says by now: one, two or three.
    for actor in (RAJ, Actor("U_MAX"), Actor("U_EVE")):
        if (await desk.get(asked.id) or asked).state is State.WAITING:
            record = (await desk.approve(asked.id, 1, actor)).record
    if column == "decided_by":
        # Written by each approval: what it said before is of no consequence.
        assert record is not None
        assert record.state is State.APPLIED
    else:
        await not_applied(stage, record)


async def test_altered_input_is_found_and_not_applied(stage: Bench) -> None:
    desk = stage.desk()
    asked = await stage.waiting(desk)
    larger = stage.balance(amount=100_000).model_copy(
        update={"customer_created_at": asked.input.customer_created_at}
    )
    await store(stage, input=larger.model_dump(mode="json"))
    assert await faults(stage) == (f"change {asked.id}: its input is not what row 1 says",)
    await not_applied(stage, (await desk.approve(asked.id, 1, RAJ)).record)


async def test_figures_that_were_not_previewed_are_found(stage: Bench) -> None:
    desk = stage.desk()
    asked = await stage.waiting(desk, stage.balance(BalanceAction.SET, 50))
    await stage.elsewhere(usage=500)
    seen = await desk.look(asked.input, await desk.open(asked.kind, asked.customer_id))
    assert seen.preview is not None
    # As if the change had been asked for with the figures as they are now.
    await store(stage, before=seen.preview.before)
    await not_applied(stage, (await desk.approve(asked.id, 1, RAJ)).record)
    assert f"change {asked.id}: its starting point is not what row 1 says" in await faults(stage)


async def test_forged_approval_is_found_and_does_not_apply(stage: Bench) -> None:
    stage.law.needed = 2
    desk = stage.desk()
    asked = await stage.waiting(desk)
    forged = {"change_id": asked.id, "version": 1, "person": "U_LEA", "team": "T1", "verdict": "approve"}
    async with stage.database.writing() as connection:
        await connection.execute(
            insert(decisions).values(forged | {"rule": "", "said": "", "at": NOW, "counts": True})
        )
    assert await faults(stage) == (f"change {asked.id}: the decision of U_LEA on version 1 is in no row",)
    await not_applied(stage, (await desk.approve(asked.id, 1, RAJ)).record)


async def test_altered_and_missing_decisions_are_found(stage: Bench) -> None:
    stage.law.needed = 2
    desk = stage.desk()
    asked = await stage.waiting(desk)
    await desk.approve(asked.id, 1, RAJ)
    assert await faults(stage) == ()
    fault = f"change {asked.id}: the decision of U_RAJ on version 1 is not what row 2 says"
    async with stage.database.writing() as connection:
        await connection.execute(update(decisions).values(verdict="deny"))
    assert await faults(stage) == (fault,)
    async with stage.database.writing() as connection:
        await connection.execute(delete(decisions))
    assert await faults(stage) == (fault,)


async def test_altered_row_of_the_trail_stops_its_change(stage: Bench) -> None:
    desk = stage.desk()
    asked = await stage.waiting(desk)
    async with stage.database.writing() as connection:
        await unguarded(connection)
        await connection.execute(text("UPDATE audit SET at = '2020-01-01T00:00:00+00:00'"))
    await not_applied(stage, (await desk.approve(asked.id, 1, RAJ)).record)


async def test_whole_lives_fit_the_trail(stage: Bench) -> None:
    """Whatever becomes of a change by Maple itself, the trail and the change agree."""
    stage.law.needed = 2
    desk = stage.desk()
    moved = await stage.waiting(desk, stage.balance(BalanceAction.SET, 50))
    await stage.elsewhere(usage=500)
    assert (await desk.approve(moved.id, 1, RAJ)).result is Result.OVERTAKEN
    await desk.approve(moved.id, 2, RAJ)
    assert (await desk.approve(moved.id, 2, LEA)).result is Result.DONE
    denied, withdrawn, expired = [await stage.waiting(desk) for _ in range(3)]
    await desk.approve(denied.id, 1, LEA)
    await desk.deny(denied.id, 1, LEA, "no")
    await desk.withdraw(withdrawn.id, ANA)
    stage.law.needed = 0
    await desk.submit(replace(stage.wish(), reason="", ticket="https://tickets.example/1"))
    stage.clock.move(hours=25)
    await desk.sweeper.sweep(stage.clock())
    async with stage.database.reading() as connection:
        states = set((await connection.execute(select(changes.c.state))).scalars())
    assert states == {"applied", "denied", "withdrawn", "expired"}
    assert await faults(stage) == ()
    assert stage.clock() - expired.created_at > timedelta(hours=24)
