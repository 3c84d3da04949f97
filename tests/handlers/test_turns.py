import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from bot.store.database import Database
from bot.work import Work
from handlers.turns import Turns

NOW = datetime(2026, 11, 22, 15, 6, tzinfo=UTC)


@pytest.fixture
async def work() -> AsyncIterator[Work]:
    made = Work()
    yield made
    assert await made.drain(5) == 0


def turns(database: Database | None, work: Work) -> Turns:
    return Turns(database, work, lambda: NOW)


@pytest.mark.parametrize("shared", [False, True])
async def test_the_last_click_has_the_turn(shared: bool, database: Database, work: Work) -> None:
    replica = turns(database if shared else None, work)
    async with replica.take("card") as first:
        assert await first()
        async with replica.take("card") as second, replica.take("another card") as other:
            assert not await first()
            assert await second()
            assert await other()
        assert not await first(), "what came later has been shown already"
    assert not replica._last


async def test_a_click_at_another_replica_is_later(database: Database, work: Work) -> None:
    here, there = turns(database, work), turns(database, work)
    async with here.take("card") as first:
        assert await first()
        async with there.take("card") as second:
            assert await second()
            assert not await first()
        assert not await first(), "what came later has been shown already"


async def test_without_the_database_a_replica_goes_by_its_own(database: Database, work: Work) -> None:
    replica = turns(database, work)
    async with replica.take("card") as first:
        assert await first()
        async with database.writing() as connection:
            await connection.exec_driver_sql("DROP TABLE latest")
        assert await first()
        async with replica.take("card") as second:
            assert await second()
            assert not await first()


async def test_clicks_at_once_have_one_last(database: Database, work: Work) -> None:
    replicas = [turns(database, work) for _ in range(5)]

    async def click(replica: Turns) -> bool:
        async with replica.take("card") as last:
            await last()
            all_in.release()
            async with asyncio.timeout(5):
                await taken.wait()
            return await last()

    all_in, taken = asyncio.Semaphore(0), asyncio.Event()
    clicks = [asyncio.create_task(click(one)) for one in replicas]
    for _ in replicas:
        await all_in.acquire()
    taken.set()
    assert sorted(await asyncio.gather(*clicks)) == [False] * 4 + [True]
