"""The verbs of a run, which is one due day of a digest or one *Send now*: claim, take over, post, settle.

A day is claimed by adding its row, in the transaction that moves the digest's next due time past it. Before
a post is sent, that it may have been is committed; who takes over looks for it first. Guards stand in the
WHERE: None or False says that the run is somebody else's by now, or settled.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.digests import rows
from bot.digests.model import Digest, Figures, Run, RunState, Schedule, Skip
from bot.digests.schedule import due_at, due_between, local_day, next_due
from bot.store.database import Database, unbroken
from bot.store.tables import digest_items, digest_runs, digest_scans, digests
from bot.store.upsert import insert

LATE_AFTER = timedelta(hours=6)
"""A day is posted within this time after it was due, or not at all."""

_SLACK = timedelta(hours=12)
"""The rules of a time zone may have changed since the next due time was noted: that day may be due somewhat
earlier now. No other day can be: any two are nearly a day apart."""

Due = tuple[date, datetime]


KEPT = timedelta(days=365)
SCANS_KEPT = timedelta(days=14)

_CLAIMED = digest_runs.c.state == RunState.CLAIMED


@unbroken
async def claim_due(
    database: Database, env: str, *, by: str, lease: timedelta, now: datetime, most: int = 50
) -> list[Run]:
    """The runs of the days that are due now, the caller's to carry out; of at most so many digests.

    Days due longer than LATE_AFTER ago are skipped, and so are all but the last of a digest's.
    """
    async with database.writing() as connection:
        due = (
            select(digests)
            .where(digests.c.env == env, digests.c.state == "active", digests.c.next_due <= now)
            .order_by(digests.c.next_due, digests.c.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        taken = []
        for row in (await connection.execute(due)).all():
            digest = rows.digest(row)
            mine = claim_columns(by, now + lease)
            taken.append(await add_due_runs(connection, digest, now=now, latest=mine))
            await connection.execute(
                update(digests)
                .where(digests.c.id == digest.id)
                .values(next_due=next_due(digest.schedule, now))
            )
        claimed = select(digest_runs).where(digest_runs.c.id.in_([run_id for run_id in taken if run_id]))
        return _ordered([rows.run(row) for row in await connection.execute(claimed)])


@unbroken
async def sent_by_hand(
    database: Database,
    digest_id: str,
    run_id: str,
    *,
    asked_by: str,
    by: str,
    lease: timedelta,
    now: datetime,
) -> Run | None:
    """A run that has no day, the caller's to carry out; also of a paused digest. `run_id`: made when the
    button was shown. None: it was pressed before, or the digest is gone."""
    async with database.writing() as connection:
        wanted = select(digests).where(digests.c.id == digest_id, digests.c.state != "removed")
        row = (await connection.execute(wanted.with_for_update(read=True))).one_or_none()
        if row is None:
            return None
        values = {
            **new_run(rows.digest(row), run_id, now, now),
            **claim_columns(by, now + lease),
            "asked_by": asked_by,
        }
        added = await connection.execute(
            insert(connection, digest_runs, values).on_conflict_do_nothing().returning(digest_runs)
        )
        found = added.one_or_none()
        return None if found is None else rows.run(found)


@unbroken
async def take_over(
    database: Database, env: str, *, by: str, lease: timedelta, now: datetime, most: int = 50
) -> list[Run]:
    """Runs that nobody is at: put off until now, or their process is taken to be dead. The caller's to carry
    out.

    Those that cannot be posted in time any more are skipped, unless they may have been posted.
    """
    here = select(digests.c.id).where(digests.c.env == env)
    too_late = and_(digest_runs.c.due < now - LATE_AFTER, digest_runs.c.posting_at.is_(None))
    wanted = (
        select(digest_runs.c.id, too_late.label("too_late"))
        .where(
            _CLAIMED,
            _lapsed(now),
            or_(digest_runs.c.not_before <= now, too_late),
            digest_runs.c.digest_id.in_(here),
        )
        .order_by(digest_runs.c.due, digest_runs.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    async with database.writing() as connection:
        # Locked first and changed after, so that no two wait for each other.
        found = (await connection.execute(wanted)).all()
        late = [row.id for row in found if row.too_late]
        await cancel_runs(connection, digest_runs.c.id.in_(late), why=Skip.LATE, now=now)
        values = claim_columns(by, now + lease) | {"tries": digest_runs.c.tries + 1, "updated_at": now}
        taken = await connection.execute(
            update(digest_runs)
            .where(digest_runs.c.id.in_([row.id for row in found if not row.too_late]))
            .values(values)
            .returning(digest_runs)
        )
        return _ordered([rows.run(row) for row in taken])


@unbroken
async def renew(database: Database, run_id: str, *, by: str, lease: timedelta, now: datetime) -> bool:
    """More time. False: it is not the caller's any more."""
    return await _change(database, run_id, {"lease_until": now + lease}, _held(by), now=now)


