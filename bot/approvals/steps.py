"""One step of a change: a guarded UPDATE, and its row in the audit trail, in one transaction.

The guard stands in the WHERE. Of any number that try at once, one gets the record and the others None:
somebody was first, or the change is not in a state for it.

Locks are taken in one order throughout, so that transactions wait for but never block each other: changes,
then cards, then the head of the audit trail, last.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.approvals import rows
from bot.approvals.lifecycle import ChangeEvent, Record, State
from bot.store import audit
from bot.store.tables import cards, changes

GRACE = timedelta(seconds=20)
"""For as long a card is left to whoever made the step; after that the sweeper sees to it."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who works on a change, and until when nobody else may."""

    by: str
    until: datetime


async def step(
    connection: AsyncConnection,
    change_id: str,
    event: ChangeEvent,
    *where: ColumnElement[bool],
    values: Mapping[str, Any],
    now: datetime,
    actor: str = "",
    told: Mapping[str, Any],
    visible: bool = True,
) -> Record | None:
    """`told`: what the trail keeps beside state and version. `visible`: whether cards show it."""
    record = await move(connection, change_id, *where, values=values, now=now, visible=visible)
    if record is None:
        return None
    undone = None
    if record.state is State.APPLIED and record.undo_of:
        undone = await move(connection, record.undo_of, values={}, now=now)
    await note(connection, record, event, now=now, actor=actor, told=told)
    if undone is not None:
        await note(connection, undone, ChangeEvent.UNDONE, now=now, actor=actor, told={"undo": record.id})
    return record


async def move(
    connection: AsyncConnection,
    change_id: str,
    *where: ColumnElement[bool],
    values: Mapping[str, Any],
    now: datetime,
    visible: bool = True,
) -> Record | None:
    """The guarded UPDATE alone."""
    moved = {"updated_at": now, **values}
    if visible:
        moved["revision"] = changes.c.revision + 1
    changed = await connection.execute(
        update(changes).where(changes.c.id == change_id, *where).values(moved).returning(changes.c.id)
    )
    if changed.one_or_none() is None:
        return None
    if visible:
        await connection.execute(
            update(cards).where(cards.c.change_id == change_id).values(due=now + GRACE, tries=0)
        )
    return await rows.known(connection, change_id)


async def note(
    connection: AsyncConnection,
    record: Record,
    event: ChangeEvent,
    *,
    now: datetime,
    actor: str = "",
    told: Mapping[str, Any],
) -> None:
    """A row in the trail about a change as it is now."""
    given = {name: value for name, value in told.items() if value not in (None, "", (), [], {})}
    body = {"state": record.state, "version": record.version, **given}
    await audit.append(connection, change_id=record.id, event=event, actor=actor, at=now, body=body)
