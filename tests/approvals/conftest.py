from collections.abc import AsyncIterator

import pytest

from bot.store.database import Database
from tests.approvals.harness import Harness, running
from tests.databases import fresh


@pytest.fixture
async def harness(database: Database) -> AsyncIterator[Harness]:
    """The service for changes, between a database and a local Autumn."""
    async with running(database) as made:
        yield made


@pytest.fixture
async def sqlite_harness() -> AsyncIterator[Harness]:
    """The same, where the database makes no difference."""
    database = Database(fresh("sqlite"))
    async with running(database) as made:
        yield made
    await database.aclose()
