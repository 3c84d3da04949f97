import asyncio
import io
from datetime import timedelta

import pytest

from bot.approvals import cards
from bot.approvals.cards import POSTING, PostedCard
from bot.approvals.lifecycle import CardKind, ChangeEvent, Record, State
from bot.approvals.repository import GRACE
from bot.store import deliveries
from bot.store.database import Database
from tests.approvals.bench import NOW, RAJ, Bench
from tests.databases import fresh


async def test_what_is_due_expires_once(stage: Bench) -> None:
    desks = [stage.desk(), stage.desk()]
    asked = await stage.waiting(desks[0])
    stage.clock.move(hours=24, seconds=-1)
    await desks[0].sweeper.sweep(stage.clock())
    assert (await desks[0].get(asked.id)) == asked
    stage.clock.move(seconds=1)
    await asyncio.gather(*(desk.sweeper.sweep(stage.clock()) for desk in desks))
    expired = await desks[0].get(asked.id)
    assert expired is not None
    assert expired.state is State.EXPIRED
    assert stage.events(asked).count(ChangeEvent.EXPIRED) == 1


async def test_cards_left_out_of_date_are_redrawn(stage: Bench) -> None:
    desk = stage.desk()
    asked = await stage.waiting(desk)
    asker, approval = await cards.cards_of(stage.database, asked.id)
    assert (asker.kind, asker.channel, asker.ts) == (CardKind.ASKER, "U_ANA", "")
    assert (approval.kind, approval.channel, approval.shown) == (CardKind.APPROVAL, "C_APPROVALS", 0)
    await desk.sweeper.sweep(stage.clock())
    assert stage.events(asked) == [ChangeEvent.ASKED]

    stage.clock.move(seconds=GRACE.total_seconds())
    sweepers = [desk.sweeper, stage.desk().sweeper]
    await asyncio.gather(*(one.sweep(stage.clock()) for one in sweepers))
    assert stage.events(asked).count(ChangeEvent.REDRAW) in (1, 2)  # each card falls to one of them
    before = len(stage.told)
    await desk.sweeper.sweep(stage.clock())
    assert len(stage.told) == before

    for card in (asker, approval):
        await cards.mark_shown(
            stage.database, card, revision=1, now=stage.clock(), ts=f"{card.id}.1", link="l"
        )
    stage.clock.move(hours=2)
    await desk.sweeper.sweep(stage.clock())
    assert len(stage.told) == before
    assert (await stage.steps(asked)).count("shown") == 2
    assert await stage.whole()


async def test_a_card_that_cannot_be_shown_is_asked_about_less_and_less(sqlite_stage: Bench) -> None:
    stage = sqlite_stage
    asked = await stage.waiting(stage.desk())
    drawn = []
    for _ in range(12 * 8):
        stage.clock.move(minutes=5)
        drawn += await cards.claim_stale(stage.database, now=stage.clock())
    assert 8 <= len(drawn) <= 16
    asker, approval = await cards.cards_of(stage.database, asked.id)
    assert await cards.mark_gone(stage.database, asker.id)
    assert await cards.mark_gone(stage.database, approval.id)
    assert not await cards.mark_gone(stage.database, approval.id)
    assert await cards.cards_of(stage.database, asked.id) == []
    stage.clock.move(days=1)
    assert await cards.claim_stale(stage.database, now=stage.clock()) == []


async def posted(stage: Bench) -> tuple[Record, PostedCard]:
    asked = await stage.waiting(stage.desk())
    return asked, (await cards.cards_of(stage.database, asked.id))[1]


async def test_a_card_is_posted_by_one(stage: Bench) -> None:
    asked, card = await posted(stage)
    tries = await asyncio.gather(*(cards.claim_post(stage.database, card.id, now=NOW) for _ in range(5)))
    assert sorted(tries) == [False] * 4 + [True]
    assert await cards.release_post(stage.database, card.id)
    assert await cards.claim_post(stage.database, card.id, now=NOW)
    assert await cards.claim_post(stage.database, card.id, now=NOW + POSTING)
    await cards.mark_shown(stage.database, card, revision=1, now=NOW, ts="1.2")
    assert not await cards.claim_post(stage.database, card.id, now=NOW + 3 * POSTING)
    assert not await cards.release_post(stage.database, card.id)
    found = await cards.find(stage.database, "C_APPROVALS", "1.2")
    assert found is not None
    assert (found.id, found.shown, found.change_id) == (card.id, 1, asked.id)
    assert await cards.find(stage.database, "C_APPROVALS", "1.3") is None


async def test_a_late_redraw_does_not_hide_a_later_one(stage: Bench) -> None:
    _, card = await posted(stage)
    await cards.mark_shown(stage.database, card, revision=3, now=NOW, ts="1.2")
    await cards.mark_shown(stage.database, card, revision=2, now=NOW, ts="1.2")
    await cards.mark_shown(stage.database, card, revision=1, now=NOW)
    found = await cards.find(stage.database, "C_APPROVALS", "1.2")
    assert found is not None
    assert found.shown == 3


async def test_a_copy_that_was_not_noted_is_taken_in(stage: Bench) -> None:
    asked, _ = await posted(stage)
    for expected in (True, False):
        added = await cards.adopt(
            stage.database, asked.id, CardKind.APPROVAL, "C_APPROVALS", "9.9", shown=1, now=NOW
        )
        assert added is expected
    assert len(await cards.cards_of(stage.database, asked.id)) == 3


