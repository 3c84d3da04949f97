"""Reading changes from the database."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.access.limits import Worth
from bot.approvals.lifecycle import HOLDS_UNDO, IN_PROGRESS, Approval, Cause, Record, State
from bot.autumn.models import Environment
from bot.changes import stored
from bot.store.database import Database, unbroken
from bot.store.tables import changes, decisions

_undo = changes.alias("undo")


@unbroken
async def find(
    database: Database, *where: ColumnElement[bool], newest_first: bool = False, limit: int = 1
) -> list[Record]:
    """The changes that meet all the conditions, read in a transaction of their own."""
    async with database.reading() as connection:
        return await select_records(connection, *where, newest_first=newest_first, limit=limit)


@unbroken
async def get(database: Database, change_id: str) -> Record:
    """Raises IndexError when there is no such change."""
    async with database.reading() as connection:
        return await load(connection, change_id)


async def load(connection: AsyncConnection, change_id: str) -> Record:
    """Raises IndexError when there is no such change."""
    return (await select_records(connection, changes.c.id == change_id))[0]


async def select_records(
    connection: AsyncConnection, *where: ColumnElement[bool], newest_first: bool = False, limit: int = 1000
) -> list[Record]:
    """The changes that meet all the conditions."""
    order = changes.c.created_at.desc() if newest_first else changes.c.created_at
    query = (
        select(changes, _undo.c.id.label("undo"), _undo.c.state.label("undo_state"))
        .join(_undo, (_undo.c.undo_of == changes.c.id) & _undo.c.state.in_(sorted(HOLDS_UNDO)), isouter=True)
        .where(*where)
        .order_by(order, changes.c.id)
        .limit(limit)
    )
    rows = (await connection.execute(query)).all()
    if not rows:
        return []
    approvals = await _approvals(connection, [row.id for row in rows])
    return [_record(row, approvals[row.id, row.version]) for row in rows]


@unbroken
async def lapsed(database: Database, env: Environment, now: datetime) -> list[str]:
    """Ids of changes whose lease ran out: their process is taken to be dead."""
    in_progress = changes.c.state.in_(sorted(IN_PROGRESS))
    return await _ids(database, in_progress, changes.c.lease_until < now, changes.c.env == env)


@unbroken
async def overdue(database: Database, env: Environment, now: datetime) -> list[str]:
    """Ids of requests that nobody decided in time."""
    waiting = changes.c.state == State.WAITING
    return await _ids(database, waiting, changes.c.expires_at <= now, changes.c.env == env)


async def _ids(database: Database, *where: ColumnElement[bool]) -> list[str]:
    async with database.reading() as connection:
        rows = await connection.execute(select(changes.c.id).where(*where).order_by(changes.c.created_at))
        return list(rows.scalars())


async def _approvals(
    connection: AsyncConnection, ids: Sequence[str]
) -> defaultdict[tuple[str, int], list[Approval]]:
    """By change and version."""
    approvals: defaultdict[tuple[str, int], list[Approval]] = defaultdict(list)
    query = (
        select(decisions)
        .where(decisions.c.change_id.in_(ids), decisions.c.verdict == "approve")
        .order_by(decisions.c.at, decisions.c.person)
    )
    for row in await connection.execute(query):
        approval = Approval(row.person, row.at, row.rule, row.team, row.counts)
        approvals[row.change_id, row.version].append(approval)
    return approvals


def _record(row: Row[Any], approvals: Sequence[Approval]) -> Record:
    return Record(
        id=row.id,
        state=State(row.state),
        version=row.version,
        revision=row.revision,
        kind=row.kind,
        input=stored.read_input(row.input),
        customer_id=row.customer_id,
        env=Environment(row.env),
        requester=row.asker,
        requester_team=row.asker_team,
        channel=row.channel,
        created_at=row.created_at,
        updated_at=row.updated_at,
        expires_at=row.expires_at,
        before=row.before,
        lines=stored.read_lines(row.lines),
        warnings=stored.read_notes(row.warnings),
        refusals=stored.read_notes(row.refusals),
        amount=row.amount,
        worth=None if row.worth is None else Worth(row.worth, row.currency),
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
        comment=row.said,
        undo_of=row.undo_of or "",
        undo=row.undo or "",
        undone=row.undo_state == State.APPLIED,
        invertible=row.invertible,
        writes=row.writes,
        batch=row.batch,
        lease_until=row.lease_until,
    )


@unbroken
async def overlapped(database: Database, change_id: str) -> bool:
    """Whether another change of the same customer and kind may have been written since this one was."""
    async with database.reading() as connection:
        return await is_overlapped(connection, change_id)


async def is_overlapped(connection: AsyncConnection, change_id: str) -> bool:
    """As `overlapped`."""
    mine = changes.alias("mine")
    overlapping = (
        select(changes.c.id)
        .join(
            mine,
            (mine.c.id == change_id)
            & (mine.c.env == changes.c.env)
            & (mine.c.customer_id == changes.c.customer_id)
            & (mine.c.kind == changes.c.kind)
            & (mine.c.id != changes.c.id),
        )
        .where(
            changes.c.writes > 0, changes.c.updated_at >= func.coalesce(mine.c.decided_at, mine.c.created_at)
        )
    )
    return (await connection.execute(overlapping)).first() is not None
