"""Applying changes when things go wrong: never two writes, and no false outcome."""

import asyncio
import io
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from bot.approvals import engine as change_engine
from bot.approvals import repository
from bot.approvals.lifecycle import Cause, ChangeEvent, Record, State
from bot.approvals.preview import ChangeTimeouts
from bot.approvals.steps import Lease, NextWrite
from bot.autumn.client import Autumn
from bot.autumn.errors import NotSent
from bot.autumn.models import Environment
from bot.autumn.write import Write
from bot.changes import registry
from bot.changes.balance.kind import BalanceChange
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction
from bot.changes.deletion.request import DeletionInput
from bot.changes.details.request import DetailsInput
from bot.changes.model import Facts, Snapshot, Verdict
from bot.changes.notes import CommonNote
from bot.store.database import Database, unbroken
from bot.store.tables import changes
from tests.approvals.harness import ANA, CUSTOMER, NO_RETRIES, NOW, QUICK, RAJ, Harness, Pauses, running
from tests.autumn.scripted import UNLIMITED
from tests.crashing import Died, dies_at
from tests.databases import Engine, fresh
from tests.relay import Relay
from tests.waiting import wait_until

HOUR = 3600

FAULTS = {
    "429": (State.FAILED, Cause.RATE_LIMITED, 0),
    "500": (State.UNCONFIRMED, Cause.AUTUMN_BROKE, 3),
    "cut_before": (State.UNCONFIRMED, Cause.NO_ANSWER, 3),
    "cut_after": (State.APPLIED, Cause.FOUND_DONE, 1),
    "504_after": (State.APPLIED, Cause.FOUND_DONE, 1),
    "garbage": (State.APPLIED, Cause.DONE, 1),
    "latency": (State.APPLIED, Cause.FOUND_DONE, 1),
    "queued": (State.UNCONFIRMED, Cause.NOT_SEEN, 3),
}
"""The change's final state, and how often it was read back."""


@pytest.mark.parametrize("fault", FAULTS)
async def test_outcome_matches_ledger_for_each_fault(sqlite_harness: Harness, fault: str) -> None:
    async with sqlite_harness.local.serve():
        await assert_outcome_matches_ledger(sqlite_harness, fault)


async def assert_outcome_matches_ledger(harness: Harness, fault: str) -> None:
    over_http = Autumn(
        key=SecretStr(harness.local.key),
        url=harness.local.url,
        limits=UNLIMITED,
        retry_policy=replace(NO_RETRIES, write=0.1) if fault == "latency" else NO_RETRIES,
    )
    pauses = Pauses()
    service = harness.service(autumn=over_http, sleep=pauses.sleep)
    request = await harness.waiting(service)
    harness.local.faults.add("balances.update", fault, seconds=1, times=1, retry_after=HOUR)
    done = (await service.approve(request.id, 1, RAJ)).record
    assert done is not None
    if fault == "latency":
        assert done.state in (State.APPLIED, State.UNCONFIRMED)  # it may be done after the last read
    else:
        assert (done.state, done.ending, pauses.count) == FAULTS[fault]
    if fault == "429":
        assert done.details["status"] == "429"
    assert done.invertible is (done.state is State.APPLIED)
    assert (done.after is None) is (fault == "429"), "it is read back unless nothing can have been done"
    await asyncio.sleep(0)
    sent = [call for call in harness.local.calls if call.route == "balances.update"]
    assert len(sent) == 1
    if done.state is State.APPLIED:
        assert await harness.granted() == 2100
    if done.state is State.FAILED:
        assert harness.written() == 0
        assert await harness.granted() == 2000
    assert await harness.trail_is_intact()
    await over_http.aclose()


LIMITED = ChangeTimeouts(lease=20, renew=5, polls=(0,), verify=2, limited=30, limited_pause=0.01)


