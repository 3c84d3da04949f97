"""Creates, edits, pauses, resumes and removes digests.

Guards are in the WHERE clause: None means that someone else was first. Days that came due before are dealt
with first, as a tick at that moment would have done, so the order of the two does not matter.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.access.post_targets import Pause
from bot.digests import rows
from bot.digests.delivery import new_runs
from bot.digests.model import (
    MOST_OF_CHANNEL,
    MOST_OF_PERSON,
    Digest,
    DigestContent,
    NewDigest,
    RunSkip,
    Schedule,
    TooManyDigests,
)
from bot.digests.schedule import next_due
from bot.store import audit
from bot.store.database import Database, insert, unbroken
from bot.store.tables import digest_runs, digests


class DigestEvent(StrEnum):
    CREATED = "digest_created"
    EDITED = "digest_edited"
    PAUSED = "digest_paused"
    RESUMED = "digest_resumed"
    REMOVED = "digest_removed"


_ACTIVE = digests.c.state == "active"
_NOT_REMOVED = digests.c.state != "removed"
_PERSONAL = func.substr(digests.c.channel, 1, 1).in_(("U", "W"))
"""As `Digest.personal`."""


@unbroken
async def create(database: Database, new: NewDigest, *, now: datetime) -> Digest:
    """Creates a digest, first due after now. A form submitted again finds the first one."""
    async with database.writing() as connection:
        return await _insert(connection, new, now)


@unbroken
async def create_within_limits(
    database: Database, new: NewDigest, *, now: datetime
) -> Digest | TooManyDigests:
    """The same, unless the person or the channel has as many digests as are allowed."""
    async with database.writing() as connection:
        submitted = (await connection.execute(_submission(new))).one_or_none()
        too_many = await _too_many(connection, new) if submitted is None else None
        return too_many or await _insert(connection, new, now)


def _submission(new: NewDigest) -> Select[Any]:
    """The digest that this submission has created, if it has."""
    return select(digests).where(digests.c.submission_id == new.submission_id)


async def _insert(connection: AsyncConnection, new: NewDigest, now: datetime) -> Digest:
    values = {
        "id": secrets.token_hex(12),
        "submission_id": new.submission_id,
        "env": new.env,
        "channel": new.channel,
        "team": new.team,
        "owner": new.owner,
        "state": "active",
        "private": new.private,
        "next_due": next_due(new.schedule, now),
        "version": 1,
        "active_since": now,
        "created_at": now,
        "updated_at": now,
        **rows.dump_schedule(new.schedule),
        **rows.dump_content(new.content),
    }
    added = await connection.execute(
        insert(connection, digests, values)
        .on_conflict_do_nothing(index_elements=[digests.c.submission_id])
        .returning(digests)
    )
    row = added.one_or_none()
    if row is None:
        # This submission has already created it.
        return rows.digest((await connection.execute(_submission(new))).one())
    digest = rows.digest(row)
    await _record(connection, digest, DigestEvent.CREATED, actor=new.owner, now=now)
    return digest


async def _too_many(connection: AsyncConnection, new: NewDigest) -> TooManyDigests | None:
    for same, most, reason in (
        (digests.c.owner == new.owner, MOST_OF_PERSON, TooManyDigests.OF_PERSON),
        (digests.c.channel == new.channel, MOST_OF_CHANNEL, TooManyDigests.OF_CHANNEL),
    ):
        count = select(func.count()).select_from(digests).where(same, _NOT_REMOVED, digests.c.env == new.env)
        if (await connection.execute(count)).scalar_one() >= most:
            return reason
    return None


@unbroken
async def edit(
    database: Database,
    digest_id: str,
    *,
    version: int,
    schedule: Schedule,
    content: DigestContent,
    now: datetime,
    by: str = "",
) -> Digest | None:
    """Also edits a paused one, which stays paused. None if it was edited since that version, or removed."""
    async with database.writing() as connection:
        digest = await _locked(connection, digest_id, _NOT_REMOVED, digests.c.version == version)
        if digest is None:
            return None
        if digest.pause is None:
            # What came due before is still posted, by whichever process takes over next.
            await new_runs.add_due_runs(connection, digest, now=now, latest={})
            moved = new_runs.moved_past(digest.schedule, schedule, now)
            await new_runs.insert_runs(
                connection, digest, moved, new_runs.skip_columns(RunSkip.EDITED), now=now
            )
        values = {
            **rows.dump_schedule(schedule),
            **rows.dump_content(content),
            "version": version + 1,
            "next_due": next_due(schedule, now),
        }
        edited = await _update(connection, digest_id, values, now)
        await _record(connection, edited, DigestEvent.EDITED, actor=by, now=now)
        return edited


@unbroken
async def pause(
    database: Database, digest_id: str, why: Pause, *, now: datetime, by: str = ""
) -> Digest | None:
    """Stops due days, and skips one that was not sent to Slack yet. Stores that the owner must be told,
    unless they paused it themselves. `by`: empty if Maple pauses it. None if it is not active."""
    async with database.writing() as connection:
        digest = await _locked(connection, digest_id, _ACTIVE)
        if digest is None:
            return None
        await new_runs.add_due_runs(connection, digest, now=now, latest=new_runs.skip_columns(RunSkip.PAUSED))
        # *Send now* continues.
        scheduled = (digest_runs.c.digest_id == digest_id, digest_runs.c.day.is_not(None))
        await new_runs.cancel_runs(connection, *scheduled, why=RunSkip.PAUSED, now=now)
        values = {
            "state": "paused",
            "pause": why,
            "stopped_by": by,
            "tell_owner_at": None if by == digest.owner else now,
        }
        paused = await _update(connection, digest_id, values, now)
        await _record(connection, paused, DigestEvent.PAUSED, actor=by, now=now)
        return paused


@unbroken
async def resume(
    database: Database, digest_id: str, *, now: datetime, private: bool | None = None, by: str = ""
) -> Digest | None:
    """Starts due days again, after now. `private`: whether the channel is private now, if that is known. None
    if it is not paused."""
    async with database.writing() as connection:
        digest = await _locked(connection, digest_id, digests.c.state == "paused")
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
        resumed = await _update(connection, digest_id, values, now)
        await _record(connection, resumed, DigestEvent.RESUMED, actor=by, now=now)
        return resumed


@unbroken
async def remove(database: Database, digest_id: str, *, now: datetime, by: str = "") -> Digest | None:
    """Removes a digest and returns it as it was. What was not sent to Slack yet will not be. Stores that the
    owner must be told, unless they removed it themselves. None if it was removed before."""
    async with database.writing() as connection:
        digest = await _locked(connection, digest_id, _NOT_REMOVED)
        if digest is None:
            return None
        if digest.pause is None:
            await new_runs.add_due_runs(
                connection, digest, now=now, latest=new_runs.skip_columns(RunSkip.PAUSED)
            )
        await new_runs.cancel_runs(
            connection, digest_runs.c.digest_id == digest_id, why=RunSkip.PAUSED, now=now
        )
        values = {
            "state": "removed",
            "pause": None,
            "stopped_by": by,
            "tell_owner_at": None if by == digest.owner else now,
        }
        removed = await _update(connection, digest_id, values, now)
        await _record(connection, removed, DigestEvent.REMOVED, actor=by, now=now)
        return digest


async def get(database: Database, digest_id: str) -> Digest | None:
    """None if it does not exist or was removed."""
    matching = await _find(database, digests.c.id == digest_id)
    return matching[0] if matching else None


async def of_channel(database: Database, env: str, channel: str) -> list[Digest]:
    """Active and paused ones, the oldest first."""
    return await _find(database, digests.c.env == env, digests.c.channel == channel)


async def of_person(database: Database, env: str, user: str) -> list[Digest]:
    """Active and paused ones that go to this person's direct messages, or that they set up for another
    person's; the oldest first."""
    whose = or_(digests.c.channel == user, and_(digests.c.owner == user, _PERSONAL))
    return await _find(database, digests.c.env == env, whose)


