"""The steps of a batch's lines, in SQL: begun by the process that holds the batch, settled once.

Every transaction locks the batch first, so a line never begins after the batch was stopped or taken over.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.approvals.lifecycle import Cause, State
from bot.batches import rows
from bot.batches.model import BatchLineRecord, BatchState, LineState
from bot.store.database import Database, unbroken
from bot.store.tables import batch_lines, batches, changes


def submission_id(batch_id: str, number: int, attempt: int) -> str:
    """The id of an attempt at a line, as a change: always the same, whichever process requests it."""
    return f"batch:{batch_id}:{number}:{attempt}"


@unbroken
async def begin(database: Database, batch_id: str, number: int, *, by: str) -> BatchLineRecord | None:
    """Begins a queued line. None: the batch is stopped, another process holds it, or the line has begun."""
    runs = (batches.c.state == BatchState.RUNNING, batches.c.lease_by == by)
    async with database.writing() as connection:
        if not await _lock(connection, batch_id, *runs):
            return None
        begun = await connection.execute(
            update(batch_lines)
            .where(*_of(batch_id, number), batch_lines.c.state == LineState.QUEUED)
            .values(state=LineState.RUNNING, why="")
            .returning(batch_lines)
        )
        row = begun.one_or_none()
        return None if row is None else rows.line(row)


@unbroken
async def again(database: Database, batch_id: str, line: BatchLineRecord) -> BatchLineRecord | None:
    """Another attempt at a line, whose last one was cut off by a crash before anything was sent.

    That is checked in the same statement. None: the last attempt ended otherwise, or another process has
    begun a new one.
    """
    cut_off = exists().where(
        changes.c.submission_id == submission_id(batch_id, line.number, line.attempt),
        changes.c.state == State.FAILED,
        changes.c.ending == Cause.INTERRUPTED,
        changes.c.writes == 0,
    )
    async with database.writing() as connection:
        await _lock(connection, batch_id)
        raised = await connection.execute(
            update(batch_lines)
            .where(*_running(batch_id, line), cut_off)
            .values(attempt=line.attempt + 1)
            .returning(batch_lines)
        )
        row = raised.one_or_none()
        return None if row is None else rows.line(row)


@unbroken
async def settle(
    database: Database, batch_id: str, line: BatchLineRecord, ended: BatchLineRecord, *, now: datetime
) -> bool:
    """How the line ended. False: it was settled before."""
    values = {
        "state": ended.state,
        "change_id": ended.change_id or None,
        "why": ended.why,
        "attempt": ended.attempt,
    }
    async with database.writing() as connection:
        await _lock(connection, batch_id)
        settled = await connection.execute(
            update(batch_lines)
            .where(*_running(batch_id, line))
            .values(values)
            .returning(batch_lines.c.number)
        )
        if settled.one_or_none() is None:
            return False
        await _outdate_cards(connection, batch_id, now)
        return True


@unbroken
async def refuse_queued(database: Database, batch_id: str, why: str, *, by: str, now: datetime) -> None:
    """No line of it can be applied."""
    async with database.writing() as connection:
        if await _lock(connection, batch_id, batches.c.lease_by == by):
            await connection.execute(
                update(batch_lines)
                .where(batch_lines.c.batch_id == batch_id, batch_lines.c.state == LineState.QUEUED)
                .values(state=LineState.REFUSED, why=why)
            )
            await _outdate_cards(connection, batch_id, now)


@unbroken
async def outdate_cards(database: Database, batch_id: str, now: datetime) -> None:
    """After its lines' changes were read back again: the cards have to show what that came to."""
    async with database.writing() as connection:
        await _outdate_cards(connection, batch_id, now)


def _of(batch_id: str, number: int) -> tuple[ColumnElement[bool], ...]:
    return batch_lines.c.batch_id == batch_id, batch_lines.c.number == number


def _running(batch_id: str, line: BatchLineRecord) -> tuple[ColumnElement[bool], ...]:
    """The line, while this attempt at it goes on."""
    running = (batch_lines.c.state == LineState.RUNNING, batch_lines.c.attempt == line.attempt)
    return (*_of(batch_id, line.number), *running)


async def _lock(connection: AsyncConnection, batch_id: str, *where: ColumnElement[bool]) -> bool:
    """Until the transaction ends. False: the batch does not meet the conditions."""
    locked = select(batches.c.id).where(batches.c.id == batch_id, *where).with_for_update()
    return (await connection.execute(locked)).first() is not None


async def _outdate_cards(connection: AsyncConnection, batch_id: str, now: datetime) -> None:
    await connection.execute(
        update(batches)
        .where(batches.c.id == batch_id)
        .values(revision=batches.c.revision + 1, updated_at=now)
    )
