"""Claims, takes over and settles runs: a run is one due day of a digest, or one *Send now*.

A day is claimed by adding its row, in the transaction that moves the digest's next due time past it. Before a
post is sent, it is recorded that it may have been; a process that takes over looks for it first. Guards are
in the WHERE clause: None or False means that another process holds the run by now, or that it is settled.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from bot.digests import rows
from bot.digests.delivery.new_runs import (
    LATE_AFTER,
    add_due_runs,
    cancel_runs,
    claim_columns,
    new_run,
    skip_columns,
)
from bot.digests.model import Figures, Run, RunSkip, RunState
from bot.digests.report.model import RowQuery
from bot.digests.schedule import next_due
from bot.store.database import Database, insert, unbroken
from bot.store.tables import digest_items, digest_runs, digest_scans, digests

RUNS_KEPT = timedelta(days=365)
SCANS_KEPT = timedelta(days=14)

_CLAIMED = digest_runs.c.state == RunState.CLAIMED
_IN_CHANNEL = or_(digest_runs.c.state == RunState.POSTED, digest_runs.c.head_ts.is_not(None))


@unbroken
async def claim_due(
    database: Database, env: str, *, by: str, lease: timedelta, now: datetime, most: int = 50
) -> list[Run]:
    """Claims the days that are due now, of at most `most` digests; the caller has to deliver the runs.

    Days that were due more than LATE_AFTER ago are skipped, and so are all but a digest's last one.
    """
    async with database.writing() as connection:
        due = (
            select(digests)
            .where(digests.c.env == env, digests.c.state == "active", digests.c.next_due <= now)
            .order_by(digests.c.next_due, digests.c.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        run_ids = []
        for row in (await connection.execute(due)).all():
            digest = rows.digest(row)
            claim = claim_columns(by, now + lease)
            run_ids.append(await add_due_runs(connection, digest, now=now, latest=claim))
            await connection.execute(
                update(digests)
                .where(digests.c.id == digest.id)
                .values(next_due=next_due(digest.schedule, now))
            )
        claimed = select(digest_runs).where(digest_runs.c.id.in_([run_id for run_id in run_ids if run_id]))
        return _ordered([rows.run(run_row) for run_row in await connection.execute(claimed)])


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
    """Claims a run without a day, also of a paused digest; the caller has to deliver it. `run_id`: the same
    for a request that is repeated. None if it was requested before, or the digest is gone."""
    async with database.writing() as connection:
        existing = select(digests).where(digests.c.id == digest_id, digests.c.state != "removed")
        row = (await connection.execute(existing.with_for_update(read=True))).one_or_none()
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
        run_row = added.one_or_none()
        return None if run_row is None else rows.run(run_row)


@unbroken
async def take_over(
    database: Database, env: str, *, by: str, lease: timedelta, now: datetime, most: int = 50
) -> list[Run]:
    """Claims runs that were put off until now, or whose process is considered dead; the caller has to deliver
    them.

    Those that are too late are skipped, unless they may have been posted.
    """
    of_env = select(digests.c.id).where(digests.c.env == env)
    too_late = and_(digest_runs.c.due < now - LATE_AFTER, digest_runs.c.posting_at.is_(None))
    free = (
        select(digest_runs.c.id, too_late.label("too_late"))
        .where(
            _CLAIMED,
            _lapsed(now),
            or_(digest_runs.c.not_before <= now, too_late),
            digest_runs.c.digest_id.in_(of_env),
        )
        # Threads come after posts.
        .order_by(digest_runs.c.head_ts.is_not(None), digest_runs.c.due, digest_runs.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    async with database.writing() as connection:
        # Lock the rows before changing any, so that two processes never wait for each other.
        free_rows = (await connection.execute(free)).all()
        late = [row.id for row in free_rows if row.too_late]
        await cancel_runs(connection, digest_runs.c.id.in_(late), why=RunSkip.LATE, now=now)
        values = claim_columns(by, now + lease) | {"tries": digest_runs.c.tries + 1, "updated_at": now}
        claimed = await connection.execute(
            update(digest_runs)
            .where(digest_runs.c.id.in_([row.id for row in free_rows if not row.too_late]))
            .values(values)
            .returning(digest_runs)
        )
        return _ordered([rows.run(row) for row in claimed])


@unbroken
async def renew(database: Database, run_id: str, *, by: str, lease: timedelta, now: datetime) -> bool:
    """Extends the lease. False if the caller no longer holds it."""
    return await _change(database, run_id, {"lease_until": now + lease}, _held(by), now=now)


@unbroken
async def store_report(
    database: Database,
    run_id: str,
    query: RowQuery,
    figures: Figures,
    *,
    by: str,
    covers_until: datetime | None = None,
) -> bool:
    """Stores which scan is reported, its figures and how far it reaches, so that a process that finds the
    post need not read Autumn again. False if the caller no longer holds the run."""
    values = {
        "scan_id": query.scan,
        "query": query.encode(),
        "figures": rows.dump_figures(figures),
        "covers_until": covers_until,
    }
    return await _change(database, run_id, values, _held(by))


@unbroken
async def mark_posting(database: Database, run_id: str, *, by: str, lease: timedelta, now: datetime) -> bool:
    """Stores, before it is sent, that a post may be in the channel; an earlier one must have been looked for.
    False: it must not be sent.

    `lease`: longer than the call to Slack can take, as another process may look for the post after that, and
    send it.
    """
    values = {"posting_at": now, "lease_until": now + lease}
    return await _change(database, run_id, values, _held(by), now=now)


@unbroken
async def clear_posting(database: Database, run_id: str, *, by: str, now: datetime) -> bool:
    """Stores that no post went out, so none has to be looked for. False if the caller no longer holds the
    run."""
    return await _change(database, run_id, {"posting_at": None}, _held(by), now=now)


@unbroken
async def store_head(database: Database, run_id: str, ts: str, figures: Figures, *, now: datetime) -> bool:
    """Stores that the post is in the channel; its thread is to come. False if that was stored before."""
    values = {"head_ts": ts, "figures": rows.dump_figures(figures)}
    return await _change(database, run_id, values, and_(_CLAIMED, digest_runs.c.head_ts.is_(None)), now=now)


@unbroken
async def mark_reply(database: Database, run_id: str, *, by: str, lease: timedelta, now: datetime) -> bool:
    """Like `mark_posting`, for the message in the thread."""
    values = {"reply_posting_at": now, "lease_until": now + lease}
    return await _change(database, run_id, values, _held(by), now=now)


@unbroken
async def clear_reply(database: Database, run_id: str, *, by: str, now: datetime) -> bool:
    """Like `clear_posting`, for the message in the thread."""
    return await _change(database, run_id, {"reply_posting_at": None}, _held(by), now=now)


@unbroken
async def posted(database: Database, run_id: str, ts: str, figures: Figures, *, now: datetime) -> bool:
    """Settles a run whose post is in the channel. False if it was settled before."""
    values = {
        "state": RunState.POSTED,
        "ts": ts,
        "figures": rows.dump_figures(figures),
        "lease_by": None,
        "lease_until": None,
    }
    return await _change(database, run_id, values, _CLAIMED, now=now)


@unbroken
async def skipped(database: Database, run_id: str, why: RunSkip, *, now: datetime, by: str = "") -> bool:
    """Settles a run that will not be posted. If a post may have gone out, only the holder, `by`, can.

    False if it was settled before, or another process holds it.
    """
    unsent = or_(digest_runs.c.posting_at.is_(None), digest_runs.c.lease_by == by)
    return await _change(database, run_id, skip_columns(why), and_(_CLAIMED, unsent), now=now)


@unbroken
async def put_off(database: Database, run_id: str, *, by: str, until: datetime, now: datetime) -> bool:
    """Gives up the lease; nobody takes the run over before `until`. False if the caller no longer holds
    it."""
    values = {"lease_by": None, "lease_until": None, "not_before": until}
    return await _change(database, run_id, values, _held(by), now=now)


async def previous(database: Database, digest_id: str, before: datetime) -> Run | None:
    """The last run posted among those due before then, *Send now* included."""
    posted_runs = await _find(
        database,
        digest_id,
        _IN_CHANNEL,
        digest_runs.c.due < before,
        newest_first=True,
    )
    return posted_runs[0] if posted_runs else None


COVERED = (
    select(digest_runs.c.digest_id, func.max(digest_runs.c.covers_until).label("until"))
    .join(digests, digests.c.id == digest_runs.c.digest_id)
    .where(
        or_(_IN_CHANNEL, digest_runs.c.skip == RunSkip.EMPTY),
        digest_runs.c.due >= digests.c.active_since,
    )
    .group_by(digest_runs.c.digest_id)
    .subquery()
)
"""By digest: how far its posts reach, counting days on which there was nothing to post."""


@unbroken
async def covered(database: Database, digest_id: str) -> datetime | None:
    """How far a digest's posts reach; None if there was none since it was set up or last resumed."""
    query = select(COVERED.c.until).where(COVERED.c.digest_id == digest_id)
    async with database.reading() as connection:
        until: datetime | None = (await connection.execute(query)).scalar_one_or_none()
    return until


