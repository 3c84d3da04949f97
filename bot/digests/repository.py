"""The verbs of a digest: create, edit, pause, resume, remove.

The guard stands in the WHERE: None says that somebody else was first. Days that were due before are seen to
first, as a tick at that moment would have done, so that it does not matter which came first.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.digests import rows
from bot.digests.delivery import runs
from bot.digests.model import MOST_OF_CHANNEL, MOST_OF_PERSON, Digest, Pause, Schedule, Skip, TooMany, Wanted
from bot.digests.schedule import next_due
from bot.store import audit
from bot.store.database import Database, unbroken
from bot.store.tables import digest_runs, digests
from bot.store.upsert import insert


class NoRoom(Exception):
    """There are as many digests as there may be."""

    def __init__(self, why: TooMany) -> None:
        super().__init__()
        self.why = why


_ACTIVE = digests.c.state == "active"
_THERE = digests.c.state != "removed"


@unbroken
async def create(
    database: Database,
    *,
    submission_id: str,
    env: str,
    channel: str,
    team: str,
    owner: str,
    schedule: Schedule,
    wanted: Wanted,
    private: bool,
    now: datetime,
    limited: bool = False,
) -> Digest:
    """A new digest, due for the first time after now; a form submitted again finds the first one.

    `limited`: raises NoRoom when the person or the channel has as many as may be.
    """
    values = {
        "id": (digest_id := secrets.token_hex(12)),
        "submission_id": submission_id,
        "env": env,
        "channel": channel,
        "team": team,
        "owner": owner,
        "state": "active",
        "private": private,
        "next_due": next_due(schedule, now),
        "version": 1,
        "active_since": now,
        "created_at": now,
        "updated_at": now,
        **rows.dump_schedule(schedule),
        **rows.dump_wanted(wanted),
    }
    async with database.writing() as connection:
        await connection.execute(
            insert(connection, digests, values).on_conflict_do_nothing(
                index_elements=[digests.c.submission_id]
            )
        )
        same = select(digests).where(digests.c.submission_id == submission_id)
        digest = rows.digest((await connection.execute(same)).one())
        if digest.id == digest_id:
            if limited and (why := await _too_many(connection, digest, env)) is not None:
                raise NoRoom(why)
            await record(connection, digest, DigestEvent.CREATED, actor=owner, now=now)
        return digest


async def _too_many(connection: AsyncConnection, digest: Digest, env: str) -> TooMany | None:
    """With this one among them."""
    for whose, most, why in (
        (digests.c.owner == digest.owner, MOST_OF_PERSON, TooMany.OF_PERSON),
        (digests.c.channel == digest.channel, MOST_OF_CHANNEL, TooMany.OF_CHANNEL),
    ):
        counted = select(func.count()).select_from(digests).where(whose, _THERE, digests.c.env == env)
        if (await connection.execute(counted)).scalar_one() > most:
            return why
    return None


@unbroken
async def edit(
    database: Database,
    digest_id: str,
    *,
    version: int,
    schedule: Schedule,
    wanted: Wanted,
    now: datetime,
    by: str = "",
) -> Digest | None:
    """Also of a paused one, which stays so. None: it was edited since that version, or removed."""
    async with database.writing() as connection:
        digest = await _held(connection, digest_id, _THERE, digests.c.version == version)
        if digest is None:
            return None
        if digest.pause is None:
            # What had come due goes out all the same: whoever takes over next does it.
            await runs.add_due_runs(connection, digest, now=now, latest={})
            moved = runs.moved_past(digest.schedule, schedule, now)
            await runs.insert_runs(connection, digest, moved, runs.skip_columns(Skip.EDITED), now=now)
        values = {
            **rows.dump_schedule(schedule),
            **rows.dump_wanted(wanted),
            "version": version + 1,
            "next_due": next_due(schedule, now),
        }
        edited = await _changed(connection, digest_id, values, now)
        await record(connection, edited, DigestEvent.EDITED, actor=by, now=now)
        return edited


@unbroken
async def pause(
    database: Database, digest_id: str, why: Pause, *, now: datetime, by: str = ""
) -> Digest | None:
    """No more due days; one that was not sent to Slack yet is skipped. Notes that the owner is to be told,
    unless they paused it themselves. `by`: the person who did, if one. None: it is not active."""
    async with database.writing() as connection:
        digest = await _held(connection, digest_id, _ACTIVE)
        if digest is None:
            return None
        await runs.add_due_runs(connection, digest, now=now, latest=runs.skip_columns(Skip.PAUSED))
        # What a person sends by hand is not held up by this.
        by_itself = (digest_runs.c.digest_id == digest_id, digest_runs.c.day.is_not(None))
        await runs.cancel_runs(connection, *by_itself, why=Skip.PAUSED, now=now)
        values = {
            "state": "paused",
            "pause": why,
            "stopped_by": by,
            "tell_owner_at": None if by == digest.owner else now,
        }
        paused = await _changed(connection, digest_id, values, now)
        await record(connection, paused, DigestEvent.PAUSED, actor=by, now=now)
        return paused


@unbroken
async def resume(
    database: Database, digest_id: str, *, now: datetime, private: bool | None = None, by: str = ""
) -> Digest | None:
    """Due days again, after now. `private`: what the channel is by now, if that is known. None: it is not
    paused."""
    async with database.writing() as connection:
        digest = await _held(connection, digest_id, digests.c.state == "paused")
        if digest is None:
            return None
        values: dict[str, Any] = {
            "state": "active",
            "pause": None,
            "stopped_by": "",
            "tell_owner_at": None,
            "active_since": now,
            "next_due": next_due(digest.schedule, now),
            "private": digest.private if private is None else private,
        }
        resumed = await _changed(connection, digest_id, values, now)
        await record(connection, resumed, DigestEvent.RESUMED, actor=by, now=now)
        return resumed


@unbroken
async def remove(database: Database, digest_id: str, *, now: datetime, by: str = "") -> Digest | None:
    """As it was. Nothing that was not sent to Slack yet will be. Notes that the owner is to be told, unless
    they removed it themselves. None: it was removed before."""
    async with database.writing() as connection:
        digest = await _held(connection, digest_id, _THERE)
        if digest is None:
            return None
        if digest.pause is None:
            await runs.add_due_runs(connection, digest, now=now, latest=runs.skip_columns(Skip.PAUSED))
        await runs.cancel_runs(connection, digest_runs.c.digest_id == digest_id, why=Skip.PAUSED, now=now)
        values = {
            "state": "removed",
            "pause": None,
            "stopped_by": by,
            "tell_owner_at": None if by == digest.owner else now,
        }
        removed = await _changed(connection, digest_id, values, now)
        await record(connection, removed, DigestEvent.REMOVED, actor=by, now=now)
        return digest


async def get(database: Database, digest_id: str) -> Digest | None:
    """None: there is none, or it was removed."""
    found = await _find(database, digests.c.id == digest_id)
    return found[0] if found else None


async def of_channel(database: Database, env: str, channel: str) -> list[Digest]:
    """Active and paused, the oldest first."""
    return await _find(database, digests.c.env == env, digests.c.channel == channel)


async def active(database: Database, env: str) -> list[Digest]:
    """All that have due days."""
    return await _find(database, digests.c.env == env, _ACTIVE)


@unbroken
async def _find(database: Database, *where: ColumnElement[bool]) -> list[Digest]:
    wanted = select(digests).where(_THERE, *where).order_by(digests.c.created_at, digests.c.id)
    async with database.reading() as connection:
        return [rows.digest(row) for row in await connection.execute(wanted)]


async def _held(connection: AsyncConnection, digest_id: str, *where: ColumnElement[bool]) -> Digest | None:
    """Until the end of the transaction nobody else changes it, or claims a day of it."""
    wanted = select(digests).where(digests.c.id == digest_id, *where).with_for_update()
    row = (await connection.execute(wanted)).one_or_none()
    return None if row is None else rows.digest(row)


async def _changed(
    connection: AsyncConnection, digest_id: str, values: Mapping[str, Any], now: datetime
) -> Digest:
    changed = await connection.execute(
        update(digests).where(digests.c.id == digest_id).values(**values, updated_at=now).returning(digests)
    )
    return rows.digest(changed.one())


class DigestEvent(StrEnum):
    CREATED = "digest_created"
    EDITED = "digest_edited"
    PAUSED = "digest_paused"
    RESUMED = "digest_resumed"
    REMOVED = "digest_removed"


async def record(
    connection: AsyncConnection, digest: Digest, event: DigestEvent, *, actor: str, now: datetime
) -> None:
    """Adds a row about a digest as it is now. The last thing in a transaction, as `audit.append` is.

    `actor`: a person's id in Slack; empty for Maple itself.
    """
    await audit.append(
        connection, change_id=digest.id, event=event, actor=actor, at=now, body=_body(digest, event)
    )


def _body(digest: Digest, event: DigestEvent) -> dict[str, Any]:
    wanted = rows.dump_wanted(digest.wanted)
    return {
        "state": _state(digest, event),
        "version": digest.version,
        "channel": digest.channel,
        "owner": digest.owner,
        **({"pause": digest.pause} if digest.pause else {}),
        **rows.dump_schedule(digest.schedule),
        **wanted,
        "minimum": format(digest.wanted.minimum, "f"),
    }


def _state(digest: Digest, event: DigestEvent) -> str:
    if event is DigestEvent.REMOVED:
        return "removed"
    return "active" if digest.pause is None else "paused"