async def everywhere(database: Database, env: str) -> list[Digest]:
    """Active and paused, the oldest first."""
    return await _find(database, digests.c.env == env)


async def active(database: Database, env: str) -> list[Digest]:
    """All that are not paused."""
    return await _find(database, digests.c.env == env, _ACTIVE)


@unbroken
async def _find(database: Database, *where: ColumnElement[bool]) -> list[Digest]:
    query = select(digests).where(_NOT_REMOVED, *where).order_by(digests.c.created_at, digests.c.id)
    async with database.reading() as connection:
        return [rows.digest(row) for row in await connection.execute(query)]


async def _locked(connection: AsyncConnection, digest_id: str, *where: ColumnElement[bool]) -> Digest | None:
    """The digest, locked until the end of the transaction: nobody else can change it or claim a day of it."""
    query = select(digests).where(digests.c.id == digest_id, *where).with_for_update()
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else rows.digest(row)


async def _update(
    connection: AsyncConnection, digest_id: str, values: Mapping[str, Any], now: datetime
) -> Digest:
    updated = await connection.execute(
        update(digests).where(digests.c.id == digest_id).values(**values, updated_at=now).returning(digests)
    )
    return rows.digest(updated.one())


async def _record(
    connection: AsyncConnection, digest: Digest, event: DigestEvent, *, actor: str, now: datetime
) -> None:
    """Adds a row about a digest's current state to the audit trail. Must be the last step of a transaction,
    like `audit.append`. `actor`: a person's id in Slack; empty for Maple itself."""
    await audit.append(
        connection, change_id=digest.id, event=event, actor=actor, at=now, body=_body(digest, event)
    )


def _body(digest: Digest, event: DigestEvent) -> dict[str, Any]:
    return {
        "state": _state(digest, event),
        "version": digest.version,
        "channel": digest.channel,
        "owner": digest.owner,
        **({"pause": digest.pause} if digest.pause else {}),
        **rows.dump_schedule(digest.schedule),
        **rows.dump_content(digest.content),
        "minimum": format(digest.content.minimum, "f"),
    }


def _state(digest: Digest, event: DigestEvent) -> str:
    if event is DigestEvent.REMOVED:
        return "removed"
    return "active" if digest.pause is None else "paused"
