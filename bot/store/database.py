"""Connections and transactions: SQLite in a file, or PostgreSQL."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}
_READING = "reading"

P = ParamSpec("P")
T = TypeVar("T")


def unbroken(verb: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """For whatever makes a transaction: when its task is cancelled, it is finished first.

    Cut off within a statement, SQLite's lock would stay with a connection that nobody closes any more.
    """

    @functools.wraps(verb)
    async def finished(*args: P.args, **kwargs: P.kwargs) -> T:
        task = asyncio.create_task(verb(*args, **kwargs))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # However often it is cancelled meanwhile.
            while not task.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait({task})
            raise

    return finished


def database_url(given: str) -> URL:
    """The URL with the driver Maple uses. Raises ValueError, in words that quote none of it."""
    try:
        url = make_url(given)
    except ArgumentError:
        raise ValueError("should look like sqlite:///maple.db or postgresql://user@host/name") from None
    driver = _DRIVERS.get(url.drivername.split("+")[0])
    if driver is None:
        raise ValueError("should start with sqlite:/// or postgresql://")
    if driver.startswith("sqlite") and url.database in (None, "", ":memory:"):
        # Each connection would have a database of its own.
        raise ValueError("needs the name of a file: sqlite:///maple.db")
    return url.set(drivername=driver)


class Database:
    """A pool of connections. `patience`: seconds to wait for whoever else is writing."""

    def __init__(self, url: str, *, patience: float = 10.0) -> None:
        target = database_url(url)
        self.sqlite = target.drivername.startswith("sqlite")
        # Parameters are customers' data: they must not be in the text of an error.
        options: dict[str, Any] = {"hide_parameters": True, "pool_pre_ping": not self.sqlite}
        if self.sqlite:
            options["connect_args"] = {"isolation_level": None, "timeout": patience}
        else:
            options["connect_args"] = {"connect_timeout": max(2, round(patience))}
        self._engine: AsyncEngine = create_async_engine(target, **options)
        if self.sqlite:
            event.listen(self._engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self._engine.sync_engine, "begin", _begin_sqlite)

    async def aclose(self) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction, committed when the block ends well. In SQLite there is one at a time."""
        async with self._engine.connect() as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that changes nothing, and sees one state of things throughout."""
        level: dict[str, Any] = {_READING: True}
        if not self.sqlite:
            level["isolation_level"] = "REPEATABLE READ"
        async with self._engine.connect() as connection:
            await connection.execution_options(**level)
            async with connection.begin():
                yield connection


def _prepare_sqlite(connection: DBAPIConnection, _record: Any) -> None:
    cursor = connection.cursor()
    for setting in (
        "journal_mode = WAL",
        # A commit must outlive a loss of power: the mark before a write depends on it.
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # The lock for writing is taken at once: two that had both read first could not both go on to write.
    reading = connection.get_execution_options().get(_READING)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
