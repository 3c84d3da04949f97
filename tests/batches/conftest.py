from collections.abc import AsyncIterator

import pytest

from bot.store.database import Database
from tests.batches.harness import BatchHarness, batch_harness
from tests.databases import fresh


@pytest.fixture
async def harness(database: Database) -> AsyncIterator[BatchHarness]:
    """The service for bulk changes, between a database and a local Autumn."""
    async with batch_harness(database) as new_harness:
        yield new_harness


@pytest.fixture
async def sqlite_harness() -> AsyncIterator[BatchHarness]:
    """The same on SQLite alone, where the database makes no difference."""
    database = Database(fresh("sqlite"))
    async with batch_harness(database) as new_harness:
        yield new_harness
    await database.aclose()
