"""Replicas on one PostgreSQL agree about the time; a process on SQLite has its own."""

from datetime import UTC, datetime, timedelta

import pytest
from freezegun import freeze_time
from sqlalchemy import text

from bot.store.database import Database, unbroken
from tests.databases import fresh
from tests.relay import Relay

CLOSE = timedelta(seconds=5)
"""The time a busy machine may take between two readings of the clock."""
HOUR = timedelta(hours=1)


def system_time() -> datetime:
    return datetime.now(UTC)


@unbroken
async def use_database(database: Database) -> None:
    async with database.reading() as connection:
        await connection.execute(text("SELECT 1"))


@pytest.mark.parametrize("wrong", [HOUR, -HOUR, timedelta(days=400)])
async def test_postgresql_replicas_share_the_clock_of_the_server(wrong: timedelta) -> None:
    url = fresh("postgresql")
    right, off = Database(url), Database(url)
    clocks = right.clock(system_time), off.clock(lambda: system_time() + wrong)
    for database in (right, off):
        await use_database(database)
    first, second = (clock() for clock in clocks)
    assert abs(first - second) < CLOSE
    assert abs(second - system_time()) < CLOSE
    assert second.tzinfo is UTC
    for database in (right, off):
        await database.aclose()


async def test_clock_is_independent_of_the_machines_clock() -> None:
    database = Database(fresh("postgresql"))
    jump = timedelta()
    clock = database.clock(lambda: system_time() + jump)
    await use_database(database)
    before = clock()
    jump = HOUR
    after = clock()
    assert before < after < before + CLOSE
    await database.aclose()


async def test_clock_is_synchronised_again_after_a_while() -> None:
    """A clock that is off, as after a machine slept, would otherwise stay wrong."""
    database = Database(fresh("postgresql"))
    with freeze_time("2026-05-04", real_asyncio=True) as frozen:
        clock = database.clock(system_time)
        await use_database(database)
        first = clock()
        frozen.tick(3600)
        assert clock() == first + HOUR
        await use_database(database)
        assert first < clock() < first + CLOSE
        await use_database(database)
    await database.aclose()


async def test_process_clock_is_used_before_the_first_connection() -> None:
    database = Database(fresh("postgresql"))
    clock = database.clock(lambda: datetime(2026, 1, 1, tzinfo=UTC))
    assert clock() == datetime(2026, 1, 1, tzinfo=UTC)
    await database.aclose()


async def test_reading_the_clock_leaves_the_transaction_to_its_owner() -> None:
    database = Database(fresh("postgresql"))
    database.clock(system_time)
    async with database.reading() as connection:
        level = await connection.execute(text("SHOW transaction_isolation"))
        assert level.scalar_one() == "repeatable read"
    async with database.each() as connection:
        await connection.execute(text("SELECT 1"))
    await database.aclose()


async def test_clock_survives_a_lost_connection() -> None:
    async with Relay.to(fresh("postgresql")) as relay:
        database = Database(relay.url)
        clock = database.clock(lambda: system_time() + HOUR)
        await use_database(database)
        await relay.cut()
        assert abs(clock() - system_time()) < CLOSE
        await relay.mend()
        await use_database(database)
        assert abs(clock() - system_time()) < CLOSE
        await database.aclose()


async def test_sqlite_uses_the_clock_of_its_process() -> None:
    database = Database(fresh("sqlite"))
    with freeze_time("2026-05-04 03:02:01", real_asyncio=True):
        clock = database.clock(system_time)
        await use_database(database)
        assert clock() == datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
    await database.aclose()
