"""Digests to test with."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from bot.digests import repository, rows
from bot.digests.delivery import runs
from bot.digests.model import EVERY_DAY, Digest, DigestContent, NewDigest, Run, Schedule
from bot.store.database import Database
from bot.store.tables import digest_runs

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday."""
NINE = Schedule(EVERY_DAY, time(9))
DUE = NOON + timedelta(hours=21)
"""When a digest for nine every day, created at noon, is first due."""
LEASE = timedelta(seconds=60)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


async def create_digest(
    database: Database,
    *,
    submission_id: str = "form",
    env: str = "live",
    channel: str = "C1",
    schedule: Schedule = NINE,
    content: DigestContent | None = None,
    now: datetime = NOON,
) -> Digest:
    """A digest created at noon."""
    return await repository.create(
        database,
        NewDigest(
            submission_id=submission_id,
            env=env,
            channel=channel,
            team="T1",
            owner="U1",
            schedule=schedule,
            content=content or DigestContent(),
            private=False,
        ),
        now=now,
    )


async def claim(database: Database, *, by: str = "a", now: datetime = DUE) -> list[Run]:
    return await runs.claim_due(database, "live", by=by, lease=LEASE, now=now)


async def take_over(database: Database, *, by: str = "b", now: datetime) -> list[Run]:
    return await runs.take_over(database, "live", by=by, lease=LEASE, now=now)


async def all_runs(database: Database, digest_id: str) -> list[Run]:
    """All runs of the digest, in the order they were due."""
    query = select(digest_runs).where(digest_runs.c.digest_id == digest_id)
    async with database.reading() as connection:
        result = await connection.execute(query.order_by(digest_runs.c.due, digest_runs.c.id))
        return [rows.run(row) for row in result]


async def outcomes(database: Database, digest_id: str) -> dict[str, Any]:
    """By day of March: why the run was skipped, or its state."""
    stored_runs = await all_runs(database, digest_id)
    return {run.day.strftime("%-d"): run.skip or run.state for run in stored_runs if run.day}
