"""The outcome of a bulk change as a message of its own: kept until it is posted, and posted once.

Whoever posts it claims it, then stores that an attempt begins, then sends. An attempt that may have reached
Slack is looked for before the next.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from bot.autumn.environment import Environment
from bot.batches.model import BatchRecord, BatchState, LineState
from bot.store.database import Database, unbroken
from bot.store.tables import batch_notices, batches
from bot.store.upsert import insert

ATTEMPT = timedelta(seconds=30)
"""No attempt takes longer; the next one may begin after it."""
_SETTLED = (LineState.APPLIED, LineState.REFUSED, LineState.UNCONFIRMED)
_LONGEST_WAIT = timedelta(hours=1)
_MOST_TRIES = 40
"""About a day and a half; then Maple gives up."""
_TOLD = (BatchState.DONE, BatchState.STOPPED, BatchState.DENIED, BatchState.EXPIRED)


@dataclass(frozen=True, slots=True)
class BatchNotice:
    batch_id: str
    kind: str
    sent_at: datetime | None
    """When an earlier attempt began, if Slack may have it."""


def kind(record: BatchRecord) -> str:
    """Empty if there is nothing to tell. A bulk change can be stopped several times, each time further on."""
    if record.state not in _TOLD:
        return ""
    if record.state is not BatchState.STOPPED:
        return record.state
    return f"stopped:{record.progress.of(*_SETTLED)}"


@unbroken
async def claim(database: Database, record: BatchRecord, now: datetime) -> BatchNotice | None:
    """None: there is nothing to tell, it is told, or somebody else tells it."""
    if not (notice_kind := kind(record)):
        return None
    key = {"batch_id": record.id, "kind": notice_kind}
    async with database.writing() as connection:
        new = {**key, "due": now, "tries": 0, "done": False}
        await connection.execute(insert(connection, batch_notices, new).on_conflict_do_nothing())
        row = (await connection.execute(select(batch_notices).filter_by(**key))).one()
        taken = await connection.execute(
            update(batch_notices)
            .filter_by(**key, due=row.due, done=False)
            .where(batch_notices.c.due <= now)
            .values(due=now + min(ATTEMPT * 2**row.tries, _LONGEST_WAIT), tries=row.tries + 1)
            .returning(batch_notices.c.tries)
        )
        mine = taken.one_or_none() is not None
    return BatchNotice(record.id, notice_kind, row.sent_at) if mine else None


@unbroken
async def due(database: Database, env: Environment, now: datetime) -> list[str]:
    """Ids of batches with an outcome that is still to be told."""
    query = (
        select(batch_notices.c.batch_id)
        .join(batches, batches.c.id == batch_notices.c.batch_id)
        .where(
            ~batch_notices.c.done,
            batch_notices.c.due <= now,
            batch_notices.c.tries < _MOST_TRIES,
            batches.c.env == env,
        )
    )
    async with database.reading() as connection:
        return list(dict.fromkeys((await connection.execute(query)).scalars()))


@unbroken
async def attempt(database: Database, notice: BatchNotice, *, began: datetime | None) -> None:
    """An attempt begins, or (None) surely did not reach Slack."""
    await _set(database, notice, sent_at=began)


@unbroken
async def finish(database: Database, notice: BatchNotice) -> None:
    """It is posted."""
    await _set(database, notice, done=True)


async def _set(database: Database, notice: BatchNotice, **values: datetime | bool | None) -> None:
    async with database.writing() as connection:
        await connection.execute(
            update(batch_notices).filter_by(batch_id=notice.batch_id, kind=notice.kind).values(values)
        )
