import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from bot.store import last_click, tables
from bot.store.database import Database

NOW = datetime(2026, 11, 22, 15, 6, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)


async def test_last_click_wins_in_any_order(database: Database) -> None:
    clicks = [NOW + timedelta(microseconds=number) for number in range(10)]
    await asyncio.gather(*(last_click.note(database, "card", click) for click in [*clicks[5:], *clicks[:5]]))
    await last_click.note(database, "\ud800" * 1000, LATER)
    assert [await last_click.is_last(database, "card", click) for click in clicks] == [False] * 9 + [True]


async def test_expired_card_is_drawn_by_any_click(database: Database) -> None:
    young = NOW + timedelta(microseconds=1)
    await last_click.note(database, "old", NOW)
    await last_click.note(database, "young", young)
    assert await last_click.forget(database, LATER) == 1
    assert await last_click.is_last(database, "old", NOW)
    assert not await last_click.is_last(database, "young", NOW)


async def test_card_keys_are_stored_hashed(database: Database) -> None:
    await last_click.note(database, "canary", NOW)
    async with database.reading() as connection:
        assert "canary" not in str((await connection.execute(select(tables.latest))).all())
