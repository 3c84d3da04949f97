"""Carrying changes out when things go wrong: never two writes, and what is said is so."""

import asyncio
import io
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from bot.approvals import repository
from bot.approvals.lifecycle import Cause, ChangeEvent, Record, State
from bot.approvals.repository import Lease
from bot.approvals.timeouts import ChangeTimeouts
from bot.autumn.client import Autumn
from bot.autumn.errors import NotSent
from bot.autumn.write import Write
from bot.changes import registry
from bot.changes.balance.input import BalanceAction, BalanceInput
from bot.changes.balance.kind import BalanceChange
from bot.changes.common_notes import CommonNote
from bot.changes.deletion.input import DeletionInput
from bot.changes.details.input import DetailsInput
from bot.changes.model import Facts
from bot.store.database import Database, unbroken
from bot.store.tables import changes
from tests.approvals.bench import CUSTOMER, FAST, NOW, QUICK, RAJ, Bench, bench
from tests.databases import Engine, fresh
from tests.relay import Relay


class Stopped(BaseException):
    """The process ends here, as far as the desk can tell."""


def stop_at(name: str) -> Callable[[str], Awaitable[None]]:
    async def checkpoint(reached: str) -> None:
        if reached == name:
            raise Stopped

    return checkpoint


HOUR = 3600