async def test_rate_limited_write_is_sent_again(sqlite_harness: Harness) -> None:
    harness, service = sqlite_harness, sqlite_harness.service(timeouts=LIMITED)
    request = await harness.waiting(service)
    harness.local.faults.add("balances.update", "429", times=3, retry_after=0)
    done = (await service.approve(request.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending, done.writes) == (State.APPLIED, Cause.DONE, 1)
    assert await harness.granted() == 2100
    keys = {write.idempotency_key for write in harness.local.ledger}
    assert (len(harness.local.ledger), len(keys)) == (4, 1)
    assert await harness.steps(request) == ["asked", "approved", "applying", "writing", "applied"]
    assert await harness.trail_is_intact()


@pytest.mark.parametrize("happens", ["moved", "unread", "guarded", "replanned"])
async def test_write_that_would_differ_now_is_not_resent(sqlite_harness: Harness, happens: str) -> None:
    harness = sqlite_harness
    actions = {"moved": BalanceAction.SET, "replanned": BalanceAction.GIVE}

    class Meanwhile(Autumn):
        async def send(self, write: Write, key: str) -> Any:
            match happens:
                case "moved":
                    await harness.change_in_autumn(remaining=77)
                case "replanned":
                    await harness.change_in_autumn(included_grant=2500)
                case "guarded":
                    harness.local.state.customers[CUSTOMER].created_at += 1
                case _:
                    harness.local.faults.add("customers.get", "500", times=1)
            harness.local.faults.add("balances.update", "429", times=1, retry_after=0)
            return await super().send(write, key)

    away = harness.client(Meanwhile)
    service = harness.service(autumn=away, timeouts=LIMITED)
    request = await harness.waiting(service, harness.balance(actions.get(happens, BalanceAction.GIVE), 900))
    done = (await service.approve(request.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending) == (State.FAILED, Cause.RATE_LIMITED)
    assert (len(harness.local.ledger), harness.written()) == (1, 0)
    await away.aclose()


async def test_write_is_not_resent_after_a_takeover(sqlite_harness: Harness) -> None:
    harness = sqlite_harness

    class Overtaken(Autumn):
        async def send(self, write: Write, key: str) -> Any:
            async with harness.database.writing() as connection:
                await connection.execute(update(changes).values(lease_by="another"))
            harness.local.faults.add("balances.update", "429", times=1, retry_after=0)
            return await super().send(write, key)

    away = harness.client(Overtaken)
    service = harness.service(autumn=away, timeouts=LIMITED)
    request = await harness.waiting(service)
    reply = await service.approve(request.id, 1, RAJ)
    assert reply.record is not None
    assert reply.record.state is State.APPLYING
    assert (len(harness.local.ledger), harness.written()) == (1, 0)
    await away.aclose()


async def test_queued_change_is_seen_once_it_arrives(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.local.faults.add("balances.update", "queued", seconds=1, times=1)
    looks = 0

    async def sleep(_seconds: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            harness.local.clock.set(NOW.replace(minute=30))

    service = harness.service(
        timeouts=ChangeTimeouts(lease=20, renew=5, polls=(0, 0, 0, 0), verify=2), sleep=sleep
    )
    request = await harness.waiting(service)
    done = (await service.approve(request.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, looks) == (State.APPLIED, 3)


async def test_read_back_stops_when_time_is_up(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    service = harness.service(timeouts=ChangeTimeouts(lease=20, renew=5, polls=(0, 30), verify=0.2))
    request = await harness.waiting(service)
    harness.local.faults.add("balances.update", "cut_before", times=1)
    done = (await service.approve(request.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending) == (State.UNCONFIRMED, Cause.NO_ANSWER)


@pytest.mark.parametrize("action", [BalanceAction.SET, BalanceAction.USAGE])
async def test_grant_that_moved_beside_the_balance_is_unconfirmed(
    sqlite_harness: Harness, action: BalanceAction
) -> None:
    harness = sqlite_harness

    async def after_sending(reached: str) -> None:
        if reached == "sent":
            await harness.change_in_autumn(included_grant=2500)
            await harness.change_in_autumn(**{"remaining" if action is BalanceAction.SET else "usage": 900})

    service = harness.service(checkpoint=after_sending)
    request = await harness.waiting(service, harness.balance(action, 900))
    done = (await service.approve(request.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending) == (State.UNCONFIRMED, Cause.NOT_SEEN)


async def test_unreadable_change_is_unconfirmed(sqlite_harness: Harness) -> None:
    harness = sqlite_harness

    async def after_sending(reached: str) -> None:
        if reached == "sent":
            harness.local.faults.add("customers.get", "500")

    service = harness.service(checkpoint=after_sending)
    request = await harness.waiting(service)
    done = (await service.approve(request.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.after, done.details) == (State.UNCONFIRMED, None, {"now": "unread"})


class Unreached(Autumn):
    """A client whose writes cannot reach Autumn."""

    async def send(self, write: Write, key: str) -> None:
        raise NotSent(request=f"{write.route} {key}")


async def test_write_fails_when_autumn_is_unreachable(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    away = harness.client(Unreached)
    service = harness.service(autumn=away)
    request = await harness.waiting(service)
    done = (await service.approve(request.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending) == (State.FAILED, Cause.NOT_REACHED)
    await away.aclose()


@pytest.mark.parametrize(
    ("happens", "ending"),
    [
        ("gone", Cause.CUSTOMER_GONE),
        ("unread", Cause.NOT_READ),
        ("guarded", Cause.GUARDED),
    ],
)
async def test_customer_is_read_again_before_the_write(
    sqlite_harness: Harness, happens: str, ending: Cause
) -> None:
    harness = sqlite_harness

    async def between(reached: str) -> None:
        if reached != "claimed":
            return
        if happens == "unread":
            harness.local.faults.add("customers.get", "500")
        elif happens == "gone":
            await harness.autumn.send(
                Write("customers.delete", "POST", "/v1/customers.delete", {"customer_id": CUSTOMER}), "gone"
            )
            harness.local.ledger.clear()
        else:
            harness.local.state.customers[CUSTOMER].name = "New Name"

    service = harness.service(checkpoint=between)
    request = await harness.waiting(service, DetailsInput(customer=CUSTOMER, name="New Name"))
    done = (await service.approve(request.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending, done.writes) == (State.FAILED, ending, 0)
    assert harness.written() == 0


async def test_customer_recreated_at_the_last_moment_is_not_changed(sqlite_harness: Harness) -> None:
    harness = sqlite_harness

    async def between(reached: str) -> None:
        if reached == "claimed":
            harness.local.state.customers[CUSTOMER].created_at += 1

    service = harness.service(checkpoint=between)
    request = await harness.waiting(service)
    done = (await service.approve(request.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending, done.writes) == (State.FAILED, Cause.GUARDED, 0)
    assert [note.code for note in done.refusals] == [CommonNote.RECREATED]


@pytest.mark.parametrize(
    ("change_input", "state"),
    [
        (DetailsInput(customer=CUSTOMER, name="New"), State.UNCONFIRMED),
        (DeletionInput(customer=CUSTOMER, typed=CUSTOMER), State.APPLIED),
    ],
)
async def test_later_customer_with_the_same_id_is_not_read_back(
    sqlite_harness: Harness, change_input: DetailsInput | DeletionInput, state: State
) -> None:
    harness = sqlite_harness
    customer = harness.local.state.customers[CUSTOMER]

    async def after_sending(reached: str) -> None:
        if reached == "sent":
            customer.created_at += 1
            harness.local.state.customers.add(customer)

    service = harness.service(checkpoint=after_sending)
    record = await harness.waiting(service, change_input)
    done = (await service.approve(record.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.after) == (state, None)


@pytest.mark.parametrize("needed", [0, 1])
async def test_facts_that_change_at_the_last_moment_stop_the_write(
    sqlite_harness: Harness, needed: int
) -> None:
    harness = sqlite_harness
    harness.permissions.needed = needed

    async def between(reached: str) -> None:
        if reached == "claimed":
            await harness.change_in_autumn(usage=500)

    service = harness.service(checkpoint=between)
    reply = await service.submit(harness.request(harness.balance(BalanceAction.SET, 50)))
    assert reply.record is not None
    if needed:
        reply = await service.approve(reply.record.id, 1, RAJ)
    record = reply.record
    assert record is not None
    assert record.state is (State.WAITING if needed else State.SUPERSEDED)
    assert {request.environment for request in harness.permissions.requests} == {Environment.SANDBOX}
    assert (record.version, record.approvals, record.lease_until) == (2, (), None)
    assert harness.events(record)[-1] is ChangeEvent.SUPERSEDED
    assert harness.written() == 0
    assert await harness.trail_is_intact()


async def test_change_fails_when_the_customer_stays_busy(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    stuck = harness.service(checkpoint=dies_at("claimed"))
    first, second = await harness.waiting(stuck), await harness.waiting(stuck)
    with pytest.raises(Died):
        await stuck.approve(first.id, 1, RAJ)
    service = harness.service(timeouts=ChangeTimeouts(turn_timeout=0, renew=5, polls=(0,)))
    done = (await service.approve(second.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending) == (State.FAILED, Cause.BUSY)
    assert harness.events(second)[-1] is ChangeEvent.FAILED
    assert ChangeEvent.APPLYING not in harness.events(second)


async def lose_the_lease(harness: Harness, record: Record) -> None:
    async with harness.database.writing() as connection:
        await connection.execute(
            update(changes).where(changes.c.id == record.id).values(lease_by="somebody else")
        )


@pytest.mark.parametrize("point", ["approved", "claimed", "sent"])
async def test_process_that_lost_its_lease_stops(sqlite_harness: Harness, point: str) -> None:
    harness = sqlite_harness
    requests: list[Record] = []

    async def between(reached: str) -> None:
        if reached == point:
            await lose_the_lease(harness, requests[0])
            await asyncio.sleep(3 * QUICK.renew)  # long enough for a renewal to notice

    service = harness.service(checkpoint=between)
    requests.append(await harness.waiting(service))
    unfinished = (await service.approve(requests[0].id, 1, RAJ)).record
    assert unfinished is not None
    assert unfinished.state is (State.APPROVED if point == "approved" else State.APPLYING)
    assert harness.written() == (1 if point == "sent" else 0)
    assert harness.events(unfinished)[1:] in ([], [ChangeEvent.APPLYING])


async def test_lease_is_renewed_during_work(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    renewed = asyncio.Event()

    async def is_renewed() -> bool:
        return await lease_end(harness, request) == harness.clock() + QUICK.lease_time

    async def between(reached: str) -> None:
        if reached == "claimed":
            harness.clock.move(seconds=15)
            await wait_until(is_renewed)
            renewed.set()

    service = harness.service(checkpoint=between)
    request = await harness.waiting(service)
    await service.approve(request.id, 1, RAJ)
    assert renewed.is_set()


async def test_failing_notification_does_not_stop_the_change(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    request = await harness.waiting(harness.service())

    async def fail(record: Record, event: ChangeEvent) -> None:
        raise LookupError(record, event)

    harness.notify = fail  # type: ignore[method-assign]
    done = (await harness.service().approve(request.id, 1, RAJ)).record
    assert done is not None
    assert done.state is State.APPLIED


POINTS = {
    "approved": (State.FAILED, Cause.INTERRUPTED, 0),
    "claimed": (State.FAILED, Cause.INTERRUPTED, 0),
    "marked": (State.UNCONFIRMED, Cause.CUT_OFF, 0),
    "sent": (State.APPLIED, Cause.FOUND_DONE, 1),
    "verified": (State.APPLIED, Cause.FOUND_DONE, 1),
    "settled": (State.APPLIED, Cause.DONE, 1),
}


@pytest.mark.parametrize(
    ("engine", "point"),
    [
        *product(["sqlite"], ("approved", "marked", "verified", "settled")),
        *product(["postgresql"], ("claimed", "sent")),
    ],
    indirect=["engine"],
)
async def test_crash_at_each_checkpoint_is_recovered(harness: Harness, point: str) -> None:
    """Another process settles what the dead one left, without writing, and reads back what can be read."""
    state, ending, written = POINTS[point]
    dying, service = harness.service(checkpoint=dies_at(point)), harness.service()
    request = await harness.waiting(service)
    with pytest.raises(Died):
        await dying.approve(request.id, 1, RAJ)
    await service.sweeper.sweep(harness.clock())
    harness.clock.move(seconds=21)
    sweepers = [service.sweeper, harness.service().sweeper]
    await asyncio.gather(*(sweeping.sweep(harness.clock()) for sweeping in sweepers))
    settled = await service.get(request.id)
    assert settled is not None
    assert (settled.state, settled.ending, harness.written()) == (state, ending, written)
    if point == "settled":
        assert harness.events(request)[-1] is ChangeEvent.REDRAW
    else:
        assert harness.events(request).count(ChangeEvent(state.value)) == 1
    assert await harness.trail_is_intact()


async def test_change_is_not_written_once_its_own_process_has_taken_it_over(sqlite_harness: Harness) -> None:
    """The process was suspended for so long that its own sweeper takes the change for abandoned."""
    harness, taken, gone_on = sqlite_harness, asyncio.Event(), asyncio.Event()
    recovering: list[asyncio.Task[None]] = []

    async def checkpoint(reached: str) -> None:
        if reached == "claimed":
            harness.clock.move(seconds=QUICK.lease + 1)
            recovering.append(asyncio.create_task(service.sweeper.sweep(harness.clock(), "recovery")))
            await taken.wait()
        elif reached == "taken":
            taken.set()
            await gone_on.wait()

    service = harness.service(checkpoint=checkpoint)
    request = await harness.waiting(service)
    held = (await service.approve(request.id, 1, RAJ)).record
    assert held is not None
    assert (held.state, harness.written()) == (State.APPLYING, 0)
    gone_on.set()
    await asyncio.gather(*recovering)
    settled = await service.get(request.id)
    assert settled is not None
    assert (settled.state, settled.ending, harness.written()) == (State.FAILED, Cause.INTERRUPTED, 0)
    assert harness.events(request)[-1] is ChangeEvent.FAILED
    assert await harness.trail_is_intact()


async def test_crash_during_recovery_is_recovered(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    dying = harness.service(checkpoint=dies_at("claimed"))
    request = await harness.waiting(dying)
    with pytest.raises(Died):
        await dying.approve(request.id, 1, RAJ)
    harness.clock.move(seconds=21)
    with pytest.raises(Died):
        await harness.service(checkpoint=dies_at("taken"))._engine.recover(request.id)
    assert await harness.service()._engine.recover(request.id) is None
    harness.clock.move(seconds=21)
    settled = await harness.service()._engine.recover(request.id)
    assert settled is not None
    assert settled.ending is Cause.INTERRUPTED


class Unreadable(BalanceChange):
    """A kind with a fault: what is read back of it cannot be understood."""

    def verify(self, request: BalanceInput, before: Snapshot, after: Snapshot | None) -> Verdict:
        raise LookupError(request, before, after)


async def test_change_whose_recovery_fails_each_time_is_left_to_a_person(
    sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch, logs: io.StringIO
) -> None:
    harness = sqlite_harness
    dying, service = harness.service(checkpoint=dies_at("sent")), harness.service()
    request = await harness.waiting(dying)
    with pytest.raises(Died):
        await dying.approve(request.id, 1, RAJ)
    monkeypatch.setattr(registry, "KINDS", (Unreadable(), *registry.KINDS[1:]))
    harness.clock.move(seconds=QUICK.lease + 1)
    await service.sweeper.sweep(harness.clock(), "recovery")
    settled = await service.get(request.id)
    assert settled is not None
    assert (settled.state, settled.ending, settled.details) == (
        State.UNCONFIRMED,
        Cause.CUT_OFF,
        {"now": "unread"},
    )
    assert harness.events(request)[-1] is ChangeEvent.UNCONFIRMED
    assert "LookupError" in logs.getvalue()
    assert "test_engine.py:" in logs.getvalue(), "where it was raised"
    assert await harness.trail_is_intact()


async def test_change_whose_recovery_loses_the_database_is_recovered_later(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    dying, service = harness.service(checkpoint=dies_at("sent")), harness.service()
    request = await harness.waiting(dying)
    with pytest.raises(Died):
        await dying.approve(request.id, 1, RAJ)

    async def lost(reached: str) -> None:
        if reached == "verified":
            raise OperationalError("", {}, Exception())

    harness.clock.move(seconds=QUICK.lease + 1)
    await harness.service(checkpoint=lost).sweeper.sweep(harness.clock(), "recovery")
    unsettled = await service.get(request.id)
    assert unsettled is not None
    assert unsettled.state is State.APPLYING
    harness.clock.move(seconds=QUICK.lease + 1)
    await service.sweeper.sweep(harness.clock(), "recovery")
    settled = await service.get(request.id)
    assert settled is not None
    assert settled.state is State.APPLIED


class TwoWrites(BalanceChange):
    """A kind whose plan has two writes; no real kind has that yet."""

    row = ""

    def plan(self, request: BalanceInput, facts: Facts) -> tuple[Write, ...]:  # noqa: ARG002
        body = {"customer_id": CUSTOMER, "feature_id": "messages", "balance_id": self.row}
        return tuple(
            Write("balances.update", "POST", "/v1/balances.update", {**body, "add_to_balance": 50, **extra})
            for extra in ({}, {"included_grant": 2100})
        )


@pytest.mark.parametrize(("fault", "state"), [("", State.APPLIED), ("429", State.UNCONFIRMED)])
async def test_several_writes_are_sent_in_order(
    sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch, fault: str, state: State
) -> None:
    harness = sqlite_harness

    async def between(reached: str) -> None:
        if reached == "sent" and fault:
            harness.local.faults.add("balances.update", fault)

    kind = TwoWrites()
    kind.row = harness.row
    monkeypatch.setattr(registry, "KINDS", (kind, *registry.KINDS[1:]))
    service = harness.service(checkpoint=between)
    request = await harness.waiting(service)
    done = (await service.approve(request.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.writes) == (state, 2)
    if fault:
        assert done.ending is Cause.PARTLY
        assert done.after is not None
    assert [write.idempotency_key for write in harness.local.ledger if write.applied] == [
        f"maple:{request.id}:{position}" for position in range(1 if fault else 2)
    ]


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_write_is_begun_once(harness: Harness) -> None:
    stuck = harness.service(checkpoint=dies_at("claimed"))
    request = await harness.waiting(stuck)
    with pytest.raises(Died):
        await stuck.approve(request.id, 1, RAJ)
    assessment = await stuck.assess_on(request.input, await stuck.read_facts(request.kind, CUSTOMER), ANA)
    write = registry.kind(request.kind).plan(request.input, assessment.facts)[0]
    assert assessment.preview is not None
    lease = stuck._engine.lease()

    async def begin(by: Lease) -> bool:
        assert assessment.preview is not None
        return await repository.begin_write(
            harness.database, request.id, NextWrite(0, write, assessment.preview), lease=by, now=NOW
        )

    assert not await begin(Lease("somebody else", lease.until))
    assert sorted(await asyncio.gather(*(begin(lease) for _ in range(10)))) == [False] * 9 + [True]


async def test_deletion_is_verified_by_the_customer_being_gone(sqlite_harness: Harness) -> None:
    service = sqlite_harness.service()
    request = await sqlite_harness.waiting(service, DeletionInput(customer=CUSTOMER, typed=CUSTOMER))
    sqlite_harness.local.faults.add("customers.delete", "cut_after", times=1)
    done = (await service.approve(request.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending, done.invertible) == (State.APPLIED, Cause.FOUND_DONE, False)


@asynccontextmanager
async def database_that_can_be_lost(
    engine: Engine,
) -> AsyncIterator[tuple[Database, Callable[[], Awaitable[None]], Callable[[], Awaitable[None]]]]:
    """A database, how to take it away, and how to bring it back."""
    if engine == "postgresql":
        async with Relay.to(fresh("postgresql")) as relay:
            database = Database(relay.url)
            yield database, relay.cut, relay.mend
            await database.aclose()
        return
    url = fresh("sqlite")
    path = Path(url.removeprefix("sqlite:///"))
    away = path.with_suffix(".away")

    async def lose() -> None:
        os.rename(path, away)

    async def find() -> None:
        os.rename(away, path)

    database = Database(url)
    yield database, lose, find
    await database.aclose()


async def test_slow_write_keeps_its_lease_after_the_database_was_away(
    engine: Engine, logs: io.StringIO
) -> None:
    """The lease is renewed as soon as the database is back, so no other replica settles the change."""
    async with database_that_can_be_lost(engine) as (database, lose, find), running(database) as harness:

        async def is_renewed() -> bool:
            return await lease_end(harness, request) == harness.clock() + QUICK.lease_time

        async def while_sending(reached: str) -> None:
            if reached != "marked":
                return
            await lose()
            await wait_until(lambda: "lease not renewed" in logs.getvalue())
            await find()
            for _ in range(2):
                harness.clock.move(seconds=QUICK.lease - 1)
                await wait_until(is_renewed)
                await harness.service().sweeper.sweep(harness.clock())

        service = harness.service(checkpoint=while_sending)
        request = await harness.waiting(service)
        done = (await service.approve(request.id, 1, RAJ)).record
        assert done is not None
        assert (done.state, done.ending) == (State.APPLIED, Cause.DONE)
        assert harness.written() == 1


async def lease_end(harness: Harness, record: Record) -> datetime | None:
    @unbroken
    async def read() -> datetime | None:
        async with harness.database.reading() as connection:
            result = await connection.execute(select(changes.c.lease_until).where(changes.c.id == record.id))
            until: datetime | None = result.scalar_one()
            return until

    return await read()


async def test_job_beside_a_block_that_fails_ends_with_it() -> None:
    ended = asyncio.Event()

    async def job() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def fail_beside_it() -> None:
        async with change_engine._meanwhile(job()):
            await asyncio.sleep(0)
            raise Died

    with pytest.raises(Died):
        await fail_beside_it()
    assert ended.is_set()
