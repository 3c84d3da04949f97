"""Adds rows for the days of a digest that came due, and removes those that nobody delivers."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.digests import rows
from bot.digests.model import Digest, Figures, RunSkip, RunState, Schedule
from bot.digests.schedule import due_at, due_between, local_day
from bot.store.database import insert
from bot.store.tables import digest_runs

LATE_AFTER = timedelta(hours=6)
"""A day is posted within this time of being due, or not at all."""

_ZONE_CHANGE = timedelta(hours=12)
"""If the rules of a time zone changed since the next due time was stored, that day may be due somewhat
earlier now. No other day falls within this: two are nearly a day apart."""

Due = tuple[date, datetime]


async def add_due_runs(
    connection: AsyncConnection, digest: Digest, *, now: datetime, latest: dict[str, Any]
) -> str | None:
    """Adds a row for each day that came due until now, unless there is one.

    The last day gets the columns in `latest` if it may still be posted, and the others are skipped. Answers
    the id of the last day's run if it was added now.
    """
    due = list(due_between(digest.schedule, digest.next_due - _ZONE_CHANGE, now))
    in_time = due.pop() if due and now - due[-1][1] <= LATE_AFTER else None
    await insert_runs(connection, digest, due, skip_columns(RunSkip.LATE), now=now)
    if in_time is None:
        return None
    values = _columns(digest, in_time, now) | latest
    added = await connection.execute(
        insert(connection, digest_runs, values).on_conflict_do_nothing().returning(digest_runs.c.id)
    )
    run_id: str | None = added.scalar_one_or_none()
    return run_id


async def insert_runs(
    connection: AsyncConnection,
    digest: Digest,
    due: Iterable[Due],
    values: dict[str, Any],
    *,
    now: datetime,
) -> None:
    """Adds a row with these columns for each of the days, unless there is one."""
    new_rows = [_columns(digest, day, now) | values for day in due]
    if new_rows:
        await connection.execute(
            insert(connection, digest_runs, new_rows[0]).on_conflict_do_nothing(), new_rows
        )


async def cancel_runs(
    connection: AsyncConnection, *where: ColumnElement[bool], why: RunSkip, now: datetime
) -> int:
    """Skips runs that are not settled, unless they may be in the channel already. Answers how many."""
    skipped_runs = await connection.execute(
        update(digest_runs)
        .where(
            digest_runs.c.state == RunState.CLAIMED,
            digest_runs.c.posting_at.is_(None),
            *where,
        )
        .values(**skip_columns(why), updated_at=now)
    )
    return skipped_runs.rowcount


def moved_past(old: Schedule, new: Schedule, now: datetime) -> list[Due]:
    """Days that an edit made now takes away: today, and those due by now under the new schedule but not under
    the old one."""
    today = local_day(new, now)
    recent = due_between(new, now - timedelta(days=3), now)
    return [(day, at) for day, at in recent if day == today or due_at(old, day) > now]


def skip_columns(why: RunSkip) -> dict[str, Any]:
    """The columns of a skipped run."""
    return {"state": RunState.SKIPPED, "skip": why, "lease_by": None, "lease_until": None}


def claim_columns(by: str, until: datetime) -> dict[str, Any]:
    """The columns of a run that a process starts to deliver."""
    return {"lease_by": by, "lease_until": until, "tries": 1}


def _columns(digest: Digest, due: Due, now: datetime) -> dict[str, Any]:
    day, at = due
    return {**new_run(digest, f"{digest.id}.{day.isoformat()}", at, now), "day": day.isoformat()}


def new_run(digest: Digest, run_id: str, due: datetime, now: datetime) -> dict[str, Any]:
    """The columns of a run that nobody has started to deliver."""
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
