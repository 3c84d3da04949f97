"""The verbs by which people, or time, decide on a change that waits; and on one that is unconfirmed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.approvals import rows
from bot.approvals.daily_limits import NOTHING, Counter, Today
from bot.approvals.lifecycle import Cause, ChangeEvent, Record, State
from bot.approvals.steps import Lease, move, note, step
from bot.changes.model import Note, Snapshot
from bot.store.database import Database, unbroken
from bot.store.tables import changes, decisions
from bot.store.upsert import insert

_WAITING = changes.c.state == State.WAITING


@dataclass(frozen=True, slots=True)
class Basis:
    """What was found out before somebody's approval is taken, and must still be so when it is."""

    needed: int
    """Approvals that the policy asks for by now; what it asked for before is not taken back."""
    counter: Counter
    today: Today = NOTHING
    others: Mapping[str, bool] = field(default_factory=dict)
    """Whoever approved this version before, and whether they may still."""


class ApprovedMeanwhile(Exception):
    """Somebody approved of whom the basis does not know whether they may."""


@unbroken
async def approve(
    database: Database,
    change_id: str,
    version: int,
    *,
    person: str,
    team: str,
    rule: str,
    basis: Basis,
    lease: Lease,
    now: datetime,
) -> Record | None:
    """One person's approval of what this version showed.

    With the last that is needed the change is approved, and the lease is the caller's. None too when the
    person has approved this version before. Raises ApprovedMeanwhile and TodayMoved when the basis does not
    hold any more.
    """
    async with database.writing() as connection:
        await basis.counter.lock(connection)
        # Held until the end of the transaction: approvals are counted one after the other.
        waiting = (
            select(changes.c.needed)
            .where(
                changes.c.id == change_id, _WAITING, changes.c.version == version, changes.c.expires_at > now
            )
            .with_for_update()
        )
        asked = (await connection.execute(waiting)).scalar_one_or_none()
        if asked is None:
            return None
        needed = max(asked, basis.needed)
        approved = await _approvals(connection, change_id, version)
        if approved.get(person):
            return None
        others = approved.keys() - {person}
        if not others <= basis.others.keys():
            raise ApprovedMeanwhile
        counting = {other for other in others if basis.others[other]}
        await _count_only(connection, change_id, version, counting)
        decision = _decision(change_id, version, person, team) | {
            "verdict": "approve",
            "rule": rule,
            "said": "",
            "at": now,
            "counts": True,
        }
        await connection.execute(
            insert(connection, decisions, decision).on_conflict_do_update(
                index_elements=list(decisions.primary_key), set_=decision
            )
        )
        values: dict[str, Any] = {"needed": needed}
        if len(counting) + 1 >= needed:
            await basis.counter.check(connection, now, basis.today)
            values |= {
                "state": State.APPROVED,
                "lease_by": lease.by,
                "lease_until": lease.until,
                "decided_by": person,
                "decided_at": now,
            }
        told = {
            "rule": rule,
            # Only a number that the policy raised: one that is stored must be what was recorded before.
            "needed": needed if needed > asked else None,
            "not_counted": sorted(others - counting),
        }
        return await step(
            connection, change_id, ChangeEvent.APPROVED, values=values, now=now, actor=person, told=told
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
            "counts": True,
        }
        await connection.execute(
            insert(connection, decisions, decision).on_conflict_do_update(
                index_elements=list(decisions.primary_key), set_=decision
            )
        )
        record = await rows.known(connection, change_id)
        told = {"rule": rule, "reason": said}
        await note(connection, record, ChangeEvent.DENIED, now=now, actor=person, told=told)
        return record


@unbroken
async def withdraw(database: Database, change_id: str, *, person: str, now: datetime) -> Record | None:
    async with database.writing() as connection:
        return await step(
            connection,
            change_id,
            ChangeEvent.WITHDRAWN,
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
            ChangeEvent.EXPIRED,
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
    ending: Cause,
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
            ChangeEvent.FAILED,
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
        "ending": Cause.MARKED_APPLIED if applied else Cause.MARKED_NOT_APPLIED,
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
            ChangeEvent.MARKED,
            changes.c.state == State.UNCONFIRMED,
            values=values,
            now=now,
            actor=person,
            told=told,
        )


async def _approvals(connection: AsyncConnection, change_id: str, version: int) -> dict[str, bool]:
    """Who approved this version, and whether it counts."""
    found = await connection.execute(
        select(decisions.c.person, decisions.c.counts).where(*_approvals_of(change_id, version))
    )
    return {row.person: row.counts for row in found}


async def _count_only(
    connection: AsyncConnection, change_id: str, version: int, counting: Collection[str]
) -> None:
    await connection.execute(
        update(decisions)
        .where(*_approvals_of(change_id, version))
        .values(counts=decisions.c.person.in_(sorted(counting)))
    )


def _approvals_of(change_id: str, version: int) -> tuple[ColumnElement[bool], ...]:
    return (
        decisions.c.change_id == change_id,
        decisions.c.version == version,
        decisions.c.verdict == "approve",
    )


def _decision(change_id: str, version: int, person: str, team: str) -> dict[str, Any]:
    return {"change_id": change_id, "version": version, "person": person, "team": team}
