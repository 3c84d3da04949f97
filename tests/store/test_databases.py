from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests.databases import Engine, discarded, fresh, kept


def exists(url: str) -> bool:
    if url.startswith("sqlite"):
        return Path(make_url(url).database or "").exists()
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def test_database_is_removed_after_its_test(engine: Engine) -> None:
    earlier = fresh(engine)
    with discarded():
        url = fresh(engine)
        assert exists(url)
    assert not exists(url)
    assert exists(earlier)


def test_shared_database_is_kept(engine: Engine) -> None:
    with discarded(), kept():
        url = fresh(engine)
    assert exists(url)


@pytest.fixture(scope="module")
def shared() -> str:
    return fresh("sqlite")


@pytest.mark.parametrize("turn", [1, 2])
def test_fixture_of_a_module_keeps_its_database(shared: str, turn: int) -> None:
    assert exists(shared)
