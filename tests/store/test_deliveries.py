import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from bot.store.database import Database
from bot.store.deliveries import REMEMBERED, first_time, forget
from bot.store.tables import deliveries

NOW = datetime(2026, 11, 22, 15, 6, tzinfo=UTC)
A_MOMENT = timedelta(microseconds=1)


async def test_one_of_concurrent_deliveries_is_first(database: Database) -> None:
    answers = await asyncio.gather(*(first_time(database, "trigger", NOW) for _ in range(20)))
    assert sorted(answers) == [False] * 19 + [True]


async def test_keys_distinguish_deliveries(database: Database) -> None:
    assert await first_time(database, "a", NOW)
    assert await first_time(database, "b", NOW)
    assert await first_time(database, "\ud800" * 1000, NOW)


async def test_delivery_is_new_again_after_ten_minutes(database: Database) -> None:
    assert await first_time(database, "a", NOW)
    assert not await first_time(database, "a", NOW + REMEMBERED - A_MOMENT)
    assert await first_time(database, "a", NOW + REMEMBERED)
    assert not await first_time(database, "a", NOW + REMEMBERED + A_MOMENT)


async def test_old_deliveries_are_deleted(database: Database) -> None:
    await first_time(database, "old", NOW)
    await first_time(database, "young", NOW + A_MOMENT)
    assert await forget(database, NOW + REMEMBERED) == 1
    async with database.reading() as connection:
        assert len((await connection.execute(select(deliveries))).all()) == 1


async def test_delivery_keys_are_stored_hashed(database: Database) -> None:
    await first_time(database, "v0=canary", NOW)
    async with database.reading() as connection:
        assert "canary" not in str((await connection.execute(select(deliveries))).all())