async def skipped_since(database: Database, digest_id: str, since: datetime) -> list[Run]:
    """Later days on which the channel may have missed something, the oldest first."""
    return await _find(
        database,
        digest_id,
        digest_runs.c.day.is_not(None),
        digest_runs.c.skip.in_((RunSkip.LATE, RunSkip.PAUSED)),
        digest_runs.c.due > since,
    )


@unbroken
async def was_private(database: Database, channel: str, ts: str) -> bool:
    """Whether the digest of this post is for a private channel; also True if no such post is known."""
    query = (
        select(digests.c.private)
        .join(digest_runs, digest_runs.c.digest_id == digests.c.id)
        .where(digest_runs.c.channel == channel, or_(digest_runs.c.ts == ts, digest_runs.c.head_ts == ts))
    )
    async with database.reading() as connection:
        private: bool | None = (await connection.execute(query)).scalar_one_or_none()
    return private is None or private


@unbroken
async def delete_old(database: Database, now: datetime, *, most: int = 5000) -> int:
    """Deletes old runs and scans, but at most `most` items, so that nobody has to wait long. Returns the
    number of rows deleted."""
    async with database.writing() as connection:
        old_runs = and_(~_CLAIMED, digest_runs.c.due < now - RUNS_KEPT)
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
    query = select(digest_runs).where(digest_runs.c.digest_id == digest_id, *where).order_by(order)
    async with database.reading() as connection:
        return [rows.run(row) for row in await connection.execute(query)]