FAULTS = {
    "429": (State.FAILED, Cause.RATE_LIMITED),
    "500": (State.UNCONFIRMED, Cause.AUTUMN_BROKE),
    "503": (State.UNCONFIRMED, Cause.AUTUMN_BROKE),
    "cut_before": (State.UNCONFIRMED, Cause.NO_ANSWER),
    "cut_after": (State.APPLIED, Cause.FOUND_DONE),
    "504_after": (State.APPLIED, Cause.FOUND_DONE),
    "garbage": (State.APPLIED, Cause.DONE),
    "latency": (State.APPLIED, Cause.FOUND_DONE),
    "queued": (State.UNCONFIRMED, Cause.NOT_SEEN),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_what_is_said_of_trouble_is_so(sqlite_stage: Bench, fault: str) -> None:
    stage, desk = sqlite_stage, sqlite_stage.desk()
    asked = await stage.waiting(desk)
    stage.local.faults.add("balances.update", fault, seconds=1, times=1, retry_after=HOUR)
    done = (await desk.approve(asked.id, 1, RAJ)).record
    assert done is not None
    if fault == "latency":
        assert done.state in (State.APPLIED, State.UNCONFIRMED)  # it may be done after the last look
    else:
        assert (done.state, done.ending) == FAULTS[fault]
    if fault == "429":
        assert done.details["status"] == "429"
    await asyncio.sleep(0)
    sent = [call for call in stage.local.calls if call.route == "balances.update"]
    assert len(sent) == 1
    if done.state is State.APPLIED:
        assert await stage.granted() == 2100
    if done.state is State.FAILED:
        assert stage.written() == 0
        assert await stage.granted() == 2000
    assert await stage.whole()


LIMITED = ChangeTimeouts(lease=20, renew=5, polls=(0,), verify=2, limited=0.5, limited_pause=0.01)


async def test_a_write_that_limits_turn_away_is_sent_again(sqlite_stage: Bench) -> None:
    stage, desk = sqlite_stage, sqlite_stage.desk(pace=LIMITED)
    asked = await stage.waiting(desk)
    stage.local.faults.add("balances.update", "429", times=3, retry_after=0)
    done = (await desk.approve(asked.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending, done.writes) == (State.APPLIED, Cause.DONE, 1)
    assert await stage.granted() == 2100
    keys = {write.idempotency_key for write in stage.local.ledger}
    assert (len(stage.local.ledger), len(keys)) == (4, 1)
    assert await stage.steps(asked) == ["asked", "approved", "applying", "writing", "applied"]
    assert await stage.whole()


async def test_limits_that_last_leave_it_undone(sqlite_stage: Bench) -> None:
    stage, desk = sqlite_stage, sqlite_stage.desk(pace=LIMITED)
    asked = await stage.waiting(desk)
    stage.local.faults.add("balances.update", "429", retry_after=0)
    done = (await desk.approve(asked.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending) == (State.FAILED, Cause.RATE_LIMITED)
    assert len(stage.local.ledger) > 1
    assert stage.written() == 0


@pytest.mark.parametrize("happens", ["moved", "unread", "guarded", "replanned"])
async def test_what_is_not_the_same_any_more_is_not_sent_again(sqlite_stage: Bench, happens: str) -> None:
    stage = sqlite_stage
    actions = {"moved": BalanceAction.SET, "replanned": BalanceAction.GIVE}

    class Meanwhile(Autumn):
        async def send(self, write: Write, key: str) -> Any:
            match happens:
                case "moved":
                    await stage.elsewhere(remaining=77)
                case "replanned":
                    await stage.elsewhere(included_grant=2500)
                case "guarded":
                    stage.local.state.customers[CUSTOMER].created_at += 1
                case _:
                    stage.local.faults.add("customers.get", "500", times=1)
            stage.local.faults.add("balances.update", "429", times=1, retry_after=0)
            return await super().send(write, key)

    away = Meanwhile(key=SecretStr(stage.local.key), url=stage.local.url, limits=FAST)
    desk = stage.desk(autumn=away, pace=LIMITED)
    asked = await stage.waiting(desk, stage.balance(actions.get(happens, BalanceAction.GIVE), 900))
    done = (await desk.approve(asked.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending) == (State.FAILED, Cause.RATE_LIMITED)
    assert (len(stage.local.ledger), stage.written()) == (1, 0)
    await away.aclose()


async def test_nobody_sends_again_what_somebody_else_took_over(sqlite_stage: Bench) -> None:
    stage = sqlite_stage

    class Overtaken(Autumn):
        async def send(self, write: Write, key: str) -> Any:
            async with stage.database.writing() as connection:
                await connection.execute(update(changes).values(lease_by="another"))
            stage.local.faults.add("balances.update", "429", times=1, retry_after=0)
            return await super().send(write, key)

    away = Overtaken(key=SecretStr(stage.local.key), url=stage.local.url, limits=FAST)
    desk = stage.desk(autumn=away, pace=LIMITED)
    asked = await stage.waiting(desk)
    reply = await desk.approve(asked.id, 1, RAJ)
    assert reply.record is not None
    assert reply.record.state is State.APPLYING
    assert (len(stage.local.ledger), stage.written()) == (1, 0)
    await away.aclose()


async def test_a_queued_change_is_seen_when_it_comes(sqlite_stage: Bench) -> None:
    stage = sqlite_stage
    stage.local.faults.add("balances.update", "queued", seconds=1, times=1)
    looks = 0

    async def sleep(_seconds: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            stage.local.clock.set(NOW.replace(minute=30))

    desk = stage.desk(pace=ChangeTimeouts(lease=20, renew=5, polls=(0, 0, 0, 0), verify=2), sleep=sleep)
    asked = await stage.waiting(desk)
    done = (await desk.approve(asked.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, looks) == (State.APPLIED, 3)


async def test_reading_back_takes_its_time_and_no_more(sqlite_stage: Bench) -> None:
    stage = sqlite_stage
    desk = stage.desk(pace=ChangeTimeouts(lease=20, renew=5, polls=(0, 30), verify=0.2))
    asked = await stage.waiting(desk)
    stage.local.faults.add("balances.update", "cut_before", times=1)
    done = (await desk.approve(asked.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending) == (State.UNCONFIRMED, Cause.NO_ANSWER)


@pytest.mark.parametrize("action", [BalanceAction.SET, BalanceAction.USAGE])
async def test_a_grant_that_moved_beside_the_figure_is_unconfirmed(
    sqlite_stage: Bench, action: BalanceAction
) -> None:
    stage = sqlite_stage

    async def after_sending(reached: str) -> None:
        if reached == "sent":
            await stage.elsewhere(included_grant=2500)
            await stage.elsewhere(**{"remaining" if action is BalanceAction.SET else "usage": 900})

    desk = stage.desk(checkpoint=after_sending)
    asked = await stage.waiting(desk, stage.balance(action, 900))
    done = (await desk.approve(asked.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending) == (State.UNCONFIRMED, Cause.NOT_SEEN)


async def test_what_cannot_be_read_back_is_unconfirmed(sqlite_stage: Bench) -> None:
    stage = sqlite_stage

    async def after_sending(reached: str) -> None:
        if reached == "sent":
            stage.local.faults.add("customers.get", "500")

    desk = stage.desk(checkpoint=after_sending)
    asked = await stage.waiting(desk)
    done = (await desk.approve(asked.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.after, done.details) == (State.UNCONFIRMED, None, {"now": "unread"})


class Unreached(Autumn):
    """A client whose writes find nobody."""

    async def send(self, write: Write, key: str) -> None:
        raise NotSent(request=f"{write.route} {key}")


async def test_autumn_not_there_to_send_to(sqlite_stage: Bench) -> None:
    stage = sqlite_stage
    away = Unreached(key=SecretStr(stage.local.key), url=stage.local.url, limits=FAST)
    desk = stage.desk(autumn=away)
    asked = await stage.waiting(desk)
    done = (await desk.approve(asked.id, 1, RAJ)).record
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
async def test_it_is_read_once_more_before_it_is_written(
    sqlite_stage: Bench, happens: str, ending: Cause
) -> None:
    stage = sqlite_stage

    async def between(reached: str) -> None:
        if reached != "claimed":
            return
        if happens == "unread":
            stage.local.faults.add("customers.get", "500")
        elif happens == "gone":
            await stage.autumn.send(
                Write("customers.delete", "POST", "/v1/customers.delete", {"customer_id": CUSTOMER}), "gone"
            )
            stage.local.ledger.clear()
        else:
            stage.local.state.customers[CUSTOMER].name = "New Name"

    desk = stage.desk(checkpoint=between)
    asked = await stage.waiting(desk, DetailsInput(customer=CUSTOMER, name="New Name"))
    done = (await desk.approve(asked.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending, done.writes) == (State.FAILED, ending, 0)
    assert stage.written() == 0


async def test_a_customer_recreated_at_the_last_moment_is_not_changed(sqlite_stage: Bench) -> None:
    stage = sqlite_stage

    async def between(reached: str) -> None:
        if reached == "claimed":
            stage.local.state.customers[CUSTOMER].created_at += 1

    desk = stage.desk(checkpoint=between)
    asked = await stage.waiting(desk)
    done = (await desk.approve(asked.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending, done.writes) == (State.FAILED, Cause.GUARDED, 0)
    assert [note.code for note in done.refusals] == [CommonNote.RECREATED]


@pytest.mark.parametrize(
    ("asked", "state"),
    [
        (DetailsInput(customer=CUSTOMER, name="New"), State.UNCONFIRMED),
        (DeletionInput(customer=CUSTOMER, typed=CUSTOMER), State.APPLIED),
    ],
)
async def test_a_later_customer_does_not_tell_what_became_of_the_earlier_one(
    sqlite_stage: Bench, asked: DetailsInput | DeletionInput, state: State
) -> None:
    stage = sqlite_stage
    kept = stage.local.state.customers[CUSTOMER]

    async def after_sending(reached: str) -> None:
        if reached == "sent":
            kept.created_at += 1
            stage.local.state.customers.add(kept)

    desk = stage.desk(checkpoint=after_sending)
    record = await stage.waiting(desk, asked)
    done = (await desk.approve(record.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.after) == (state, None)


@pytest.mark.parametrize("needed", [0, 1])
async def test_the_facts_move_at_the_last_moment(sqlite_stage: Bench, needed: int) -> None:
    stage = sqlite_stage
    stage.law.needed = needed

    async def between(reached: str) -> None:
        if reached == "claimed":
            await stage.elsewhere(usage=500)

    desk = stage.desk(checkpoint=between)
    reply = await desk.submit(stage.wish(stage.balance(BalanceAction.SET, 50)))
    assert reply.record is not None
    if needed:
        reply = await desk.approve(reply.record.id, 1, RAJ)
    record = reply.record
    assert record is not None
    assert record.state is (State.WAITING if needed else State.OVERTAKEN)
    assert (record.version, record.approvals, record.lease_until) == (2, (), None)
    assert stage.events(record)[-1] is ChangeEvent.OVERTAKEN
    assert stage.written() == 0
    assert await stage.whole()


async def test_a_customer_that_stays_busy(sqlite_stage: Bench) -> None:
    stage = sqlite_stage
    stuck = stage.desk(checkpoint=stop_at("claimed"))
    first, second = await stage.waiting(stuck), await stage.waiting(stuck)
    with pytest.raises(Stopped):
        await stuck.approve(first.id, 1, RAJ)
    desk = stage.desk(pace=ChangeTimeouts(turn=0, renew=5, polls=(0,)))
    done = (await desk.approve(second.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending) == (State.FAILED, Cause.BUSY)


async def lose_the_lease(stage: Bench, record: Record) -> None:
    async with stage.database.writing() as connection:
        await connection.execute(
            update(changes).where(changes.c.id == record.id).values(lease_by="somebody else")
        )


@pytest.mark.parametrize("point", ["approved", "claimed", "sent"])
async def test_whoever_lost_the_lease_does_nothing_more(sqlite_stage: Bench, point: str) -> None:
    stage = sqlite_stage
    found: list[Record] = []

    async def between(reached: str) -> None:
        if reached == point:
            await lose_the_lease(stage, found[0])
            await asyncio.sleep(3 * QUICK.renew)  # long enough for a renewal to find out

    desk = stage.desk(checkpoint=between)
    found.append(await stage.waiting(desk))
    left = (await desk.approve(found[0].id, 1, RAJ)).record
    assert left is not None
    assert left.state is (State.APPROVED if point == "approved" else State.APPLYING)
    assert stage.written() == (1 if point == "sent" else 0)
    assert stage.events(left)[1:] in ([], [ChangeEvent.APPLYING])


async def test_the_lease_is_renewed_while_at_work(sqlite_stage: Bench) -> None:
    stage = sqlite_stage
    renewed = asyncio.Event()

    def until() -> datetime:
        return stage.clock() + QUICK.lease_time

    async def between(reached: str) -> None:
        if reached == "claimed":
            stage.clock.move(seconds=15)
            async with asyncio.timeout(10):
                while (held := await desk.get(asked.id)) is None or held.lease_until != until():  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.01)
            renewed.set()

    desk = stage.desk(checkpoint=between)
    asked = await stage.waiting(desk)
    await desk.approve(asked.id, 1, RAJ)
    assert renewed.is_set()


async def test_trouble_in_telling_does_not_stop_it(sqlite_stage: Bench) -> None:
    stage = sqlite_stage
    asked = await stage.waiting(stage.desk())

    async def fail(record: Record, event: ChangeEvent) -> None:
        raise LookupError(record, event)

    stage.tell = fail  # type: ignore[method-assign]
    done = (await stage.desk().approve(asked.id, 1, RAJ)).record
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


@pytest.mark.parametrize("point", POINTS)
async def test_the_process_dies(stage: Bench, point: str) -> None:
    """And what it left is settled by another: without writing, and by reading where there is anything to."""
    state, ending, written = POINTS[point]
    dying, desk = stage.desk(checkpoint=stop_at(point)), stage.desk()
    asked = await stage.waiting(desk)
    with pytest.raises(Stopped):
        await dying.approve(asked.id, 1, RAJ)
    await desk.sweeper.sweep(stage.clock())
    stage.clock.move(seconds=21)
    sweepers = [desk.sweeper, stage.desk().sweeper]
    await asyncio.gather(*(one.sweep(stage.clock()) for one in sweepers))
    left = await desk.get(asked.id)
    assert left is not None
    assert (left.state, left.ending, stage.written()) == (state, ending, written)
    if point == "settled":
        assert stage.events(asked)[-1] is ChangeEvent.REDRAW
    else:
        assert stage.events(asked).count(ChangeEvent(state.value)) == 1
    assert await stage.whole()


async def test_the_sweeper_dies_as_well(sqlite_stage: Bench) -> None:
    stage = sqlite_stage
    dying = stage.desk(checkpoint=stop_at("claimed"))
    asked = await stage.waiting(dying)
    with pytest.raises(Stopped):
        await dying.approve(asked.id, 1, RAJ)
    stage.clock.move(seconds=21)
    with pytest.raises(Stopped):
        await stage.desk(checkpoint=stop_at("taken"))._engine.recover(asked.id)
    assert await stage.desk()._engine.recover(asked.id) is None
    stage.clock.move(seconds=21)
    settled = await stage.desk()._engine.recover(asked.id)
    assert settled is not None
    assert settled.ending is Cause.INTERRUPTED


class TwoWrites(BalanceChange):
    """A kind whose plan has two writes, which none of Maple's has today."""

    row = ""

    def plan(self, request: BalanceInput, facts: Facts) -> tuple[Write, ...]:  # noqa: ARG002
        body = {"customer_id": CUSTOMER, "feature_id": "messages", "balance_id": self.row}
        return tuple(
            Write("balances.update", "POST", "/v1/balances.update", {**body, "add_to_balance": 50, **more})
            for more in ({}, {"included_grant": 2100})
        )


@pytest.mark.parametrize(("fault", "state"), [("", State.APPLIED), ("429", State.UNCONFIRMED)])
async def test_several_writes(
    sqlite_stage: Bench, monkeypatch: pytest.MonkeyPatch, fault: str, state: State
) -> None:
    stage = sqlite_stage

    async def between(reached: str) -> None:
        if reached == "sent" and fault:
            stage.local.faults.add("balances.update", fault)

    kind = TwoWrites()
    kind.row = stage.row
    monkeypatch.setattr(registry, "KINDS", (kind, *registry.KINDS[1:]))
    desk = stage.desk(checkpoint=between)
    asked = await stage.waiting(desk)
    done = (await desk.approve(asked.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.writes) == (state, 2)
    if fault:
        assert done.ending is Cause.PARTLY
    assert [write.idempotency_key for write in stage.local.ledger if write.applied] == [
        f"maple:{asked.id}:{position}" for position in range(1 if fault else 2)
    ]


async def test_a_position_is_begun_once(stage: Bench) -> None:
    stuck = stage.desk(checkpoint=stop_at("claimed"))
    asked = await stage.waiting(stuck)
    with pytest.raises(Stopped):
        await stuck.approve(asked.id, 1, RAJ)
    seen = await stuck.look(asked.input, await stuck.open(asked.kind, CUSTOMER))
    write = registry.kind(asked.kind).plan(asked.input, seen.facts)[0]
    assert seen.preview is not None
    lease = stuck._engine.lease()

    async def begin(by: Lease) -> bool:
        assert seen.preview is not None
        return await repository.begin_write(
            stage.database, asked.id, 0, write, "key", preview=seen.preview, lease=by, now=NOW
        )

    assert not await begin(Lease("somebody else", lease.until))
    assert sorted(await asyncio.gather(*(begin(lease) for _ in range(10)))) == [False] * 9 + [True]


async def test_a_deletion_is_seen_by_the_customer_being_gone(sqlite_stage: Bench) -> None:
    desk = sqlite_stage.desk()
    asked = await sqlite_stage.waiting(desk, DeletionInput(customer=CUSTOMER, typed=CUSTOMER))
    sqlite_stage.local.faults.add("customers.delete", "cut_after", times=1)
    done = (await desk.approve(asked.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending, done.invertible) == (State.APPLIED, Cause.FOUND_DONE, False)


@asynccontextmanager
async def losable(
    engine: Engine,
) -> AsyncIterator[tuple[Database, Callable[[], Awaitable[None]], Callable[[], Awaitable[None]]]]:
    """A database, what takes it away, and what brings it back."""
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


async def test_slow_write_is_not_taken_for_a_dead_one_after_the_database_was_away(
    engine: Engine, logs: io.StringIO
) -> None:
    """The lease is renewed as soon as the database is back, so no other replica settles the change."""
    async with losable(engine) as (database, lose, find), bench(database) as stage:

        async def while_sending(reached: str) -> None:
            if reached != "marked":
                return
            await lose()
            async with asyncio.timeout(10):
                while "lease not renewed" not in logs.getvalue():  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.01)
            await find()
            for _ in range(2):
                stage.clock.move(seconds=QUICK.lease - 1)
                async with asyncio.timeout(10):
                    while await lease_end(stage, asked) != stage.clock() + QUICK.lease_time:  # noqa: ASYNC110
                        await asyncio.sleep(0.01)
                await stage.desk().sweeper.sweep(stage.clock())

        desk = stage.desk(checkpoint=while_sending)
        asked = await stage.waiting(desk)
        done = (await desk.approve(asked.id, 1, RAJ)).record
        assert done is not None
        assert (done.state, done.ending) == (State.APPLIED, Cause.DONE)
        assert stage.written() == 1


async def lease_end(stage: Bench, record: Record) -> datetime | None:
    @unbroken
    async def read() -> datetime | None:
        async with stage.database.reading() as connection:
            found = await connection.execute(select(changes.c.lease_until).where(changes.c.id == record.id))
            until: datetime | None = found.scalar_one()
            return until

    return await read()
