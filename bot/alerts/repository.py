"""The verbs of a subscription: create, edit, pause, resume, remove, each with its row in the audit trail.

Guards are in the WHERE clause: None means that someone else was first. Deliveries to a paused or removed
subscription are called off, unless they may already be in Slack.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.access.post_targets import Pause
from bot.alerts.model import (
    MOST_OF_CHANNEL,
    MOST_OF_PERSON,
    AlertChoice,
    AlertSkip,
    AlertSubscription,
    DeliveryState,
    TooManyAlerts,
)
from bot.store import audit
from bot.store.database import Database, insert, unbroken
from bot.store.tables import alert_deliveries, alert_subscriptions

_ACTIVE = alert_subscriptions.c.state == "active"
_PAUSED = alert_subscriptions.c.state == "paused"
_THERE = alert_subscriptions.c.state != "removed"
_STOPPED = alert_subscriptions.c.state.in_(("paused", "removed"))

_NEXT_NOTICE = timedelta(minutes=1)
"""Delay before the second attempt to notify an owner; it doubles with each attempt."""
_GIVE_UP = timedelta(days=1)


class AlertChange(StrEnum):
    CREATED = "alert_created"
    EDITED = "alert_edited"
    PAUSED = "alert_paused"
    RESUMED = "alert_resumed"
    REMOVED = "alert_removed"


@dataclass(frozen=True, slots=True)
class NewSubscription:
    submission_id: str
    """Made when the form was opened: submitted again, it finds the first one."""
    channel: str
    team: str
    owner: str
    choice: AlertChoice
    private: bool


@unbroken
async def create(
    database: Database, env: str, new: NewSubscription, *, now: datetime
) -> AlertSubscription | TooManyAlerts:
    values = {
        "id": (subscription_id := secrets.token_hex(12)),
        "submission_id": new.submission_id,
        "env": env,
        "channel": new.channel,
        "team": new.team,
        "owner": new.owner,
        "state": "active",
        "private": new.private,
        "active_since": now,
        "version": 1,
        "created_at": now,
        "updated_at": now,
        "stopped_by": "",
        **_dump_choice(new.choice),
    }
    async with database.writing() as connection:
        same = select(alert_subscriptions).where(alert_subscriptions.c.submission_id == new.submission_id)
        before = (await connection.execute(same)).one_or_none()
        if before is not None:
            return read_subscription(before)
        if (why := await _too_many(connection, env, new)) is not None:
            return why
        await connection.execute(
            insert(connection, alert_subscriptions, values).on_conflict_do_nothing(
                index_elements=[alert_subscriptions.c.submission_id]
            )
        )
        subscription = read_subscription((await connection.execute(same)).one())
        if subscription.id == subscription_id:
            await _record(connection, subscription, AlertChange.CREATED, by=new.owner, now=now)
        return subscription


async def _too_many(connection: AsyncConnection, env: str, new: NewSubscription) -> TooManyAlerts | None:
    for whose, most, why in (
        (alert_subscriptions.c.owner == new.owner, MOST_OF_PERSON, TooManyAlerts.OF_PERSON),
        (alert_subscriptions.c.channel == new.channel, MOST_OF_CHANNEL, TooManyAlerts.OF_CHANNEL),
    ):
        counted = (
            select(func.count())
            .select_from(alert_subscriptions)
            .where(whose, _THERE, alert_subscriptions.c.env == env)
        )
        if (await connection.execute(counted)).scalar_one() >= most:
            return why
    return None


@unbroken
async def edit(
    database: Database, subscription_id: str, *, version: int, choice: AlertChoice, now: datetime, by: str
) -> AlertSubscription | None:
    """Also of a paused one, which stays so. None: it was edited since that version, or removed."""
    values = {**_dump_choice(choice), "version": version + 1}
    same_version = alert_subscriptions.c.version == version
    async with database.writing() as connection:
        edited = await _changed(connection, subscription_id, values, now, _THERE, same_version)
        if edited is not None:
            await _record(connection, edited, AlertChange.EDITED, by=by, now=now)
        return edited


@unbroken
async def pause(
    database: Database, subscription_id: str, why: Pause, *, now: datetime, by: str = ""
) -> AlertSubscription | None:
    """Stores that the owner must be told, unless they paused it themselves. `by`: the person who paused it;
    empty for Maple itself. None: it is not active."""
    values = {"state": "paused", "pause": why, "stopped_by": by}
    async with database.writing() as connection:
        paused = await _changed(connection, subscription_id, values, now, _ACTIVE)
        if paused is None:
            return None
        await _stopped(connection, paused, by=by, now=now)
        await _record(connection, paused, AlertChange.PAUSED, by=by, now=now)
        return paused


@unbroken
async def resume(
    database: Database, subscription_id: str, *, private: bool, now: datetime, by: str
) -> AlertSubscription | None:
    """`private`: whether the channel is private now. None: it is not paused."""
    values = {
        "state": "active",
        "pause": None,
        "stopped_by": "",
        "tell_owner_at": None,
        "active_since": now,
        "private": private,
    }
    async with database.writing() as connection:
        resumed = await _changed(connection, subscription_id, values, now, _PAUSED)
        if resumed is not None:
            await _record(connection, resumed, AlertChange.RESUMED, by=by, now=now)
        return resumed


@unbroken
async def remove(
    database: Database, subscription_id: str, *, now: datetime, by: str
) -> AlertSubscription | None:
    """None: it was removed before."""
    values = {"state": "removed", "pause": None, "stopped_by": by}
    async with database.writing() as connection:
        removed = await _changed(connection, subscription_id, values, now, _THERE)
        if removed is None:
            return None
        await _stopped(connection, removed, by=by, now=now)
        await _record(connection, removed, AlertChange.REMOVED, by=by, now=now)
        return removed


async def get(database: Database, subscription_id: str) -> AlertSubscription | None:
    """None if it does not exist or was removed."""
    matches = await _find(database, alert_subscriptions.c.id == subscription_id)
    return matches[0] if matches else None


async def of_channel(database: Database, env: str, channel: str) -> list[AlertSubscription]:
    """Active and paused, the oldest first. `channel`: of a person's own, their id."""
    return await _find(database, alert_subscriptions.c.env == env, alert_subscriptions.c.channel == channel)


