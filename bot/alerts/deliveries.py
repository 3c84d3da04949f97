"""What happens to an event: it is stored once, with a delivery for each subscription that wants it; each
delivery is claimed, posted and settled once.

Before a post is sent, it is recorded that it may have been; a process that takes over looks for it first.
Guards are in the WHERE clause: False means that another process has the delivery by now, or that it is
settled.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts import repository
from bot.alerts.model import AlertChoice, AlertDelivery, AlertEvent, AlertSkip, DeliveryState, Occurrence
from bot.store.database import Database, insert, unbroken
from bot.store.tables import alert_deliveries, alert_events, alert_subscriptions

LATE_AFTER = timedelta(hours=6)
"""An event is posted within this time after it was noted, or not at all."""
KEPT = timedelta(days=90)
"""Autumn's webhooks repeat a message for about a day, and for weeks if someone asks them to."""

_CLAIMED = alert_deliveries.c.state == DeliveryState.CLAIMED


@dataclass(frozen=True, slots=True)
class ReportedOccurrence:
    """An occurrence as a source read it, out of a message or the poll."""

    source: str
    occurrence: Occurrence
    id: str
    """Of the event: see `message_event_id` and `lasting_event_id`."""


def message_event_id(env: str, message_id: str, number: int) -> str:
    """Of the n-th occurrence in a message: the same whenever that message is repeated."""
    return _hashed(env, "message", message_id, number)


def lasting_event_id(env: str, source: str, identity: str) -> str:
    """Of an occurrence that several messages, or the poll, may report."""
    return _hashed(env, "lasting", source, identity)


def _hashed(*parts: str | int) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@unbroken
async def note(
    database: Database,
    env: str,
    reports: Iterable[ReportedOccurrence],
    *,
    now: datetime,
    polled: bool = False,
    active_before: datetime | None = None,
) -> int:
    """Stores the events that are new, and for whom each is. Returns the number of deliveries to make.

    `active_before`: only for subscriptions that have been active since then; unless given, for all active.
    """
    async with database.writing() as connection:
        subscribed = await _subscribed(connection, env, active_before)
        count = 0
        for report in reports:
            if await _is_new(connection, env, report, now=now, polled=polled):
                count += await _deliver_to(connection, env, report, subscribed, now=now)
        return count


async def _subscribed(
    connection: AsyncConnection, env: str, active_before: datetime | None
) -> list[Row[Any]]:
    where = [alert_subscriptions.c.env == env, alert_subscriptions.c.state == "active"]
    if active_before is not None:
        where.append(alert_subscriptions.c.active_since <= active_before)
    query = select(alert_subscriptions).where(*where).order_by(alert_subscriptions.c.id)
    return list((await connection.execute(query)).all())


async def _is_new(
    connection: AsyncConnection, env: str, report: ReportedOccurrence, *, now: datetime, polled: bool
) -> bool:
    values = {
        "id": report.id,
        "env": env,
        "source": report.source,
        "polled": polled,
        "noted_at": now,
        **_dump_occurrence(report.occurrence),
    }
    added = await connection.execute(
        insert(connection, alert_events, values).on_conflict_do_nothing().returning(alert_events.c.id)
    )
    return added.one_or_none() is not None


async def _deliver_to(
    connection: AsyncConnection,
    env: str,
    report: ReportedOccurrence,
    subscribed: list[Row[Any]],
    *,
    now: datetime,
) -> int:
    count = 0
    for row in subscribed:
        subscription = repository.read_subscription(row)
        if wants(subscription.choice, report):
            values = {
                "id": f"{report.id}.{subscription.id}",
                "event_id": report.id,
                "subscription_id": subscription.id,
                "env": env,
                "state": DeliveryState.CLAIMED,
                "not_before": now,
                "tries": 0,
                "posted_in": "",
                "created_at": now,
                "updated_at": now,
            }
            await connection.execute(insert(connection, alert_deliveries, values))
            count += 1
    return count


def wants(choice: AlertChoice, report: ReportedOccurrence) -> bool:
    """As far as the event itself says. Which products the customer holds is read when it is posted."""
    feature = report.occurrence.feature
    return report.source in choice.sources and (
        not feature or not choice.features or feature in choice.features
    )