@unbroken
async def made_from(
    database: Database,
    run_id: str,
    scan_id: str,
    figures: Figures,
    *,
    by: str,
    covers_until: datetime | None = None,
) -> bool:
    """Stores what was read, what the post will say and until when, so that whoever finds it posted need not
    read again. False: the run is not the caller's any more."""
    values = {
        "scan_id": scan_id,
        "figures": rows.dump_figures(figures),
        "covers_until": covers_until,
    }
    return await _change(database, run_id, values, _held(by))


@unbroken
async def about_to_post(database: Database, run_id: str, *, by: str, lease: timedelta, now: datetime) -> bool:
    """Notes, before it is sent, that it may be in the channel. False: it must not be sent. An earlier post
    that may have gone out has been looked for by now.

    `lease`: longer than the call of Slack's can take, for after that another may look for it, and send it.
    """
    values = {"posting_at": now, "lease_until": now + lease}
    return await _change(database, run_id, values, _held(by), now=now)


@unbroken
async def not_posted(database: Database, run_id: str, *, by: str, now: datetime) -> bool:
    """It surely is not in the channel, and need not be looked for. False: it is not the caller's any more."""
    return await _change(database, run_id, {"posting_at": None}, _held(by), now=now)


@unbroken
async def posted(database: Database, run_id: str, ts: str, figures: Figures, *, now: datetime) -> bool:
    """It is in the channel, as whoever posted or found it knows. False: it was settled before."""
    values = {
        "state": RunState.POSTED,
        "ts": ts,
        "figures": rows.dump_figures(figures),
        "lease_by": None,
        "lease_until": None,
    }
    return await _change(database, run_id, values, _CLAIMED, now=now)


@unbroken
async def skipped(database: Database, run_id: str, why: Skip, *, now: datetime, by: str = "") -> bool:
    """It will not be in the channel. One that may have been sent, only who holds it can say that of: `by`.

    False: it was settled before, or somebody else is at it.
    """
    unsent = or_(digest_runs.c.posting_at.is_(None), digest_runs.c.lease_by == by)
    return await _change(database, run_id, skip_columns(why), and_(_CLAIMED, unsent), now=now)


@unbroken
async def put_off(database: Database, run_id: str, *, by: str, until: datetime, now: datetime) -> bool:
    """Lets go of it; nobody takes it over before then. False: it is not the caller's any more."""
    values = {"lease_by": None, "lease_until": None, "not_before": until}
    return await _change(database, run_id, values, _held(by), now=now)


async def previous(database: Database, digest_id: str, before: datetime) -> Run | None:
    """The last that was posted of those due before then, by hand or not."""
    found = await _find(
        database,
        digest_id,
        digest_runs.c.state == RunState.POSTED,
        digest_runs.c.due < before,
        newest_first=True,
    )
    return found[0] if found else None


COVERED = (
    select(digest_runs.c.digest_id, func.max(digest_runs.c.covers_until).label("until"))
    .join(digests, digests.c.id == digest_runs.c.digest_id)
    .where(
        or_(digest_runs.c.state == RunState.POSTED, digest_runs.c.skip == Skip.EMPTY),
        digest_runs.c.due >= digests.c.active_since,
    )
    .group_by(digest_runs.c.digest_id)
    .subquery()
)
"""By digest: until when its posts reach, counting days on which there was nothing to post."""


@unbroken
async def covered(database: Database, digest_id: str) -> datetime | None:
    """Until when a digest's posts reach; None when there was none since it was set up or last resumed."""
    wanted = select(COVERED.c.until).where(COVERED.c.digest_id == digest_id)
    async with database.reading() as connection:
        until: datetime | None = (await connection.execute(wanted)).scalar_one_or_none()
    return until


async def skipped_since(database: Database, digest_id: str, since: datetime) -> list[Run]:
    """Days after then on which the channel missed something, the first one first."""
    return await _find(
        database,
        digest_id,
        digest_runs.c.day.is_not(None),
        digest_runs.c.skip.in_((Skip.LATE, Skip.PAUSED)),
        digest_runs.c.due > since,
    )


@unbroken
async def was_private(database: Database, channel: str, ts: str) -> bool:
    """Whether the digest of this post is for a private channel; yes as well where no such post is known."""
    wanted = (
        select(digests.c.private)
        .join(digest_runs, digest_runs.c.digest_id == digests.c.id)
        .where(digest_runs.c.channel == channel, digest_runs.c.ts == ts)
    )
    async with database.reading() as connection:
        found: bool | None = (await connection.execute(wanted)).scalar_one_or_none()
    return found is None or found


