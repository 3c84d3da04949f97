import asyncio
import io
from datetime import timedelta

import pytest

from bot.approvals import cards
from bot.approvals.cards import CHANGE_CARDS, GRACE, POSTING
from bot.approvals.lifecycle import CardKind, CardTarget, ChangeEvent, PostedCard, Record, State
from bot.autumn.models import Environment
from bot.store import deliveries
from bot.store.database import Database
from tests.approvals.harness import NOW, RAJ, Harness
from tests.databases import fresh
from tests.waiting import wait_until


async def test_overdue_request_expires_once(harness: Harness) -> None:
    services = [harness.service(), harness.service()]
    request = await harness.waiting(services[0])
    harness.clock.move(hours=24, seconds=-1)
    await services[0].sweeper.sweep(harness.clock())
    assert (await services[0].get(request.id)) == request
    harness.clock.move(seconds=1)
    await asyncio.gather(*(service.sweeper.sweep(harness.clock()) for service in services))
    expired = await services[0].get(request.id)
    assert expired is not None
    assert expired.state is State.EXPIRED
    assert harness.events(request).count(ChangeEvent.EXPIRED) == 1


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_stale_cards_are_redrawn(harness: Harness) -> None:
    service = harness.service()
    request = await harness.waiting(service)
    own, approval = await CHANGE_CARDS.of(harness.database, request.id)
    assert (own.kind, own.channel, own.ts) == (CardKind.REQUESTER, "U_ANA", "")
    assert (approval.kind, approval.channel, approval.shown) == (CardKind.APPROVAL, "C_APPROVALS", 0)
    await service.sweeper.sweep(harness.clock())
    assert harness.events(request) == [ChangeEvent.ASKED]

    harness.clock.move(seconds=GRACE.total_seconds())
    sweepers = [service.sweeper, harness.service().sweeper]
    await asyncio.gather(*(sweeper.sweep(harness.clock()) for sweeper in sweepers))
    assert harness.events(request).count(ChangeEvent.REDRAW) in (1, 2)  # each card is redrawn by one of them
    before = len(harness.notified)
    await service.sweeper.sweep(harness.clock())
    assert len(harness.notified) == before

    for card in (own, approval):
        await cards.mark_shown(harness.database, card, revision=1, now=harness.clock(), ts=f"{card.id}.1")
    harness.clock.move(hours=2)
    await service.sweeper.sweep(harness.clock())
    assert len(harness.notified) == before
    assert (await harness.steps(request)).count("shown") == 2
    assert await harness.trail_is_intact()


