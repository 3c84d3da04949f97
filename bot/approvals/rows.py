"""Changes as they lie in the database, and as records."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.access.rules import Kind
from bot.approvals.lifecycle import HOLDS_UNDO, AnyInput, Approval, Cause, Record, State
from bot.autumn.environment import Environment
from bot.changes.model import INPUT, Line, Note
from bot.store import audit
from bot.store.database import Database, unbroken
from bot.store.tables import changes, decisions

_LINES = TypeAdapter(tuple[Line, ...])
_NOTES = TypeAdapter(tuple[Note, ...])
_undo = changes.alias("undo")


def dump_input(given: AnyInput) -> Any:
    return INPUT.dump_python(given, mode="json")


def dump_lines(lines: Sequence[Line]) -> Any:
    return _LINES.dump_python(tuple(lines), mode="json")


def dump_notes(notes: Sequence[Note]) -> Any:
    return _NOTES.dump_python(tuple(notes), mode="json")


@unbroken
async def find(
    database: Database, *where: ColumnElement[bool], newest_first: bool = False, limit: int = 1
) -> list[Record]:
    """Those that all of `where` holds for, in a transaction of its own."""
    async with database.reading() as connection:
        return await select_records(connection, *where, newest_first=newest_first, limit=limit)


@unbroken
async def get(database: Database, change_id: str) -> Record:
    """Of a change that is there for sure."""
    async with database.reading() as connection:
        return await known(connection, change_id)


@unbroken
async def checked(database: Database, change_id: str) -> tuple[Record, list[str]]:
    """A change that is there for sure, and what of it is not as the audit trail has it."""
    async with database.reading() as connection:
        return await known(connection, change_id), await audit.misfits(connection, change_id)


async def known(connection: AsyncConnection, change_id: str) -> Record:
    """Of a change that is there for sure. Raises LookupError if it is not."""
    return (await select_records(connection, changes.c.id == change_id))[0]


async def select_records(
    connection: AsyncConnection, *where: ColumnElement[bool], newest_first: bool = False, limit: int = 1000
) -> list[Record]:
    """Those that all of `where` holds for."""
    order = changes.c.created_at.desc() if newest_first else changes.c.created_at
    wanted = (
        select(changes, _undo.c.id.label("undo"), _undo.c.state.label("undo_state"))
        .join(_undo, (_undo.c.undo_of == changes.c.id) & _undo.c.state.in_(sorted(HOLDS_UNDO)), isouter=True)
        .where(*where)
        .order_by(order, changes.c.id)
        .limit(limit)
    )
    rows = (await connection.execute(wanted)).all()
    approvals = await _approvals(connection, [row.id for row in rows])
    return [_record(row, approvals[row.id, row.version]) for row in rows]


async def _approvals(
    connection: AsyncConnection, ids: Sequence[str]
) -> defaultdict[tuple[str, int], list[Approval]]:
    found: defaultdict[tuple[str, int], list[Approval]] = defaultdict(list)
    wanted = (
        select(decisions)
        .where(decisions.c.change_id.in_(ids), decisions.c.verdict == "approve")
        .order_by(decisions.c.at, decisions.c.person)
    )
    for row in await connection.execute(wanted):
        found[row.change_id, row.version].append(Approval(row.person, row.at, row.rule, row.team, row.counts))
    return found


def _record(row: Row[Any], approvals: Sequence[Approval]) -> Record:
    return Record(
        id=row.id,
        state=State(row.state),
        version=row.version,
        revision=row.revision,
        kind=Kind(row.kind),
        input=INPUT.validate_python(row.input),
        customer_id=row.customer_id,
        env=Environment(row.env),
        asker=row.asker,
        asker_team=row.asker_team,
        channel=row.channel,
        created_at=row.created_at,
        updated_at=row.updated_at,
        expires_at=row.expires_at,
        before=row.before,
        lines=_LINES.validate_python(row.lines),
        warnings=_NOTES.validate_python(row.warnings),
        refusals=_NOTES.validate_python(row.refusals),
        amount=row.amount,
        products=None if row.products is None else frozenset(row.products),
        rewards=None if row.rewards is None else frozenset(row.rewards),
        reason=row.reason,
        ticket=row.ticket,
        rule=row.rule,
        needed=row.needed,
        approvals=tuple(approvals),
        after=row.after,
        ending=None if row.ending is None else Cause(row.ending),
        details=row.details,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        said=row.said,
        undo_of=row.undo_of or "",
        undo=row.undo or "",
        undone=row.undo_state == State.APPLIED,
        invertible=row.invertible,
        writes=row.writes,
        lease_until=row.lease_until,
    )
