import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from bot.store import latest, tables
from bot.store.database import Database

NOW = datetime(2026, 11, 22, 15, 6, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)


async def test_clicks_on_one_card_are_counted(database: Database) -> None:
    numbers = await asyncio.gather(*(latest.take(database, "card", NOW) for _ in range(10)))
    assert sorted(numbers) == list(range(1, 11))
    assert await latest.take(database, "\ud800" * 1000, NOW) == 1
    assert [await latest.is_last(database, "card", number) for number in (1, 9, 10)] == [False, False, True]


async def test_a_card_that_was_forgotten_is_drawn_by_whoever_comes(database: Database) -> None:
    old = await latest.take(database, "old", NOW)
    young = await latest.take(database, "young", NOW + timedelta(microseconds=1))
    assert await latest.forget(database, LATER) == 1
    assert await latest.is_last(database, "old", old)
    assert not await latest.is_last(database, "young", young + 1)


async def test_the_card_itself_is_not_kept(database: Database) -> None:
    await latest.take(database, "canary", NOW)
    async with database.reading() as connection:
        assert "canary" not in str((await connection.execute(select(tables.latest))).all())