async def test_card_that_cannot_be_drawn_is_retried_less_and_less_often(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    request = await harness.waiting(harness.service())
    drawn = []
    for _ in range(12 * 8):
        harness.clock.move(minutes=5)
        drawn += await CHANGE_CARDS.claim_stale(harness.database, Environment.SANDBOX, now=harness.clock())
    assert 8 <= len(drawn) <= 16
    own, approval = await CHANGE_CARDS.of(harness.database, request.id)
    assert await CHANGE_CARDS.mark_gone(harness.database, own.id)
    assert await CHANGE_CARDS.mark_gone(harness.database, approval.id)
    assert not await CHANGE_CARDS.mark_gone(harness.database, approval.id)
    assert await CHANGE_CARDS.of(harness.database, request.id) == []
    harness.clock.move(days=1)
    assert await CHANGE_CARDS.claim_stale(harness.database, Environment.SANDBOX, now=harness.clock()) == []


async def test_cards_of_the_other_environment_are_left_to_its_own_maple(sqlite_harness: Harness) -> None:
    """Live and sandbox may share a database; each bot reads names from its own environment."""
    harness = sqlite_harness
    request = await harness.waiting(harness.service())
    harness.clock.move(minutes=5)
    assert await CHANGE_CARDS.claim_stale(harness.database, Environment.LIVE, now=harness.clock()) == []
    stale = await CHANGE_CARDS.claim_stale(harness.database, Environment.SANDBOX, now=harness.clock())
    assert stale == [request.id]


async def request_with_its_card(harness: Harness) -> tuple[Record, PostedCard]:
    request = await harness.waiting(harness.service())
    return request, (await CHANGE_CARDS.of(harness.database, request.id))[1]


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_card_is_posted_by_one_process(harness: Harness) -> None:
    request, card = await request_with_its_card(harness)
    tries = await asyncio.gather(
        *(CHANGE_CARDS.claim_post(harness.database, card.id, now=NOW) for _ in range(5))
    )
    assert sorted(tries) == [False] * 4 + [True]
    assert await CHANGE_CARDS.release_post(harness.database, card.id)
    assert await CHANGE_CARDS.claim_post(harness.database, card.id, now=NOW)
    assert await CHANGE_CARDS.claim_post(harness.database, card.id, now=NOW + POSTING)
    await cards.mark_shown(harness.database, card, revision=1, now=NOW, ts="1.2")
    assert not await CHANGE_CARDS.claim_post(harness.database, card.id, now=NOW + 3 * POSTING)
    assert not await CHANGE_CARDS.release_post(harness.database, card.id)
    card_after = (await CHANGE_CARDS.of(harness.database, request.id))[1]
    assert (card_after.id, card_after.ts, card_after.shown, card_after.about) == (
        card.id,
        "1.2",
        1,
        request.id,
    )


async def test_late_redraw_does_not_hide_a_newer_one(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    request, card = await request_with_its_card(harness)
    await cards.mark_shown(harness.database, card, revision=3, now=NOW, ts="1.2")
    await cards.mark_shown(harness.database, card, revision=2, now=NOW, ts="1.2")
    await cards.mark_shown(harness.database, card, revision=1, now=NOW)
    assert (await CHANGE_CARDS.of(harness.database, request.id))[1].shown == 3


async def test_unknown_card_is_adopted_once(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    request, _ = await request_with_its_card(harness)
    for expected in (True, False):
        target = CardTarget(CardKind.APPROVAL, "C_APPROVALS")
        added = await CHANGE_CARDS.adopt(harness.database, request.id, target, "9.9", now=NOW)
        assert added is expected
    assert len(await CHANGE_CARDS.of(harness.database, request.id)) == 3


async def test_deliveries_are_forgotten(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    sweeper = harness.service().sweeper
    await deliveries.first_time(harness.database, "a", harness.clock())
    harness.clock.move(minutes=9)
    await sweeper.sweep(harness.clock())
    harness.clock.move(minutes=1)
    await sweeper.sweep(harness.clock())
    assert await deliveries.forget(harness.database, harness.clock() + timedelta(days=1)) == 0


async def test_failure_of_one_change_leaves_the_others_alone(
    sqlite_harness: Harness, logs: io.StringIO
) -> None:
    harness = sqlite_harness
    first = await harness.waiting(harness.service())
    second = await harness.waiting(harness.service())

    async def trouble(reached: str) -> None:
        if reached == "decided" and (ChangeEvent.EXPIRED not in [event for _, event in harness.notified]):
            harness.notified.append(("", ChangeEvent.EXPIRED))
            raise LookupError

    harness.clock.move(days=2)
    await harness.service(checkpoint=trouble).sweeper.sweep(harness.clock())
    states = [await harness.service().get(request.id) for request in (first, second)]
    assert [request.state for request in states if request] == [State.EXPIRED, State.EXPIRED]
    assert '"error": "LookupError"' in logs.getvalue()


async def test_sweeper_runs_until_it_is_stopped(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    service = harness.service()
    request = await harness.waiting(service)
    harness.clock.move(days=2)
    service.sweeper.start(every=0.02)
    try:
        await wait_until(lambda: ChangeEvent.EXPIRED in harness.events(request))
    finally:
        service.sweeper.stop()
        service.sweeper.stop()
        await service.sweeper.stopped()


async def test_sweeps_continue_while_the_database_is_away(sqlite_harness: Harness, logs: io.StringIO) -> None:
    harness = sqlite_harness
    harness.database = Database(fresh("sqlite", migrated=False))
    await harness.service().sweeper.tick()
    assert '"error": "OperationalError"' in logs.getvalue()
    await harness.database.aclose()


async def test_interrupted_sweep_ends_quietly(sqlite_harness: Harness, logs: io.StringIO) -> None:
    sweeping = asyncio.create_task(sqlite_harness.service().sweeper.tick())
    await asyncio.sleep(0)
    sweeping.cancel()
    await sweeping
    assert "sweep cut off" in logs.getvalue()


async def test_recovered_changes_are_logged_by_id(sqlite_harness: Harness, logs: io.StringIO) -> None:
    harness = sqlite_harness

    async def never(reached: str) -> None:
        if reached == "approved":
            raise LookupError

    service = harness.service(checkpoint=never)
    request = await harness.waiting(service)
    try:
        await service.approve(request.id, 1, RAJ)
    except LookupError:
        harness.clock.move(seconds=21)
    await harness.service().sweeper.sweep(harness.clock())
    assert request.id in logs.getvalue()


async def test_stopped_sweeper_does_not_sweep(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    service = harness.service()
    request = await harness.waiting(service)
    harness.clock.move(hours=25)
    service.sweeper.stop()
    await service.sweeper.tick()
    assert (await service.get(request.id)) == request


async def test_all_overdue_requests_expire_before_anybody_is_notified(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    requests = [await harness.waiting(harness.service()) for _ in range(2)]
    states: list[set[State]] = []

    async def notify(record: Record, event: ChangeEvent) -> None:
        records = [await harness.service().get(request.id) for request in requests]
        if event is ChangeEvent.EXPIRED:
            states.append({request.state for request in records if request})

    harness.notify = notify  # type: ignore[method-assign]
    service = harness.service()
    harness.clock.move(days=2)
    await service.sweeper.sweep(harness.clock())
    assert states == [{State.EXPIRED}] * 2


async def test_slow_part_does_not_delay_the_others(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    hanging = asyncio.Event()
    request = await harness.waiting(harness.service())

    async def notify(record: Record, event: ChangeEvent) -> None:
        harness.notified.append((record.id, event))
        if event is ChangeEvent.REDRAW:
            hanging.set()
            await asyncio.Event().wait()

    harness.clock.move(hours=1)
    harness.notify, usual = notify, harness.notify  # type: ignore[method-assign]
    service = harness.service()
    harness.notify = usual  # type: ignore[method-assign]
    service.sweeper.start(every=0.02)
    try:
        async with asyncio.timeout(30):
            await hanging.wait()
            harness.clock.move(days=2)
            await wait_until(lambda: ChangeEvent.EXPIRED in harness.events(request))
    finally:
        service.sweeper.stop()
        await service.sweeper.stopped()


async def test_change_that_another_replica_has_just_expired_is_left_alone(
    sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.approvals.sweeper._AT_ONCE", 1)
    harness = sqlite_harness
    requests = [await harness.waiting(harness.service()) for _ in range(2)]
    other_replicas = [harness.service()]

    async def meanwhile(reached: str) -> None:
        if reached == "decided" and other_replicas:
            await other_replicas.pop().sweeper.sweep(harness.clock())

    harness.clock.move(days=2)
    await harness.service(checkpoint=meanwhile).sweeper.sweep(harness.clock())
    assert [harness.events(request).count(ChangeEvent.EXPIRED) for request in requests] == [1] * 2
