from collections.abc import AsyncIterator

import pytest

from bot.store.database import Database
from tests.approvals.bench import Bench, bench
from tests.databases import ENGINES, Engine, fresh


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Both databases that Maple keeps things in."""
    chosen: Engine = request.param
    return chosen


@pytest.fixture
async def database(engine: Engine) -> AsyncIterator[Database]:
    """A database of one's own, up to date."""
    made = Database(fresh(engine))
    yield made
    await made.aclose()


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
