"""Messages that show something, for tables with a row each: who posts one, and whether it still exists."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database, unbroken

POSTING = timedelta(seconds=30)
"""No call of Slack's takes longer."""
_SLOWEST = timedelta(hours=1)


@unbroken
async def claim_post(table: Table, database: Database, card_id: int, *, now: datetime) -> bool:
    """Whether it is the caller's to post: False while somebody else does, or when it is posted."""
    return await _change(
        table,
        database,
        card_id,
        {"posting_until": now + POSTING},
        table.c.ts.is_(None),
        or_(table.c.posting_until.is_(None), table.c.posting_until <= now),
    )


@unbroken
async def release_post(table: Table, database: Database, card_id: int) -> bool:
    """It surely was not posted, so that it need not be waited for."""
    return await _change(table, database, card_id, {"posting_until": None}, table.c.ts.is_(None))


@unbroken
async def mark_gone(table: Table, database: Database, card_id: int) -> bool:
    """It cannot be shown any more."""
    return await _change(table, database, card_id, {"gone": True}, ~table.c.gone)


async def mark_shown(
    table: Table, connection: AsyncConnection, card_id: int, *, revision: int, ts: str
) -> bool:
    """It shows this revision now; False if it shows a later one. `ts`: empty unless it was just posted."""
    values: dict[str, Any] = {"shown_revision": revision}
    if ts:
        values |= {"ts": ts, "posting_until": None}
    # A redraw that was overtaken by a later one must not hide that one.
    return await _update(table, connection, card_id, values, table.c.shown_revision <= revision)


async def put_off(
    table: Table,
    connection: AsyncConnection,
    stale: Sequence[Row[Any, Any, Any]],
    *,
    now: datetime,
    grace: timedelta,
) -> None:
    """`stale`: rows of an id, what it shows, and the tries. Each comes up again, twice as late every time,
    so that a channel that is broken for good is not asked about for ever."""
    for row in stale:
        wait = min(grace * 2**row.tries, _SLOWEST)
        await _update(table, connection, row.id, {"due": now + wait, "tries": min(row.tries + 1, 16)})


async def _change(
    table: Table, database: Database, card_id: int, values: Mapping[str, Any], *where: ColumnElement[bool]
) -> bool:
    async with database.writing() as connection:
        return await _update(table, connection, card_id, values, *where)


async def _update(
    table: Table,
    connection: AsyncConnection,
    card_id: int,
    values: Mapping[str, Any],
    *where: ColumnElement[bool],
) -> bool:
    changed = await connection.execute(
        update(table).where(table.c.id == card_id, *where).values(values).returning(table.c.id)
    )
    return changed.one_or_none() is not None
