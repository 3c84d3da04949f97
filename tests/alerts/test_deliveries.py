"""Events and their deliveries, on both databases."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.access.post_targets import Pause
from bot.alerts import deliveries, repository
from bot.alerts.deliveries import ReportedOccurrence, lasting_event_id, message_event_id
from bot.alerts.model import (
    AlertChoice,
    AlertDelivery,
    AlertSkip,
    AlertSubscription,
    Occurrence,
    TooManyAlerts,
)
from bot.alerts.repository import NewSubscription
from bot.store import audit
from bot.store.database import Database
from bot.store.tables import alert_subscriptions
from tests.alerts.harness import EVERYTHING, LIMIT, NOW
from tests.engines import on_sqlite

ENV = "sandbox"
LEASE = timedelta(seconds=60)


def new_subscription(number: int = 1, **changes: str) -> NewSubscription:
    values = {"channel": "C1", "team": "T1", "owner": "U1", **changes}
    return NewSubscription(f"form-{number}", choice=EVERYTHING, private=False, **values)


async def subscribe(database: Database, number: int = 1, **changes: str) -> AlertSubscription:
    subscription = await repository.create(database, ENV, new_subscription(number, **changes), now=NOW)
    assert isinstance(subscription, AlertSubscription)
    return subscription


def limit_reached(message: str = "msg_1", occurrence: Occurrence = LIMIT) -> ReportedOccurrence:
    return ReportedOccurrence("limit_reached", occurrence, message_event_id(ENV, message, 0))


async def claim(database: Database, by: str = "me", after: float = 0) -> list[AlertDelivery]:
    now = NOW + timedelta(seconds=after)
    return await deliveries.claim(database, ENV, by=by, lease=LEASE, now=now, most=10)


async def test_event_is_stored_once_by_concurrent_processes(database: Database) -> None:
    await subscribe(database)
    noted = await asyncio.gather(
        *(deliveries.note(database, ENV, [limit_reached()], now=NOW) for _ in range(3))
    )
    assert sum(noted) == 1
    claimed = await asyncio.gather(*(claim(database, f"process {number}") for number in range(2)))
    (delivery,) = [delivery for deliveries_claimed in claimed for delivery in deliveries_claimed]
    assert delivery.event.occurrence == LIMIT


@on_sqlite
async def test_events_of_another_environment_are_ignored(database: Database) -> None:
    await subscribe(database)
    assert await deliveries.note(database, "live", [limit_reached()], now=NOW) == 0
    await deliveries.note(database, ENV, [limit_reached()], now=NOW)
    assert await deliveries.claim(database, "live", by="me", lease=LEASE, now=NOW, most=10) == []


async def test_only_the_lease_holder_continues_a_delivery(database: Database) -> None:
    await subscribe(database)
    await deliveries.note(database, ENV, [limit_reached()], now=NOW)
    (delivery,) = await claim(database)
    assert await claim(database, "other", after=59) == []
    (delivery,) = await claim(database, "other", after=61)
    assert delivery.tries == 2
    for settled in (
        deliveries.about_to_post(database, delivery.id, "C1", by="me", lease=LEASE, now=NOW),
        deliveries.not_posted(database, delivery.id, by="me", now=NOW),
        deliveries.skipped(database, delivery.id, AlertSkip.LATE, by="me", now=NOW),
        deliveries.put_off(database, delivery.id, by="me", until=NOW, now=NOW),
    ):
        assert not await settled
    assert await deliveries.about_to_post(database, delivery.id, "C1", by="other", lease=LEASE, now=NOW)
    assert await deliveries.posted(database, delivery.id, "1.0", now=NOW)
    assert not await deliveries.posted(database, delivery.id, "2.0", now=NOW)


async def test_existing_past_due_is_no_news_for_new_subscriptions(database: Database) -> None:
    """A poll notifies only subscriptions that were active at the previous poll."""
    await subscribe(database)
    earlier = ReportedOccurrence("past_due", LIMIT, lasting_event_id(ENV, "past_due", "x"))
    before = NOW - timedelta(seconds=1)
    assert await deliveries.note(database, ENV, [earlier], now=NOW, polled=True, active_before=before) == 0
    unrelated = ReportedOccurrence("past_due", LIMIT, lasting_event_id(ENV, "past_due", "y"))
    assert (
        await deliveries.note(database, ENV, [earlier, unrelated], now=NOW, polled=True, active_before=NOW)
        == 1
    )


async def test_old_events_are_deleted_with_their_deliveries(database: Database) -> None:
    await subscribe(database)
    await deliveries.note(database, ENV, [limit_reached("msg_1"), limit_reached("msg_2")], now=NOW)
    later = NOW + timedelta(days=91)
    assert await deliveries.delete_old(database, later, most=1) == 1
    assert await deliveries.delete_old(database, later) == 1
    assert await deliveries.delete_old(database, later) == 0
    assert await claim(database) == []


async def test_repeated_form_is_one_subscription(database: Database) -> None:
    first = await subscribe(database)
    assert await subscribe(database) == first
    subscriptions = await asyncio.gather(*(subscribe(database, 2) for _ in range(2)))
    assert len({subscription.id for subscription in subscriptions}) == 1
    assert len(await repository.of_channel(database, ENV, "C1")) == 2


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_form_that_is_sent_twice_at_once_is_one_subscription(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_began = asyncio.Barrier(2)
    within_limits = repository._too_many

    async def begun(connection: AsyncConnection, env: str, form: NewSubscription) -> TooManyAlerts | None:
        """Both forms are submitted before either subscription is stored."""
        await both_began.wait()
        return await within_limits(connection, env, form)

    monkeypatch.setattr(repository, "_too_many", begun)
    first, second = await asyncio.gather(subscribe(database), subscribe(database))
    assert first == second
    assert await repository.of_channel(database, ENV, "C1") == [first]


@on_sqlite
async def test_subscriptions_are_limited(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "MOST_OF_CHANNEL", 2)
    monkeypatch.setattr(repository, "MOST_OF_PERSON", 4)
    for number in range(2):
        await subscribe(database, number)
    full = await repository.create(database, ENV, new_subscription(99), now=NOW)
    assert full is TooManyAlerts.OF_CHANNEL
    for number in (2, 3):
        await subscribe(database, number, channel=f"C{number}X")
    full = await repository.create(database, ENV, new_subscription(99, channel="C9"), now=NOW)
    assert full is TooManyAlerts.OF_PERSON


async def test_every_step_is_in_the_audit_trail_of_alerts(database: Database) -> None:
    subscription = await subscribe(database)
    choice = AlertChoice(frozenset({"past_due"}))
    await repository.edit(database, subscription.id, version=1, choice=choice, now=NOW, by="U2")
    assert (
        await repository.edit(database, subscription.id, version=1, choice=choice, now=NOW, by="U3") is None
    )
    await repository.pause(database, subscription.id, Pause.ARCHIVED, now=NOW)
    assert await repository.pause(database, subscription.id, Pause.ASKED, now=NOW, by="U3") is None
    resumed = await repository.resume(database, subscription.id, private=True, now=NOW, by="U2")
    assert resumed is not None
    assert (resumed.private, resumed.choice, resumed.version) == (True, choice, 2)
    assert await repository.resume(database, subscription.id, private=True, now=NOW, by="U2") is None
    await repository.remove(database, subscription.id, now=NOW, by="U1")
    assert await repository.remove(database, subscription.id, now=NOW, by="U1") is None
    async with database.reading() as connection:
        entries = [entry async for entry in audit.entries(connection, change_id=subscription.id)]
        assert (await audit.verify(connection)).faults == ()
    assert [(entry.event, entry.actor) for entry in entries] == [
        ("alert_created", "U1"),
        ("alert_edited", "U2"),
        ("alert_paused", ""),
        ("alert_resumed", "U2"),
        ("alert_removed", "U1"),
    ]


@on_sqlite
async def test_owner_is_notified_unless_they_did_it_themselves(database: Database) -> None:
    mine, theirs = await subscribe(database, 1), await subscribe(database, 2)
    await repository.remove(database, mine.id, now=NOW, by="U1")
    await repository.pause(database, theirs.id, Pause.ASKED, now=NOW, by="U2")
    (notice,) = await repository.claim_notices(database, ENV, now=NOW)
    assert notice.subscription.id == theirs.id
    assert await repository.claim_notices(database, ENV, now=NOW) == []
    (again,) = await repository.claim_notices(database, ENV, now=NOW + timedelta(minutes=1))
    await repository.notice_sent(database, notice)
    later = NOW + timedelta(minutes=2)
    assert await repository.claim_notices(database, ENV, now=later), "an older notice crosses nothing out"
    await repository.notice_sent(database, again)


@on_sqlite
async def test_owner_notice_is_abandoned_after_a_day(database: Database) -> None:
    subscription = await subscribe(database)
    await repository.pause(database, subscription.id, Pause.SHARED, now=NOW)
    assert await repository.claim_notices(database, ENV, now=NOW + timedelta(days=1))
    assert await repository.claim_notices(database, ENV, now=NOW + timedelta(days=9)) == []


@on_sqlite
@pytest.mark.parametrize("change", ["state", "gone"])
async def test_altered_subscription_is_found(database: Database, change: str) -> None:
    subscription = await subscribe(database)
    async with database.writing() as connection:
        if change == "gone":
            await connection.execute(delete(alert_subscriptions))
        else:
            await connection.execute(update(alert_subscriptions).values(state="removed"))
    async with database.reading() as connection:
        (fault,) = (await audit.verify(connection)).faults
    assert f"alert {subscription.id} is" in fault
