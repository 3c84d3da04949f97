"""Every step in the life of a batch, in SQL; those of its lines are in `line_steps`.

A step is a guarded UPDATE and its row in the audit trail, in one transaction: of any number of processes that
try at once, one gets the record and the others None. Every transaction takes its locks in the same order:
batches, lines, decisions, cards, the head of the trail.

A batch whose lines are to be applied has a lease, and the process that holds it begins lines. When the lease
lapses, another replica goes on. That no line is applied twice does not depend on the lease: each attempt at a
line is one change, by its submission id.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, update
from sqlalchemy import insert as plain_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.approvals.cards import CardTable
from bot.approvals.lifecycle import HOLDS_UNDO as CHANGE_HOLDS_UNDO
from bot.approvals.lifecycle import CardTarget, State
from bot.approvals.steps import Decided, Lease, Terms
from bot.autumn.models import Environment
from bot.batches import gathering, rows
from bot.batches.gathering import GatheredVersion
from bot.batches.model import BatchLineRecord, BatchRecord, BatchState, CheckedBatch, LineState
from bot.store import audit
from bot.store.database import Database, insert, unbroken
from bot.store.recorded import batch_lines_hash
from bot.store.tables import batch_cards, batch_decisions, batch_lines, batches, changes

BATCH_CARDS = CardTable(batch_cards, batches, about="batch_id")
MOST_OF_PERSON = 5
"""How many batches of one person may wait or run at a time."""

HOLDS_UNDO = (BatchState.WAITING, BatchState.RUNNING, BatchState.STOPPING, BatchState.STOPPED)
"""While an undo is in one of these, the batch it undoes allows no other."""
_ENDED = (BatchState.STOPPED, BatchState.DONE)
_OPEN = (BatchState.WAITING, BatchState.RUNNING, BatchState.STOPPING)
_UNDER_WAY = batches.c.state.in_((BatchState.RUNNING, BatchState.STOPPING))
_undo = batches.alias("undo")
_change_undo = changes.alias("change_undo")


class TooManyOpen(Exception):
    """This person has as many open batches as they may have."""


@dataclass(frozen=True, slots=True)
class BatchDraft:
    """A batch that is about to be requested."""

    submission_id: str
    checked: CheckedBatch
    env: Environment
    requester: str
    requester_team: str
    channel: str
    reason: str
    terms: Terms


# Reading


@unbroken
async def get(database: Database, batch_id: str) -> BatchRecord | None:
    async with database.reading() as connection:
        return next(iter(await _select(connection, batches.c.id == batch_id)), None)


@unbroken
async def submitted(database: Database, submission_id: str) -> BatchRecord | None:
    async with database.reading() as connection:
        return next(iter(await _select(connection, batches.c.submission_id == submission_id)), None)


@unbroken
async def lines(database: Database, batch_id: str) -> list[BatchLineRecord]:
    async with database.reading() as connection:
        columns = [column for column in batch_lines.c if column is not batch_lines.c.state]
        return [rows.line(row) for row in await connection.execute(_lines(batch_id, *columns))]


@unbroken
async def differences(database: Database, batch_id: str) -> list[str]:
    """Where the stored batch differs from the audit trail."""
    async with database.reading() as connection:
        return await audit.batch_differences(connection, batch_id)


@unbroken
async def overdue(database: Database, env: Environment, now: datetime) -> list[str]:
    """Ids of batches that nobody decided, or resumed, in time."""
    idle = batches.c.state.in_((BatchState.WAITING, BatchState.STOPPED))
    due = select(batches.c.id).where(idle, batches.c.env == env, batches.c.expires_at <= now)
    async with database.reading() as connection:
        return list((await connection.execute(due)).scalars())


@unbroken
async def revision(database: Database, batch_id: str) -> int:
    async with database.reading() as connection:
        revisions = await connection.execute(select(batches.c.revision).where(batches.c.id == batch_id))
        return int(revisions.scalar_one())


@unbroken
async def waiting(database: Database, env: Environment, *, limit: int) -> list[BatchRecord]:
    """For approvals; oldest first."""
    async with database.reading() as connection:
        where = and_(batches.c.env == env, batches.c.state == BatchState.WAITING)
        return await _select(connection, where, batches.c.created_at, limit=limit)


@unbroken
async def requested_by(database: Database, env: Environment, person: str, *, limit: int) -> list[BatchRecord]:
    """Newest first."""
    async with database.reading() as connection:
        where = and_(batches.c.env == env, batches.c.asker == person)
        return await _select(connection, where, batches.c.created_at.desc(), limit=limit)


async def load(connection: AsyncConnection, batch_id: str) -> BatchRecord:
    """Raises IndexError when there is no such batch."""
    return (await _select(connection, batches.c.id == batch_id))[0]


async def _select(
    connection: AsyncConnection,
    where: ColumnElement[bool],
    *order: ColumnElement[Any],
    limit: int | None = None,
) -> list[BatchRecord]:
    of_batch = _undo.c.undo_of == batches.c.id
    undo = (
        select(_undo.c.id)
        .where(of_batch, _undo.c.state.in_((*HOLDS_UNDO, BatchState.DONE)))
        .order_by(_undo.c.created_at.desc(), _undo.c.id)
        .limit(1)
        .scalar_subquery()
    )
    undoing = exists().where(of_batch, _undo.c.state.in_(HOLDS_UNDO))
    query = select(batches, undo.label("undo"), undoing.label("undoing")).where(where)
    query = query.order_by(*order, batches.c.id).limit(limit)
    records = []
    for row in (await connection.execute(query)).all():
        sizes = (
            batch_lines.c.input,
            batch_lines.c.feature,
            batch_lines.c.before,
            batch_lines.c.amount,
            batch_lines.c.worth,
            batch_lines.c.currency,
        )
        approvals = (
            select(batch_decisions)
            .where(batch_decisions.c.batch_id == row.id, batch_decisions.c.verdict == "approve")
            .order_by(batch_decisions.c.at, batch_decisions.c.person)
        )
        stored = (await connection.execute(_lines(row.id, *sizes))).all()
        record = rows.batch(row, stored, await connection.execute(approvals))
        left = await _left_to_undo(connection, row.id) if row.state in _ENDED else 0
        records.append(replace(record, left_to_undo=left))
    return records


async def _left_to_undo(connection: AsyncConnection, batch_id: str) -> int:
    """Its lines that can be undone, and are not being undone."""
    undone = exists().where(
        _change_undo.c.undo_of == changes.c.id, _change_undo.c.state.in_(sorted(CHANGE_HOLDS_UNDO))
    )
    query = (
        select(func.count())
        .select_from(batch_lines.join(changes, changes.c.id == batch_lines.c.change_id))
        .where(
            batch_lines.c.batch_id == batch_id,
            changes.c.state == State.APPLIED,
            changes.c.invertible,
            ~undone,
        )
    )
    return int((await connection.execute(query)).scalar_one())


def _lines(batch_id: str, *columns: ColumnElement[Any]) -> Select[Any]:
    """Columns of the lines, and their states: of an unconfirmed line what has become of its change since."""
    unconfirmed = batch_lines.c.state == LineState.UNCONFIRMED
    state = case(
        (and_(unconfirmed, changes.c.state == State.APPLIED), LineState.APPLIED.value),
        (and_(unconfirmed, changes.c.state == State.FAILED), LineState.REFUSED.value),
        else_=batch_lines.c.state,
    )
    return (
        select(*columns, state.label("state"))
        .join(changes, changes.c.id == batch_lines.c.change_id, isouter=True)
        .where(batch_lines.c.batch_id == batch_id)
        .order_by(batch_lines.c.number)
    )


# Requesting


@unbroken
async def request(
    database: Database, draft: BatchDraft, *, targets: Sequence[CardTarget], now: datetime
) -> tuple[BatchRecord, bool] | None:
    """The batch, and whether it is new. None: another undo of the same batch is open. Raises TooManyOpen, and
    ListChanged for a gathered list that is another by now."""
    async with database.writing() as connection:
        values = _columns(draft, now)
        inserted = await connection.execute(
            insert(connection, batches, values).on_conflict_do_nothing().returning(batches.c.id)
        )
        batch_id = inserted.scalar_one_or_none()
        if batch_id is None:
            same = await _select(connection, batches.c.submission_id == draft.submission_id)
            return (same[0], False) if same else None
        await _check_room(connection, draft)
        if draft.checked.gathered:
            version = GatheredVersion(draft.submission_id, draft.checked.gathered)
            await gathering.check(connection, version, env=draft.env, person=draft.requester)
        await connection.execute(
            plain_insert(batch_lines),
            [{"batch_id": batch_id, **rows.dump_line(line)} for line in draft.checked.lines],
        )
        for target in targets:
            await BATCH_CARDS.add(connection, batch_id, target, now=now)
        stored = await connection.execute(
            select(batch_lines).where(batch_lines.c.batch_id == batch_id).order_by(batch_lines.c.number)
        )
        details = {
            "lines": batch_lines_hash(stored),
            "count": len(draft.checked.lines),
            "totals": {
                f"{total.kind} {total.feature}".strip(): str(total.units) for total in draft.checked.totals
            },
            "rule": draft.terms.rule,
            "needed": draft.terms.needed,
            "reason": draft.reason,
            "channel": draft.channel,
            "undo_of": draft.checked.undo_of,
        }
        record = await load(connection, batch_id)
        await _note(connection, record, "batch_asked", now=now, actor=draft.requester, details=details)
        return record, True


async def _check_room(connection: AsyncConnection, draft: BatchDraft) -> None:
    """Counts the new one as well."""
    mine = (batches.c.asker == draft.requester, batches.c.env == draft.env, batches.c.state.in_(_OPEN))
    number = await connection.execute(select(func.count()).select_from(batches).where(*mine))
    if number.scalar_one() > MOST_OF_PERSON:
        raise TooManyOpen


# Deciding


@unbroken
async def approve(
    database: Database,
    batch_id: str,
    revision: int,
    decided: Decided,
    *,
    needed: int,
    earlier_approvers: Mapping[str, bool],
) -> BatchRecord | None:
    """One person's approval; with the last one that is needed it runs.

    `needed`: what the policy requires now; the stored number never goes down. `earlier_approvers`: of this
    revision, and whether each may still approve.
    """
    async with database.writing() as connection:
        waiting = (
            select(batches.c.needed)
            .where(
                batches.c.id == batch_id,
                batches.c.state == BatchState.WAITING,
                batches.c.revision == revision,
                batches.c.expires_at > decided.at,
            )
            .with_for_update()
        )
        stored_number = (await connection.execute(waiting)).scalar_one_or_none()
        if stored_number is None:
            return None
        approved = select(batch_decisions.c.person).where(
            batch_decisions.c.batch_id == batch_id, batch_decisions.c.verdict == "approve"
        )
        earlier = set((await connection.execute(approved)).scalars()) - {decided.person}
        counting = {person for person in earlier if earlier_approvers[person]}
        await connection.execute(
            update(batch_decisions)
            .where(batch_decisions.c.batch_id == batch_id, batch_decisions.c.verdict == "approve")
            .values(counts=batch_decisions.c.person.in_(sorted(counting)))
        )
        await _keep_decision(connection, batch_id, decided, "approve")
        values: dict[str, Any] = {"needed": max(stored_number, needed)}
        if len(counting) + 1 >= values["needed"]:
            values |= {
                "state": BatchState.RUNNING,
                "decided_by": decided.person,
                "decided_at": decided.at,
            }
        details = {"rule": decided.rule, "not_counted": sorted(earlier - counting)}
        return await _take(
            connection,
            batch_id,
            "batch_approved",
            values,
            now=decided.at,
            actor=decided.person,
            details=details,
        )


@unbroken
async def deny(database: Database, batch_id: str, revision: int, decided: Decided) -> BatchRecord | None:
    """One denial is enough."""
    values = {
        "state": BatchState.DENIED,
        "decided_by": decided.person,
        "decided_at": decided.at,
        "said": decided.comment,
    }
    details = {"rule": decided.rule, "reason": decided.comment}
    waiting = (
        batches.c.state == BatchState.WAITING,
        batches.c.revision == revision,
        batches.c.expires_at > decided.at,
    )
    async with database.writing() as connection:
        return await _take(
            connection,
            batch_id,
            "batch_denied",
            values,
            *waiting,
            now=decided.at,
            actor=decided.person,
            details=details,
        )


@unbroken
async def withdraw(database: Database, batch_id: str, *, person: str, now: datetime) -> BatchRecord | None:
    values = {"state": BatchState.WITHDRAWN, "decided_by": person, "decided_at": now}
    waiting = batches.c.state == BatchState.WAITING
    async with database.writing() as connection:
        return await _take(connection, batch_id, "batch_withdrawn", values, waiting, now=now, actor=person)


@unbroken
async def expire(database: Database, batch_id: str, *, now: datetime) -> BatchRecord | None:
    """Ends one that nobody decided in time; or that was stopped, and whose approval has expired."""
    expired = batches.c.expires_at <= now
    waiting = (batches.c.state == BatchState.WAITING, expired)
    stopped = (batches.c.state == BatchState.STOPPED, expired)
    async with database.writing() as connection:
        values = {"state": BatchState.EXPIRED, "decided_at": now}
        if ended := await _take(connection, batch_id, "batch_expired", values, *waiting, now=now):
            return ended
        return await _take(
            connection, batch_id, "batch_lapsed", {"state": BatchState.DONE}, *stopped, now=now
        )


async def _keep_decision(connection: AsyncConnection, batch_id: str, decided: Decided, verdict: str) -> None:
    decision = {
        "batch_id": batch_id,
        "person": decided.person,
        "team": decided.team,
        "verdict": verdict,
        "rule": decided.rule,
        "at": decided.at,
        "counts": True,
    }
    await connection.execute(
        insert(connection, batch_decisions, decision).on_conflict_do_update(
            index_elements=list(batch_decisions.primary_key), set_=decision
        )
    )


# Running


@unbroken
async def claim(database: Database, env: Environment, *, lease: Lease, now: datetime) -> BatchRecord | None:
    """Claims a batch that has lines to apply and that no process holds; None if there is no such batch."""
    free = (
        select(batches.c.id)
        .where(
            _UNDER_WAY,
            batches.c.env == env,
            or_(batches.c.lease_until.is_(None), batches.c.lease_until < now),
        )
        .order_by(batches.c.created_at, batches.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    async with database.writing() as connection:
        batch_id = (await connection.execute(free)).scalar_one_or_none()
        if batch_id is None:
            return None
        await connection.execute(
            update(batches).where(batches.c.id == batch_id).values(lease_by=lease.by, lease_until=lease.until)
        )
        return await load(connection, batch_id)


@unbroken
async def renew(database: Database, batch_id: str, lease: Lease) -> bool:
    """Extends the lease. False: another process holds it, or the batch has ended."""
    values = {"lease_until": lease.until}
    return await _hold(database, batch_id, lease.by, values)


@unbroken
async def release(database: Database, batch_id: str, by: str) -> bool:
    """Releases it, so that another replica can continue right away."""
    return await _hold(database, batch_id, by, {"lease_by": None, "lease_until": None})


async def _hold(database: Database, batch_id: str, by: str, values: Mapping[str, Any]) -> bool:
    async with database.writing() as connection:
        held = await connection.execute(
            update(batches)
            .where(batches.c.id == batch_id, _UNDER_WAY, batches.c.lease_by == by)
            .values(values)
            .returning(batches.c.id)
        )
        return held.one_or_none() is not None


@unbroken
async def stop(database: Database, batch_id: str, *, person: str, now: datetime) -> BatchRecord | None:
    """No further line begins. `person`: empty if it is Maple that stops it."""
    values = {"state": BatchState.STOPPING, "stopped_by": person}
    running = batches.c.state == BatchState.RUNNING
    async with database.writing() as connection:
        return await _take(connection, batch_id, "batch_stopping", values, running, now=now, actor=person)


@unbroken
async def resume(database: Database, batch_id: str, *, person: str, now: datetime) -> BatchRecord | None:
    """The skipped lines are queued again. Only while the approval has not expired."""
    values = {"state": BatchState.RUNNING, "stopped_by": ""}
    skipped = (batch_lines.c.batch_id == batch_id, batch_lines.c.state == LineState.SKIPPED)
    stopped = (
        batches.c.state == BatchState.STOPPED,
        batches.c.expires_at > now,
        exists().where(*skipped),
    )
    async with database.writing() as connection:
        if await _move(connection, batch_id, values, *stopped, now=now) is None:
            return None
        await connection.execute(update(batch_lines).where(*skipped).values(state=LineState.QUEUED, why=""))
        record = await load(connection, batch_id)
        await _note(connection, record, "batch_resumed", now=now, actor=person)
        return record


@unbroken
async def finish(database: Database, batch_id: str, *, by: str, now: datetime) -> BatchRecord | None:
    """Ends a batch that has no lines left. None while lines remain or another process holds it."""
    of_batch = batch_lines.c.batch_id == batch_id
    async with database.writing() as connection:
        held = (
            select(batches.c.state)
            .where(batches.c.id == batch_id, _UNDER_WAY, batches.c.lease_by == by)
            .with_for_update()
        )
        state = (await connection.execute(held)).scalar_one_or_none()
        if state is None:
            return None
        if state == BatchState.STOPPING:
            queued = batch_lines.c.state == LineState.QUEUED
            await connection.execute(
                update(batch_lines).where(of_batch, queued).values(state=LineState.SKIPPED)
            )
        counts: dict[str, int] = {}
        for (state,) in await connection.execute(select(batch_lines.c.state).where(of_batch)):
            counts[state] = counts.get(state, 0) + 1
        if LineState.QUEUED in counts or LineState.RUNNING in counts:
            return None
        ended = BatchState.STOPPED if LineState.SKIPPED in counts else BatchState.DONE
        values = {"state": ended, "lease_by": None, "lease_until": None}
        return await _take(connection, batch_id, f"batch_{ended}", values, now=now, details={"lines": counts})


# Steps


async def _take(
    connection: AsyncConnection,
    batch_id: str,
    event: str,
    values: Mapping[str, Any],
    *where: ColumnElement[bool],
    now: datetime,
    actor: str = "",
    details: Mapping[str, Any] | None = None,
) -> BatchRecord | None:
    """The guarded UPDATE and its row in the trail."""
    record = await _move(connection, batch_id, values, *where, now=now)
    if record is not None:
        await _note(connection, record, event, now=now, actor=actor, details=details or {})
    return record


async def _move(
    connection: AsyncConnection,
    batch_id: str,
    values: Mapping[str, Any],
    *where: ColumnElement[bool],
    now: datetime,
) -> BatchRecord | None:
    """The guarded UPDATE alone."""
    columns = {"updated_at": now, "revision": batches.c.revision + 1, **values}
    moved = await connection.execute(
        update(batches).where(batches.c.id == batch_id, *where).values(columns).returning(batches.c.id)
    )
    if moved.one_or_none() is None:
        return None
    record = await load(connection, batch_id)
    await BATCH_CARDS.outdate(connection, batch_id, revision=record.revision, now=now)
    return record


async def _note(
    connection: AsyncConnection,
    record: BatchRecord,
    event: str,
    *,
    now: datetime,
    actor: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    present = {name: value for name, value in (details or {}).items() if value not in ("", [], {})}
    body = {"state": record.state, **present}
    await audit.append(connection, change_id=record.id, event=event, actor=actor, at=now, body=body)


# Columns


def _columns(draft: BatchDraft, now: datetime) -> dict[str, Any]:
    return {
        "id": secrets.token_hex(12),
        "submission_id": draft.submission_id,
        "env": draft.env,
        "state": BatchState.WAITING if draft.terms.needed else BatchState.RUNNING,
        "revision": 1,
        "asker": draft.requester,
        "asker_team": draft.requester_team,
        "channel": draft.channel,
        "reason": draft.reason,
        "rule": draft.terms.rule,
        "needed": draft.terms.needed,
        "created_at": now,
        "updated_at": now,
        "expires_at": draft.terms.expires_at,
        "decided_by": "",
        "said": "",
        "stopped_by": "",
        "undo_of": draft.checked.undo_of or None,
    }
