from collections.abc import AsyncIterator

import pytest

from bot.store.database import Database
from tests.approvals.harness import Harness, running
from tests.databases import fresh


@pytest.fixture
async def harness(database: Database) -> AsyncIterator[Harness]:
    """The service for changes, between a database and a local Autumn."""
    async with running(database) as running_harness:
        yield running_harness


@pytest.fixture
async def sqlite_harness() -> AsyncIterator[Harness]:
    """The same on SQLite alone, where the database makes no difference."""
    database = Database(fresh("sqlite"))
    async with running(database) as running_harness:
        yield running_harness
    await database.aclose()