async def test_deliveries_are_forgotten(sqlite_stage: Bench) -> None:
    stage = sqlite_stage
    await deliveries.first_time(stage.database, "a", stage.clock())
    stage.clock.move(minutes=10)
    await stage.desk().sweeper.sweep(stage.clock())
    assert await deliveries.forget(stage.database, stage.clock() + timedelta(days=1)) == 0


async def test_trouble_with_one_leaves_the_others_alone(sqlite_stage: Bench, logs: io.StringIO) -> None:
    stage = sqlite_stage
    first = await stage.waiting(stage.desk())
    second = await stage.waiting(stage.desk())

    async def trouble(reached: str) -> None:
        if reached == "decided" and (ChangeEvent.EXPIRED not in [event for _, event in stage.told]):
            stage.told.append(("", ChangeEvent.EXPIRED))
            raise LookupError

    stage.clock.move(days=2)
    await stage.desk(checkpoint=trouble).sweeper.sweep(stage.clock())
    states = [await stage.desk().get(one.id) for one in (first, second)]
    assert [one.state for one in states if one] == [State.EXPIRED, State.EXPIRED]
    assert '"error": "LookupError"' in logs.getvalue()


async def test_it_sweeps_by_itself_until_it_is_stopped(sqlite_stage: Bench) -> None:
    stage = sqlite_stage
    desk = stage.desk()
    asked = await stage.waiting(desk)
    stage.clock.move(days=2)
    desk.sweeper.start(every=0.02)
    try:
        async with asyncio.timeout(10):
            while ChangeEvent.EXPIRED not in stage.events(asked):  # noqa: ASYNC110 - the scheduler tells nothing
                await asyncio.sleep(0.005)
    finally:
        desk.sweeper.stop()
        desk.sweeper.stop()
    await asyncio.sleep(0.05)


async def test_a_database_that_is_away_does_not_stop_the_sweeps(
    sqlite_stage: Bench, logs: io.StringIO
) -> None:
    stage = sqlite_stage
    stage.database = Database(fresh("sqlite", migrated=False))
    await stage.desk().sweeper.tick()
    assert '"error": "OperationalError"' in logs.getvalue()
    await stage.database.aclose()


async def test_a_sweep_that_is_cut_off_ends_quietly(sqlite_stage: Bench, logs: io.StringIO) -> None:
    sweeping = asyncio.create_task(sqlite_stage.desk().sweeper.tick())
    await asyncio.sleep(0)
    sweeping.cancel()
    await sweeping
    assert "sweep cut off" in logs.getvalue()


async def test_the_dead_are_logged_by_id(sqlite_stage: Bench, logs: io.StringIO) -> None:
    stage = sqlite_stage

    async def never(reached: str) -> None:
        if reached == "approved":
            raise LookupError

    desk = stage.desk(checkpoint=never)
    asked = await stage.waiting(desk)
    try:
        await desk.approve(asked.id, 1, RAJ)
    except LookupError:
        stage.clock.move(seconds=21)
    await stage.desk().sweeper.sweep(stage.clock())
    assert asked.id in logs.getvalue()


async def test_once_told_to_stop_it_sweeps_no_more(stage: Bench) -> None:
    desk = stage.desk()
    asked = await stage.waiting(desk)
    stage.clock.move(hours=25)
    desk.sweeper.stop()
    await desk.sweeper.tick()
    assert (await desk.get(asked.id)) == asked


async def test_all_that_is_due_expires_before_anybody_is_told(sqlite_stage: Bench) -> None:
    stage = sqlite_stage
    asked = [await stage.waiting(stage.desk()) for _ in range(10)]
    states: list[set[State]] = []

    async def tell(record: Record, event: ChangeEvent) -> None:
        found = [await stage.desk().get(one.id) for one in asked]
        states.append({one.state for one in found if one})

    stage.tell = tell  # type: ignore[method-assign]
    desk = stage.desk()
    stage.clock.move(days=2)
    await desk.sweeper.sweep(stage.clock())
    assert states == [{State.EXPIRED}] * 10


async def test_one_part_does_not_wait_for_another(sqlite_stage: Bench) -> None:
    stage = sqlite_stage
    hanging = asyncio.Event()
    asked = await stage.waiting(stage.desk())

    async def tell(record: Record, event: ChangeEvent) -> None:
        stage.told.append((record.id, event))
        if event is ChangeEvent.REDRAW:
            hanging.set()
            await asyncio.Event().wait()

    stage.clock.move(hours=1)
    stage.tell, usual = tell, stage.tell  # type: ignore[method-assign]
    desk = stage.desk()
    stage.tell = usual  # type: ignore[method-assign]
    desk.sweeper.start(every=0.02)
    try:
        async with asyncio.timeout(10):
            await hanging.wait()
            stage.clock.move(days=2)
            while ChangeEvent.EXPIRED not in stage.events(asked):  # noqa: ASYNC110 - the scheduler tells nothing
                await asyncio.sleep(0.005)
    finally:
        desk.sweeper.stop()
        await desk.sweeper.stopped()


async def test_change_that_another_replica_has_just_expired_is_left_alone(
    sqlite_stage: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.approvals.sweeper._AT_ONCE", 1)
    stage = sqlite_stage
    asked = [await stage.waiting(stage.desk()) for _ in range(3)]
    others = [stage.desk()]

    async def meanwhile(reached: str) -> None:
        if reached == "decided" and others:
            await others.pop().sweeper.sweep(stage.clock())

    stage.clock.move(days=2)
    await stage.desk(checkpoint=meanwhile).sweeper.sweep(stage.clock())
    assert [stage.events(one).count(ChangeEvent.EXPIRED) for one in asked] == [1] * 3
