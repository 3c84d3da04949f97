from collections.abc import AsyncIterator

import pytest

from bot.store.database import Database
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
