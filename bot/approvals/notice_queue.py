"""Messages of their own about changes, kept in the database until they are posted.

A notice is stored in the transaction of the step it tells of. Whoever posts it first claims it, then stores
that an attempt begins, then sends. An attempt that may have reached Slack is looked for before the next.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.approvals.lifecycle import NoticeKind, Record
from bot.autumn.environment import Environment
from bot.store.database import Database, unbroken
from bot.store.tables import changes, notices
from bot.store.upsert import insert

ATTEMPT = timedelta(seconds=30)
"""No attempt takes longer; the next one may begin after it."""
_LONGEST_WAIT = timedelta(hours=1)
_MOST_TRIES = 40
"""About a day and a half; then Maple gives up."""


@dataclass(frozen=True, slots=True)
class Notice:
    id: int
    change_id: str
    version: int
    kind: NoticeKind
    sent_at: datetime | None
    """When an earlier attempt began, if Slack may have it."""
    revision: int
    """Of the change, when the notice was claimed."""


async def add(connection: AsyncConnection, record: Record, kind: NoticeKind, due: datetime) -> None:
    """Once for each version of a change."""
    notice = {
        "change_id": record.id,
        "version": record.version,
        "kind": kind,
        "due": due,
        "tries": 0,
        "done": False,
    }
    await connection.execute(insert(connection, notices, notice).on_conflict_do_nothing())


async def drop_reminders(connection: AsyncConnection, change_id: str) -> None:
    """A request that no longer waits needs none."""
    reminders = notices.c.kind.in_((NoticeKind.HALF_TIME, NoticeKind.LAST_HOUR))
    await connection.execute(
        update(notices).where(notices.c.change_id == change_id, reminders, ~notices.c.done).values(done=True)
    )


@unbroken
async def due(database: Database, env: Environment, now: datetime) -> list[str]:
    """Ids of changes with a notice to post."""
    query = (
        select(notices.c.change_id)
        .join(changes, changes.c.id == notices.c.change_id)
        .where(~notices.c.done, notices.c.due <= now, notices.c.tries < _MOST_TRIES, changes.c.env == env)
        .order_by(notices.c.due)
        .limit(100)
    )
    async with database.reading() as connection:
        return list(dict.fromkeys((await connection.execute(query)).scalars()))


@unbroken
async def claim(database: Database, change_id: str, now: datetime) -> list[Notice]:
    """The notices of a change that are due and now the caller's to post. Each is given to one caller at a
    time, and again after a longer wait every time, until it is done."""
    query = (
        select(notices, changes.c.revision)
        .join(changes, changes.c.id == notices.c.change_id)
        .where(notices.c.change_id == change_id, ~notices.c.done, notices.c.due <= now)
        .order_by(notices.c.id)
        .with_for_update(of=notices)
    )
    async with database.writing() as connection:
        rows = (await connection.execute(query)).all()
        for row in rows:
            put_off = now + min(ATTEMPT * 2**row.tries, _LONGEST_WAIT)
            await connection.execute(
                update(notices).where(notices.c.id == row.id).values(due=put_off, tries=row.tries + 1)
            )
    return [_notice(row) for row in rows]


@unbroken
async def attempt(database: Database, notice: Notice, *, began: datetime | None) -> None:
    """An attempt begins, or (None) surely did not reach Slack."""
    await _set(database, notice, sent_at=began)


@unbroken
async def finish(database: Database, notice: Notice) -> None:
    """It is posted, or can never be."""
    await _set(database, notice, done=True)


async def _set(database: Database, notice: Notice, **values: datetime | bool | None) -> None:
    async with database.writing() as connection:
        await connection.execute(update(notices).where(notices.c.id == notice.id).values(values))


def _notice(row: Row[tuple[object, ...]]) -> Notice:
    return Notice(row.id, row.change_id, row.version, NoticeKind(row.kind), row.sent_at, row.revision)
