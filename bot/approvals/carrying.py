"""The verbs of carrying a change out: claim, renew, begin a write, settle, and take over from the dead.

All but the last are guarded by the lease: who has lost it to somebody else can do nothing more.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from bot.approvals import rows
from bot.approvals.asking import Preview
from bot.approvals.lifecycle import Cause, ChangeEvent, Record, State
from bot.approvals.steps import Lease, step
from bot.autumn.environment import Environment
from bot.changes.model import Note, Snapshot, Write
from bot.store.database import Database, unbroken
from bot.store.tables import changes

_IN_HAND = changes.c.state.in_((State.APPROVED, State.APPLYING))


class Busy(Exception):
    """Another change of the same customer is being applied."""


@unbroken
async def claim(database: Database, change_id: str, *, lease: Lease, now: datetime) -> Record | None:
    """From approved to applying. Raises Busy: one change of a customer is applied at a time."""
    try:
        async with database.writing() as connection:
            return await step(
                connection,
                change_id,
                ChangeEvent.APPLYING,
                changes.c.state == State.APPROVED,
                changes.c.lease_by == lease.by,
                values={"state": State.APPLYING, "lease_until": lease.until},
                now=now,
                told={},
            )
    except IntegrityError:
        raise Busy from None


@unbroken
async def renew(database: Database, change_id: str, lease: Lease) -> bool:
    """More time. False: it is not the caller's any more."""
    async with database.writing() as connection:
        renewed = await connection.execute(
            update(changes)
            .where(changes.c.id == change_id, _IN_HAND, changes.c.lease_by == lease.by)
            .values(lease_until=lease.until)
            .returning(changes.c.id)
        )
        return renewed.one_or_none() is not None


@unbroken
async def begin_write(
    database: Database,
    change_id: str,
    position: int,
    write: Write,
    key: str,
    *,
    preview: Preview,
    lease: Lease,
    now: datetime,
) -> bool:
    """Notes, before it is sent, that the write at this position (from 0) is. False: it must not be.

    Each position can be begun once, whoever asks and however often. `preview`: of the facts that the writes
    are made from, which is what will be compared with what is read back.
    """
    async with database.writing() as connection:
        begun = await step(
            connection,
            change_id,
            ChangeEvent.WRITING,
            changes.c.state == State.APPLYING,
            changes.c.lease_by == lease.by,
            changes.c.writes == position,
            values={**preview.columns(), "writes": position + 1, "lease_until": lease.until},
            now=now,
            told={
                "position": position,
                "route": write.route,
                "key": key,
                "sent": dict(write.body),
                "before": preview.before,
                "judged": preview.judged(),
            },
            visible=False,
        )
        return begun is not None


@unbroken
async def settle(
    database: Database,
    change_id: str,
    state: State,
    ending: Cause,
    *,
    lease: Lease,
    now: datetime,
    after: Snapshot | None = None,
    details: Mapping[str, str] | None = None,
    refusals: Sequence[Note] = (),
    invertible: bool = False,
) -> Record | None:
    """The end, or that a person has to look. An undo that was applied shows on what it undid as well."""
    values: dict[str, Any] = {
        "state": state,
        "ending": ending,
        "after": after,
        "details": dict(details or {}),
        "refusals": rows.dump_notes(refusals),
        "invertible": invertible,
        "lease_by": None,
        "lease_until": None,
    }
    told = {"ending": ending, "details": values["details"], "after": after, "refusals": values["refusals"]}
    async with database.writing() as connection:
        return await step(
            connection,
            change_id,
            ChangeEvent(state.value),
            _IN_HAND,
            changes.c.lease_by == lease.by,
            values=values,
            now=now,
            told=told,
        )


@unbroken
async def take_over(database: Database, change_id: str, *, lease: Lease, now: datetime) -> Record | None:
    """Makes the caller the one who works on a change whose lease has lapsed."""
    async with database.writing() as connection:
        taken = await connection.execute(
            update(changes)
            .where(changes.c.id == change_id, _IN_HAND, changes.c.lease_until < now)
            .values(lease_by=lease.by, lease_until=lease.until)
            .returning(changes.c.id)
        )
        return None if taken.one_or_none() is None else await rows.known(connection, change_id)


@unbroken
async def lapsed(database: Database, env: Environment, now: datetime) -> list[str]:
    """Ids of changes whose process is taken to be dead."""
    return await _ids(database, _IN_HAND, changes.c.lease_until < now, changes.c.env == env)


@unbroken
async def expired(database: Database, env: Environment, now: datetime) -> list[str]:
    """Ids of changes that waited long enough."""
    waiting = changes.c.state == State.WAITING
    return await _ids(database, waiting, changes.c.expires_at <= now, changes.c.env == env)


async def _ids(database: Database, *where: Any) -> list[str]:
    async with database.reading() as connection:
        found = await connection.execute(select(changes.c.id).where(*where).order_by(changes.c.created_at))
        return list(found.scalars())
