from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.background import BackgroundTasks
from bot.slack.latest_click import LatestClick
from bot.store.database import Database

NOW = datetime(2026, 11, 22, 15, 6, tzinfo=UTC)
LATER = NOW + timedelta(microseconds=1)


@pytest.fixture
async def work() -> AsyncIterator[BackgroundTasks]:
    tasks = BackgroundTasks()
    yield tasks
    assert await tasks.drain(10) == 0


def latest_click(database: Database | None, work: BackgroundTasks) -> LatestClick:
    return LatestClick(database, work, lambda: NOW)


@pytest.mark.parametrize("shared", [False, True])
async def test_latest_click_wins(shared: bool, database: Database, work: BackgroundTasks) -> None:
    replica = latest_click(database if shared else None, work)
    async with replica.handling("card", NOW) as first:
        assert await first()
        async with (
            replica.handling("card", LATER) as second,
            replica.handling("another card", NOW) as unrelated,
        ):
            assert not await first()
            assert await second()
            assert await unrelated()
        assert not await first(), "what came later has been shown already"
    assert not replica._latest


async def test_late_delivery_of_an_earlier_click_loses(database: Database, work: BackgroundTasks) -> None:
    replica, other_replica = latest_click(database, work), latest_click(database, work)
    async with replica.handling("card", LATER) as second, replica.handling("card", NOW) as first:
        assert not await first()
        assert await second()
        async with other_replica.handling("card", NOW) as first_there:
            assert not await first_there()
    async with other_replica.handling("card", NOW) as first_there:
        assert not await first_there(), "what came later has been shown already"


async def test_later_click_at_another_replica_wins(database: Database, work: BackgroundTasks) -> None:
    replica, other_replica = latest_click(database, work), latest_click(database, work)
    async with replica.handling("card", NOW) as first:
        assert await first()
        async with other_replica.handling("card", LATER) as second:
            assert await second()
            assert not await first()
        assert not await first(), "what came later has been shown already"


async def test_click_without_a_time_counts_as_now(database: Database, work: BackgroundTasks) -> None:
    replica, other_replica = latest_click(database, work), LatestClick(database, work, lambda: LATER)
    async with replica.handling("card", None) as first, other_replica.handling("card", None) as second:
        assert await second()
        assert not await first()


async def test_replica_without_the_database_uses_its_own_clicks(
    database: Database, work: BackgroundTasks
) -> None:
    replica = latest_click(database, work)
    async with replica.handling("card", NOW) as first:
        assert await first()
        async with database.writing() as connection:
            await connection.exec_driver_sql("DROP TABLE latest")
        assert await first()
        async with replica.handling("card", LATER) as second:
            assert await second()
            assert not await first()