@unbroken
async def claim(
    database: Database, env: str, *, by: str, lease: timedelta, now: datetime, most: int
) -> list[AlertDelivery]:
    """Those that are due, the caller's to carry out, the oldest first."""
    due = (
        select(alert_deliveries.c.id)
        .where(
            _CLAIMED,
            alert_deliveries.c.env == env,
            alert_deliveries.c.not_before <= now,
            or_(alert_deliveries.c.lease_until.is_(None), alert_deliveries.c.lease_until < now),
        )
        .order_by(alert_deliveries.c.created_at, alert_deliveries.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    async with database.writing() as connection:
        ids = list((await connection.execute(due)).scalars())
        await connection.execute(
            update(alert_deliveries)
            .where(alert_deliveries.c.id.in_(ids))
            .values(lease_by=by, lease_until=now + lease, tries=alert_deliveries.c.tries + 1, updated_at=now)
        )
        mine = (
            select(alert_deliveries, alert_events)
            .join(alert_events, alert_events.c.id == alert_deliveries.c.event_id)
            .where(alert_deliveries.c.id.in_(ids))
            .order_by(alert_deliveries.c.created_at, alert_deliveries.c.id)
        )
        return [_read_delivery(row) for row in await connection.execute(mine)]


@unbroken
async def about_to_post(
    database: Database, delivery_id: str, channel: str, *, by: str, lease: timedelta, now: datetime
) -> bool:
    """Notes, before it is sent, that it may be in the channel. False: it must not be sent.

    `lease`: longer than the call of Slack's can take, for after that another may look for it, and send it.
    """
    values = {"posting_at": now, "posted_in": channel, "lease_until": now + lease}
    return await _change(database, delivery_id, values, _held(by), now=now)


@unbroken
async def not_posted(database: Database, delivery_id: str, *, by: str, now: datetime) -> bool:
    """Records that it is certainly not in the channel, and need not be looked for."""
    return await _change(database, delivery_id, {"posting_at": None}, _held(by), now=now)


@unbroken
async def posted(database: Database, delivery_id: str, ts: str, *, now: datetime) -> bool:
    """Records that it was posted, or found posted, in the channel. False: it was settled before."""
    values = {"state": DeliveryState.POSTED, "ts": ts, "lease_by": None, "lease_until": None}
    return await _change(database, delivery_id, values, _CLAIMED, now=now)


@unbroken
async def skipped(database: Database, delivery_id: str, why: AlertSkip, *, by: str, now: datetime) -> bool:
    """It will not be in the channel."""
    values = {"state": DeliveryState.SKIPPED, "skip": why, "lease_by": None, "lease_until": None}
    return await _change(database, delivery_id, values, _held(by), now=now)


@unbroken
async def put_off(database: Database, delivery_id: str, *, by: str, until: datetime, now: datetime) -> bool:
    """Gives up the lease; nobody takes the delivery over before `until`."""
    values = {"lease_by": None, "lease_until": None, "not_before": until}
    return await _change(database, delivery_id, values, _held(by), now=now)


@unbroken
async def delete_old(database: Database, now: datetime, *, most: int = 5000) -> int:
    """Deletes old events with their deliveries, at most `most`, so that nobody has to wait long. Returns how
    many."""
    old = select(alert_events.c.id).where(alert_events.c.noted_at < now - KEPT).limit(most)
    async with database.writing() as connection:
        dropped = await connection.execute(delete(alert_events).where(alert_events.c.id.in_(old)))
        return dropped.rowcount


def _held(by: str) -> ColumnElement[bool]:
    return and_(_CLAIMED, alert_deliveries.c.lease_by == by)


async def _change(
    database: Database,
    delivery_id: str,
    values: Mapping[str, Any],
    where: ColumnElement[bool],
    *,
    now: datetime,
) -> bool:
    async with database.writing() as connection:
        changed = await connection.execute(
            update(alert_deliveries)
            .where(alert_deliveries.c.id == delivery_id, where)
            .values(**values, updated_at=now)
            .returning(alert_deliveries.c.id)
        )
        return changed.one_or_none() is not None


def _dump_occurrence(occurrence: Occurrence) -> dict[str, Any]:
    """Columns of `alert_events`."""
    return {
        "customer_id": occurrence.customer,
        "entity_id": occurrence.entity,
        "feature": occurrence.feature,
        "plans": list(occurrence.plans),
        "facts": dict(occurrence.facts),
    }


def _read_delivery(row: Row[Any]) -> AlertDelivery:
    """From a row of `alert_deliveries` with its event's columns."""
    return AlertDelivery(
        id=row.id,
        event=AlertEvent(
            id=row.event_id,
            source=row.source,
            occurrence=Occurrence(
                row.customer_id, row.entity_id, row.feature, tuple(row.plans), dict(row.facts)
            ),
            polled=row.polled,
            noted_at=row.noted_at,
        ),
        subscription=row.subscription_id,
        tries=row.tries,
        posting_at=row.posting_at,
        posted_in=row.posted_in,
    )
