"""What becomes of the days a digest is due on. Whoever moves a digest's next due time goes through here, in
the same transaction, so that no due day is passed over without a row.

Locks are taken in one order throughout: digests, then runs.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.digests import rows
from bot.digests.model import Digest, Figures, RunState, Schedule, Skip
from bot.digests.schedule import due_at, due_between, local_day
from bot.store.tables import digest_runs
from bot.store.upsert import insert

LATE_AFTER = timedelta(hours=6)
"""A day is posted within this time after it was due, or not at all."""

_SLACK = timedelta(hours=12)
"""The rules of a time zone may have changed since the next due time was noted: that day may be due somewhat
earlier now. No other day can be: any two are nearly a day apart."""

Due = tuple[date, datetime]


async def take(
    connection: AsyncConnection, digest: Digest, *, now: datetime, latest: dict[str, Any]
) -> str | None:
    """A row for each day that came due until now, but for those that have one.

    The last is given the columns in `latest` if it may still be posted; its run's id, if there was none
    before. What is too old is skipped.
    """
    due = list(due_between(digest.schedule, digest.next_due - _SLACK, now))
    in_time = due.pop() if due and now - due[-1][1] <= LATE_AFTER else None
    await put(connection, digest, due, skipped(Skip.LATE), now=now)
    if in_time is None:
        return None
    values = _columns(digest, in_time, now) | latest
    taken = await connection.execute(
        insert(connection, digest_runs, values).on_conflict_do_nothing().returning(digest_runs.c.id)
    )
    run_id: str | None = taken.scalar_one_or_none()
    return run_id


async def put(
    connection: AsyncConnection,
    digest: Digest,
    due: Iterable[Due],
    values: dict[str, Any],
    *,
    now: datetime,
) -> None:
    """A row with these columns for each of the days, but for those that have one."""
    given = [_columns(digest, each, now) | values for each in due]
    if given:
        await connection.execute(insert(connection, digest_runs, given[0]).on_conflict_do_nothing(), given)


async def call_off(connection: AsyncConnection, *where: ColumnElement[bool], why: Skip, now: datetime) -> int:
    """Skips what is not settled; but not what may be in the channel already. How many."""
    ended = await connection.execute(
        update(digest_runs)
        .where(
            digest_runs.c.state == RunState.CLAIMED,
            digest_runs.c.posting_at.is_(None),
            *where,
        )
        .values(**skipped(why), updated_at=now)
    )
    return ended.rowcount


def moved_past(old: Schedule, new: Schedule, now: datetime) -> list[Due]:
    """Days that an edit made now takes away: due by the new schedule, before now, but not by the old one; and
    today."""
    today = local_day(new, now)
    recent = due_between(new, now - timedelta(days=3), now)
    return [(day, at) for day, at in recent if day == today or due_at(old, day) > now]


def skipped(why: Skip) -> dict[str, Any]:
    """Columns of a run."""
    return {"state": RunState.SKIPPED, "skip": why, "lease_by": None, "lease_until": None}


def claimed(by: str, until: datetime) -> dict[str, Any]:
    """Columns of a run that somebody begins with."""
    return {"lease_by": by, "lease_until": until, "tries": 1}


def _columns(digest: Digest, due: Due, now: datetime) -> dict[str, Any]:
    day, at = due
    return {**fresh(digest, f"{digest.id}.{day.isoformat()}", at, now), "day": day.isoformat()}


def fresh(digest: Digest, run_id: str, due: datetime, now: datetime) -> dict[str, Any]:
    """Columns of a run that nobody has begun with."""
    return {
        "id": run_id,
        "digest_id": digest.id,
        "day": None,
        "due": due,
        "state": RunState.CLAIMED,
        "skip": None,
        "asked_by": "",
        "lease_by": None,
        "lease_until": None,
        "not_before": now,
        "tries": 0,
        "channel": digest.channel,
        "figures": rows.dump_figures(Figures()),
        "created_at": now,
        "updated_at": now,
    }