async def active(database: Database, env: str) -> list[AlertSubscription]:
    return await _find(database, alert_subscriptions.c.env == env, _ACTIVE)


# The owner's notice


@dataclass(frozen=True, slots=True)
class OwedNotice:
    """The owner must be told that a subscription is paused or was removed."""

    subscription: AlertSubscription
    again: datetime
    """When that is due again, unless it is crossed out."""


@unbroken
async def claim_notices(database: Database, env: str, *, now: datetime) -> list[OwedNotice]:
    """Those that are due now, the caller's to send: each falls to one of any number of replicas."""
    due = (
        select(alert_subscriptions)
        .where(
            alert_subscriptions.c.env == env,
            _STOPPED,
            alert_subscriptions.c.tell_owner_at <= now,
        )
        .order_by(alert_subscriptions.c.id)
        .with_for_update(skip_locked=True)
    )
    async with database.writing() as connection:
        claimed = []
        for row in (await connection.execute(due)).all():
            ago = now - row.updated_at
            again = now + max(_NEXT_NOTICE, ago)
            await connection.execute(
                update(alert_subscriptions)
                .where(alert_subscriptions.c.id == row.id)
                .values(tell_owner_at=again if ago < _GIVE_UP else None)
            )
            claimed.append(OwedNotice(read_subscription(row), again))
        return claimed


@unbroken
async def notice_sent(database: Database, notice: OwedNotice) -> None:
    """Marks the notice as sent, unless a newer pause needs its own notice."""
    async with database.writing() as connection:
        await connection.execute(
            update(alert_subscriptions)
            .where(
                alert_subscriptions.c.id == notice.subscription.id,
                alert_subscriptions.c.tell_owner_at == notice.again,
            )
            .values(tell_owner_at=None)
        )


# All of them


@unbroken
async def _find(database: Database, *where: ColumnElement[bool]) -> list[AlertSubscription]:
    query = (
        select(alert_subscriptions)
        .where(_THERE, *where)
        .order_by(alert_subscriptions.c.created_at, alert_subscriptions.c.id)
    )
    async with database.reading() as connection:
        return [read_subscription(row) for row in await connection.execute(query)]


async def _changed(
    connection: AsyncConnection,
    subscription_id: str,
    values: Mapping[str, Any],
    now: datetime,
    *where: ColumnElement[bool],
) -> AlertSubscription | None:
    changed = await connection.execute(
        update(alert_subscriptions)
        .where(alert_subscriptions.c.id == subscription_id, *where)
        .values(**values, updated_at=now)
        .returning(alert_subscriptions)
    )
    row = changed.one_or_none()
    return None if row is None else read_subscription(row)


async def _stopped(
    connection: AsyncConnection, subscription: AlertSubscription, *, by: str, now: datetime
) -> None:
    """Calls off what was not sent to Slack yet, and stores whom to tell."""
    await connection.execute(
        update(alert_deliveries)
        .where(
            alert_deliveries.c.subscription_id == subscription.id,
            alert_deliveries.c.state == DeliveryState.CLAIMED,
            alert_deliveries.c.posting_at.is_(None),
        )
        .values(
            state=DeliveryState.SKIPPED,
            skip=AlertSkip.PAUSED,
            lease_by=None,
            lease_until=None,
            updated_at=now,
        )
    )
    await connection.execute(
        update(alert_subscriptions)
        .where(alert_subscriptions.c.id == subscription.id)
        .values(tell_owner_at=None if by == subscription.owner else now)
    )


async def _record(
    connection: AsyncConnection,
    subscription: AlertSubscription,
    change: AlertChange,
    *,
    by: str,
    now: datetime,
) -> None:
    """Adds a row about a subscription's current state to the audit trail. Must be the last step of a
    transaction.

    `by`: a person's id in Slack; empty for Maple itself.
    """
    if change is AlertChange.REMOVED:
        state = "removed"
    else:
        state = "active" if subscription.pause is None else "paused"
    body = {
        "state": state,
        "version": subscription.version,
        "channel": subscription.channel,
        "owner": subscription.owner,
        **({"pause": subscription.pause} if subscription.pause else {}),
        **_dump_choice(subscription.choice),
    }
    await audit.append(connection, change_id=subscription.id, event=change, actor=by, at=now, body=body)


def _dump_choice(choice: AlertChoice) -> dict[str, Any]:
    """Columns of `alert_subscriptions`."""
    return {
        "sources": sorted(choice.sources),
        "plans": sorted(choice.plans),
        "features": sorted(choice.features),
    }


def read_subscription(row: Row[Any]) -> AlertSubscription:
    return AlertSubscription(
        id=row.id,
        channel=row.channel,
        team=row.team,
        owner=row.owner,
        choice=AlertChoice(frozenset(row.sources), frozenset(row.plans), frozenset(row.features)),
        private=row.private,
        pause=None if row.pause is None else Pause(row.pause),
        stopped_by=row.stopped_by,
        version=row.version,
    )
