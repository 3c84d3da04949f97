"""SQLite's driver: one visit to the connection's thread per statement, and the same results."""

from collections.abc import AsyncIterator
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from bot.store.database import Database
from tests.databases import fresh


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    database = Database(fresh("sqlite", migrated=False))
    async with database.writing() as connection:
        await connection.execute(text("CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT UNIQUE)"))
    yield database
    await database.aclose()


@pytest.fixture
def visits(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the threads of the connections are asked to do."""
    execute, functions = aiosqlite.Connection._execute, list[Any]()

    async def counted(connection: Any, function: Any, *args: Any, **kwargs: Any) -> Any:
        functions.append(function)
        return await execute(connection, function, *args, **kwargs)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    return functions


async def test_statement_takes_one_visit(database: Database, visits: list[Any]) -> None:
    async with database.writing() as connection:
        for statement in (
            "INSERT INTO words (word) VALUES ('one'), ('two')",
            "UPDATE words SET word = word || '!'",
            "SELECT word FROM words",
            "SELECT word FROM words WHERE id = 7",
        ):
            visits.clear()
            await connection.execute(text(statement))
            assert len(visits) == 1, statement


async def test_results_are_complete(database: Database) -> None:
    insert = text("INSERT INTO words (word) VALUES (:word)")
    async with database.writing() as connection:
        one = await connection.execute(insert, {"word": "one"})
        assert (one.rowcount, one.lastrowid) == (1, 1)
        await connection.execute(insert, [{"word": "two"}, {"word": "three"}])
        made = await connection.execute(text("INSERT INTO words (word) VALUES ('four') RETURNING id, word"))
        assert made.mappings().one() == {"id": 4, "word": "four"}
        changed = await connection.execute(text("UPDATE words SET word = upper(word) WHERE id > 1"))
        assert changed.rowcount == 3
        rows = await connection.execute(text("SELECT id, word FROM words ORDER BY id"))
        assert rows.keys() == {"id", "word"}
        assert rows.all() == [(1, "one"), (2, "TWO"), (3, "THREE"), (4, "FOUR")]
        none = await connection.execute(text("SELECT id, word FROM words WHERE id = 7"))
        assert none.keys() == {"id", "word"}
        assert none.first() is None


async def test_rows_are_streamed_in_parts(database: Database, visits: list[Any]) -> None:
    async with database.writing() as connection:
        words = [{"word": str(number)} for number in range(100)]
        await connection.execute(text("INSERT INTO words (word) VALUES (:word)"), words)
    async with database.reading() as connection:
        async with connection.stream(text("SELECT id FROM words ORDER BY id")) as rows:
            visits.clear()
            assert await rows.fetchmany(2) == [(1,), (2,)]
            before = len(visits)
            assert len(await rows.all()) == 98
        assert before
        assert len(visits) > before


@pytest.mark.parametrize(
    ("statement", "error"),
    [("INSERT INTO words (word) VALUES ('one')", IntegrityError), ("SELECT nothing", OperationalError)],
)
async def test_failed_statement_leaves_the_connection_usable(
    database: Database, statement: str, error: type[Exception]
) -> None:
    async with database.writing() as connection:
        await connection.execute(text("INSERT INTO words (word) VALUES ('one')"))
        with pytest.raises(error):
            await connection.execute(text(statement))
        count = await connection.scalar(text("SELECT count(*) FROM words"))
    assert count == 1
