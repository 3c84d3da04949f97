"""A change that differs from the audit trail is reported and not applied."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, select, text, update

from bot.access.people import Actor
from bot.approvals.lifecycle import Cause, Record, State
from bot.approvals.results import Result
from bot.changes.balance.words import BalanceAction
from bot.store import audit
from bot.store.tables import changes, decisions
from tests.approvals.harness import ANA, LEA, NOW, RAJ, Harness
from tests.store.test_audit import drop_triggers


async def faults(harness: Harness) -> tuple[str, ...]:
    async with harness.database.reading() as connection:
        return (await audit.verify(connection)).faults


async def alter_change(harness: Harness, record: Record, **values: Any) -> None:
    """Statements run directly in the database, without Maple."""
    async with harness.database.writing() as connection:
        await connection.execute(update(changes).where(changes.c.id == record.id).values(values))


async def assert_not_applied(harness: Harness, record: Record | None) -> None:
    assert record is not None
    assert (record.state, record.ending) == (State.FAILED, Cause.NOT_AS_ASKED)
    assert harness.written() == 0


ALTERED = (
    ("asker", "U_LEA", "requester"),
    ("amount", 1, "amount"),
    ("reason", "as agreed", "reason"),
    ("ticket", "https://tickets.example/1", "ticket"),
    ("channel", "C_OTHER", "channel"),
    ("customer_id", "cus_acme", "customer"),
    ("rule", "another", "rule"),
    ("needed", 2, "number of approvals"),
    ("products", ["pro"], "products"),
    ("rewards", ["vip"], "rewards"),
)


async def test_altered_change_is_found_and_not_applied(sqlite_harness: Harness) -> None:
    harness, service = sqlite_harness, sqlite_harness.service()
    for column, value, label in ALTERED:
        harness.permissions.needed = 3 if column == "needed" else 1
        request = await harness.waiting(service)
        faults_before = set(await faults(harness))
        await alter_change(harness, request, **{column: value})
        row = (await service.steps(request.id))[0].seq
        fault = f"change {request.id}: its {label} is not what row {row} says"
        assert set(await faults(harness)) - faults_before == {fault}
        harness.permissions.needed = 1
        record = (await service.approve(request.id, 1, RAJ)).record
        if column == "needed":
            record = (await service.approve(request.id, 1, Actor("U_MAX"))).record
        await assert_not_applied(harness, record)


async def test_altered_decider_is_found_and_written_anew(sqlite_harness: Harness) -> None:
    """Every approval sets it again, so the earlier value does not matter."""
    harness, service = sqlite_harness, sqlite_harness.service()
    request = await harness.waiting(service)
    await alter_change(harness, request, decided_by="U_LEA")
    assert await faults(harness) == (f"change {request.id}: its last decider is not what row 1 says",)
    record = (await service.approve(request.id, 1, RAJ)).record
    assert record is not None
    assert (record.state, record.decided_by) == (State.APPLIED, "U_RAJ")


async def test_altered_input_is_found_and_not_applied(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    service = harness.service()
    request = await harness.waiting(service)
    larger = harness.balance(amount=100_000).model_copy(
        update={"customer_created_at": request.input.customer_created_at}
    )
    await alter_change(harness, request, input=larger.model_dump(mode="json"))
    assert await faults(harness) == (f"change {request.id}: its input is not what row 1 says",)
    await assert_not_applied(harness, (await service.approve(request.id, 1, RAJ)).record)


async def test_altered_preview_is_found(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    service = harness.service()
    request = await harness.waiting(service, harness.balance(BalanceAction.SET, 50))
    await harness.change_in_autumn(usage=500)
    assessment = await service.assess_on(
        request.input, await service.read_facts(request.kind, request.customer_id), ANA
    )
    assert assessment.preview is not None
    # As if the change had been requested with the current numbers.
    await alter_change(harness, request, before=assessment.preview.before)
    await assert_not_applied(harness, (await service.approve(request.id, 1, RAJ)).record)
    assert f"change {request.id}: its starting point is not what row 1 says" in await faults(harness)


async def test_forged_approval_is_found_and_does_not_apply(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.permissions.needed = 2
    service = harness.service()
    request = await harness.waiting(service)
    forged = {"change_id": request.id, "version": 1, "person": "U_LEA", "team": "T1", "verdict": "approve"}
    async with harness.database.writing() as connection:
        await connection.execute(
            insert(decisions).values(forged | {"rule": "", "said": "", "at": NOW, "counts": True})
        )
    assert await faults(harness) == (f"change {request.id}: the decision of U_LEA on version 1 is in no row",)
    await assert_not_applied(harness, (await service.approve(request.id, 1, RAJ)).record)


async def test_altered_and_missing_decisions_are_found(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.permissions.needed = 2
    service = harness.service()
    request = await harness.waiting(service)
    await service.approve(request.id, 1, RAJ)
    assert await faults(harness) == ()
    fault = f"change {request.id}: the decision of U_RAJ on version 1 is not what row 2 says"
    async with harness.database.writing() as connection:
        await connection.execute(update(decisions).values(verdict="deny"))
    assert await faults(harness) == (fault,)
    async with harness.database.writing() as connection:
        await connection.execute(delete(decisions))
    assert await faults(harness) == (fault,)


async def test_altered_row_of_the_trail_stops_its_change(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    service = harness.service()
    request = await harness.waiting(service)
    async with harness.database.writing() as connection:
        await drop_triggers(connection)
        await connection.execute(text("UPDATE audit SET at = '2020-01-01T00:00:00+00:00'"))
    await assert_not_applied(harness, (await service.approve(request.id, 1, RAJ)).record)


async def test_trail_agrees_with_every_life_of_a_change(harness: Harness) -> None:
    """The trail and the change agree after everything Maple itself does with a change."""
    harness.permissions.needed = 2
    service = harness.service()
    moved = await harness.waiting(service, harness.balance(BalanceAction.SET, 50))
    await harness.change_in_autumn(usage=500)
    assert (await service.approve(moved.id, 1, RAJ)).result is Result.SUPERSEDED
    await service.approve(moved.id, 2, RAJ)
    assert (await service.approve(moved.id, 2, LEA)).result is Result.DONE
    denied, withdrawn, expired = [await harness.waiting(service) for _ in range(3)]
    await service.approve(denied.id, 1, LEA)
    await service.deny(denied.id, 1, LEA, "no")
    await service.withdraw(withdrawn.id, ANA)
    harness.permissions.needed = 0
    await service.submit(replace(harness.request(), reason="", ticket="https://tickets.example/1"))
    harness.clock.move(hours=25)
    await service.sweeper.sweep(harness.clock())
    async with harness.database.reading() as connection:
        states = set((await connection.execute(select(changes.c.state))).scalars())
    assert states == {"applied", "denied", "withdrawn", "expired"}
    assert await faults(harness) == ()
    assert harness.clock() - expired.created_at > timedelta(hours=24)
