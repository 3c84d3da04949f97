"""The verbs by which people, or time, decide on a change that waits; and on one that is unconfirmed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.approvals import rows
from bot.approvals.life import Ending, Event, Record, State
from bot.approvals.steps import Lease, move, note, step
from bot.changes.model import Note, Snapshot
from bot.store.database import Database, unbroken
from bot.store.tables import changes, decisions
from bot.store.upsert import insert

_WAITING = changes.c.state == State.WAITING


@unbroken
async def approve(
    database: Database,
    change_id: str,
    version: int,
    *,
    person: str,
    team: str,
    rule: str,
    lease: Lease,
    now: datetime,
) -> Record | None:
    """One person's approval of what this version showed.

    With the last that is needed the change is approved, and the lease is the caller's. None too when the
    person has approved this version before.
    """
    async with database.writing() as connection:
        # Held until the end of the transaction: approvals are counted one after the other.
        waiting = (
            select(changes.c.needed)
            .where(
                changes.c.id == change_id, _WAITING, changes.c.version == version, changes.c.expires_at > now
            )
            .with_for_update()
        )
        needed = (await connection.execute(waiting)).scalar_one_or_none()
        if needed is None:
            return None
        decision = _decision(change_id, version, person, team) | {
            "verdict": "approve",
            "rule": rule,
            "said": "",
            "at": now,
        }
        taken = await connection.execute(
            insert(connection, decisions, decision).on_conflict_do_nothing().returning(decisions.c.person)
        )
        if taken.one_or_none() is None:
            return None
        enough = await _approvals(connection, change_id, version) >= needed
        values: dict[str, Any] = {}
        if enough:
            values = {
                "state": State.APPROVED,
                "lease_by": lease.by,
                "lease_until": lease.until,
                "decided_by": person,
                "decided_at": now,
            }
        return await step(
            connection, change_id, Event.APPROVED, values=values, now=now, actor=person, told={"rule": rule}
        )


@unbroken
async def deny(
    database: Database,
    change_id: str,
    version: int,
    *,
    person: str,
    team: str,
    rule: str,
    said: str,
    now: datetime,
) -> Record | None:
    """One person's no, which is enough; also from somebody who had approved, while others are waited for."""
    async with database.writing() as connection:
        moved = await move(
            connection,
            change_id,
            _WAITING,
            changes.c.version == version,
            changes.c.expires_at > now,
            values={"state": State.DENIED, "decided_by": person, "decided_at": now, "said": said},
            now=now,
        )
        if moved is None:
            return None
        decision = _decision(change_id, version, person, team) | {
            "verdict": "deny",
            "rule": rule,
            "said": said,
            "at": now,
        }
        await connection.execute(
            insert(connection, decisions, decision).on_conflict_do_update(
                index_elements=list(decisions.primary_key), set_=decision
            )
        )
        record = await rows.known(connection, change_id)
        told = {"rule": rule, "reason": said}
        await note(connection, record, Event.DENIED, now=now, actor=person, told=told)
        return record


@unbroken
async def withdraw(database: Database, change_id: str, *, person: str, now: datetime) -> Record | None:
    async with database.writing() as connection:
        return await step(
            connection,
            change_id,
            Event.WITHDRAWN,
            _WAITING,
            values={"state": State.WITHDRAWN, "decided_by": person, "decided_at": now},
            now=now,
            actor=person,
            told={},
        )


@unbroken
async def expire(database: Database, change_id: str, *, now: datetime) -> Record | None:
    """Ends one whose time is up."""
    async with database.writing() as connection:
        return await step(
            connection,
            change_id,
            Event.EXPIRED,
            _WAITING,
            changes.c.expires_at <= now,
            values={"state": State.EXPIRED, "decided_at": now},
            now=now,
            told={},
        )


@unbroken
async def refuse(
    database: Database,
    record: Record,
    ending: Ending,
    *,
    refusals: Sequence[Note] = (),
    actor: str,
    now: datetime,
) -> Record | None:
    """Ends one that cannot be done any more, as was found when somebody went to approve it."""
    async with database.writing() as connection:
        return await step(
            connection,
            record.id,
            Event.FAILED,
            _WAITING,
            changes.c.version == record.version,
            values={"state": State.FAILED, "ending": ending, "refusals": rows.dump_notes(refusals)},
            now=now,
            actor=actor,
            told={"ending": ending, "refusals": rows.dump_notes(refusals)},
        )


@unbroken
async def mark(
    database: Database,
    change_id: str,
    *,
    applied: bool,
    person: str,
    rule: str,
    said: str,
    after: Snapshot | None,
    invertible: bool,
    now: datetime,
) -> Record | None:
    """A person looked, and says what became of an unconfirmed change."""
    values: dict[str, Any] = {
        "state": State.APPLIED if applied else State.FAILED,
        "ending": Ending.MARKED_APPLIED if applied else Ending.MARKED_NOT_APPLIED,
        "decided_by": person,
        "decided_at": now,
        "said": said,
        "invertible": applied and invertible,
    }
    if after is not None:
        values["after"] = after
    told: Mapping[str, Any] = {"ending": values["ending"], "rule": rule, "reason": said, "after": after}
    async with database.writing() as connection:
        return await step(
            connection,
            change_id,
            Event.MARKED,
            changes.c.state == State.UNCONFIRMED,
            values=values,
            now=now,
            actor=person,
            told=told,
        )


async def _approvals(connection: AsyncConnection, change_id: str, version: int) -> int:
    counted = select(func.count()).where(
        decisions.c.change_id == change_id, decisions.c.version == version, decisions.c.verdict == "approve"
    )
    return (await connection.execute(counted)).scalar_one()


def _decision(change_id: str, version: int, person: str, team: str) -> dict[str, Any]:
    return {"change_id": change_id, "version": version, "person": person, "team": team}
