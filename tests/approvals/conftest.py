from collections.abc import AsyncIterator

import pytest

from bot.store.database import Database
from tests.approvals.bench import Bench, bench
from tests.databases import fresh


@pytest.fixture
async def stage(database: Database) -> AsyncIterator[Bench]:
    """The desk for changes, between a database and a local Autumn."""
    async with bench(database) as made:
        yield made


@pytest.fixture
async def sqlite_stage() -> AsyncIterator[Bench]:
    """The same, where the database makes no difference."""
    database = Database(fresh("sqlite"))
    async with bench(database) as made:
        yield made
    await database.aclose()