@unbroken
async def forget(database: Database, now: datetime, *, most: int = 5000) -> int:
    """Drops old runs and what was read long ago, at most so many items of it, so that nobody waits long. How
    many rows."""
    async with database.writing() as connection:
        old_runs = and_(~_CLAIMED, digest_runs.c.due < now - KEPT)
        runs = await connection.execute(delete(digest_runs).where(old_runs))
        old = select(digest_scans.c.id).where(digest_scans.c.started_at < now - SCANS_KEPT)
        some = select(digest_items.c.id).where(digest_items.c.scan_id.in_(old)).limit(most)
        items = await connection.execute(delete(digest_items).where(digest_items.c.id.in_(some)))
        scans = 0
        if items.rowcount < most:
            emptied = await connection.execute(delete(digest_scans).where(digest_scans.c.id.in_(old)))
            scans = emptied.rowcount
        return runs.rowcount + items.rowcount + scans


def _held(by: str) -> ColumnElement[bool]:
    return and_(_CLAIMED, digest_runs.c.lease_by == by)


def _lapsed(now: datetime) -> ColumnElement[bool]:
    return or_(digest_runs.c.lease_until.is_(None), digest_runs.c.lease_until < now)


def _ordered(runs: list[Run]) -> list[Run]:
    return sorted(runs, key=lambda run: (run.due, run.id))


async def _change(
    database: Database,
    run_id: str,
    values: Mapping[str, Any],
    where: ColumnElement[bool],
    *,
    now: datetime | None = None,
) -> bool:
    stamped = dict(values) if now is None else {**values, "updated_at": now}
    async with database.writing() as connection:
        changed = await connection.execute(
            update(digest_runs)
            .where(digest_runs.c.id == run_id, where)
            .values(stamped)
            .returning(digest_runs.c.id)
        )
        return changed.one_or_none() is not None


@unbroken
async def _find(
    database: Database, digest_id: str, *where: ColumnElement[bool], newest_first: bool = False
) -> list[Run]:
    order = digest_runs.c.due.desc() if newest_first else digest_runs.c.due
    wanted = select(digest_runs).where(digest_runs.c.digest_id == digest_id, *where).order_by(order)
    async with database.reading() as connection:
        return [rows.run(row) for row in await connection.execute(wanted)]


async def add_due_runs(
    connection: AsyncConnection, digest: Digest, *, now: datetime, latest: dict[str, Any]
) -> str | None:
    """A row for each day that came due until now, but for those that have one.

    The last is given the columns in `latest` if it may still be posted; its run's id, if there was none
    before. What is too old is skipped.
    """
    due = list(due_between(digest.schedule, digest.next_due - _SLACK, now))
    in_time = due.pop() if due and now - due[-1][1] <= LATE_AFTER else None
    await insert_runs(connection, digest, due, skip_columns(Skip.LATE), now=now)
    if in_time is None:
        return None
    values = _columns(digest, in_time, now) | latest
    taken = await connection.execute(
        insert(connection, digest_runs, values).on_conflict_do_nothing().returning(digest_runs.c.id)
    )
    run_id: str | None = taken.scalar_one_or_none()
    return run_id


async def insert_runs(
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


async def cancel_runs(
    connection: AsyncConnection, *where: ColumnElement[bool], why: Skip, now: datetime
) -> int:
    """Skips what is not settled; but not what may be in the channel already. How many."""
    ended = await connection.execute(
        update(digest_runs)
        .where(
            digest_runs.c.state == RunState.CLAIMED,
            digest_runs.c.posting_at.is_(None),
            *where,
        )
        .values(**skip_columns(why), updated_at=now)
    )
    return ended.rowcount


def moved_past(old: Schedule, new: Schedule, now: datetime) -> list[Due]:
    """Days that an edit made now takes away: due by the new schedule, before now, but not by the old one; and
    today."""
    today = local_day(new, now)
    recent = due_between(new, now - timedelta(days=3), now)
    return [(day, at) for day, at in recent if day == today or due_at(old, day) > now]


def skip_columns(why: Skip) -> dict[str, Any]:
    """Columns of a run."""
    return {"state": RunState.SKIPPED, "skip": why, "lease_by": None, "lease_until": None}


def claim_columns(by: str, until: datetime) -> dict[str, Any]:
    """Columns of a run that somebody begins with."""
    return {"lease_by": by, "lease_until": until, "tries": 1}


def _columns(digest: Digest, due: Due, now: datetime) -> dict[str, Any]:
    day, at = due
    return {**new_run(digest, f"{digest.id}.{day.isoformat()}", at, now), "day": day.isoformat()}


def new_run(digest: Digest, run_id: str, due: datetime, now: datetime) -> dict[str, Any]:
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
