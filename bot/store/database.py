"""Connections and transactions: SQLite in a file, or PostgreSQL."""

import asyncio
import contextlib
import functools
import os
import sqlite3
import stat
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.store.clock import ServerClock

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}
_READING = "reading"
_FILE = "file"
_OWNER_ALONE = 0o600
_TCP = {
    # Of a server that went away without a word, the system's own settings tell after hours.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}

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


def is_host(name: str) -> bool:
    """Whether it can be looked up at all; of anything else the resolver makes an error of its own kind."""
    try:
        return bool(name) and bool(name.encode("idna"))
    except UnicodeError:
        return False


def database_url(given: str) -> URL:
    """The URL with the driver Maple uses. Raises ValueError, in words that quote none of it."""
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        raise ValueError("should look like sqlite:///maple.db or postgresql://user@host/name") from None
    driver = _DRIVERS.get(url.drivername.split("+")[0])
    if driver is None:
        raise ValueError("should start with sqlite:/// or postgresql://")
    if driver.startswith("sqlite") and url.database in (None, "", ":memory:"):
        # Each connection would have a database of its own.
        raise ValueError("needs the name of a file: sqlite:///maple.db")
    if driver.startswith("sqlite") and (url.query or url.host):
        raise ValueError("should be sqlite:/// and the name of a file, and nothing else")
    if url.host and not is_host(url.host):
        raise ValueError("should have the name of a host: postgresql://user@host/name")
    return url.set(drivername=driver)


class Database:
    """A pool of connections.

    `patience`: seconds to wait, in SQLite for whoever else is writing, in PostgreSQL for a connection that
    answers.
    """

    def __init__(self, url: str, *, patience: float = 10.0) -> None:
        target = database_url(url)
        self.sqlite = target.drivername.startswith("sqlite")
        # Parameters are customers' data: they must not be in the text of an error.
        options: dict[str, Any] = {"hide_parameters": True, "pool_pre_ping": not self.sqlite}
        if self.sqlite:
            options["connect_args"] = {"isolation_level": None, "timeout": patience}
        else:
            own = {"connect_timeout": max(2, round(patience)), **_TCP}
            options["connect_args"] = {name: own[name] for name in own.keys() - target.query.keys()}
            options["pool_timeout"] = patience
        self._patience = patience
        self._late: set[asyncio.Task[AsyncConnection]] = set()
        self._engine: AsyncEngine = create_async_engine(target, **options)
        if self.sqlite:
            file = _File(str(target.database))
            event.listen(self._engine.sync_engine, "do_connect", file.before)
            event.listen(self._engine.sync_engine, "connect", file.opened)
            event.listen(self._engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self._engine.sync_engine, "checkout", file.same)
            event.listen(self._engine.sync_engine, "begin", _begin_sqlite)

    def clock(self, own: Callable[[], datetime]) -> Callable[[], datetime]:
        """Tells the time for everything that is stored: by PostgreSQL's clock, which all replicas share; with
        SQLite, which has a single process, by `own`."""
        return own if self.sqlite else ServerClock(self._engine.sync_engine, own)

    async def aclose(self) -> None:
        await asyncio.gather(*self._late, return_exceptions=True)
        await self._engine.dispose()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction, committed when the block ends well. In SQLite there is one at a time."""
        async with self._connected() as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def each(self) -> AsyncIterator[AsyncConnection]:
        """A connection on which each statement is a transaction of its own; on PostgreSQL alone."""
        async with self._connected() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that changes nothing, and sees one state of things throughout."""
        level: dict[str, Any] = {_READING: True}
        if not self.sqlite:
            level["isolation_level"] = "REPEATABLE READ"
        async with self._connected() as connection:
            await connection.execution_options(**level)
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        if self.sqlite:
            async with self._engine.connect() as connection:
                yield connection
            return
        connection = await self._in_time()
        try:
            yield connection
        finally:
            await asyncio.shield(asyncio.create_task(connection.close()))

    async def _in_time(self) -> AsyncConnection:
        """A connection that has just answered. Raises SQLAlchemy's TimeoutError past the patience."""
        opening = asyncio.create_task(self._engine.connect().start())
        try:
            async with asyncio.timeout(self._patience):
                return await asyncio.shield(opening)
        except TimeoutError:
            raise PoolTimeout("No connection that answers.") from None
        finally:
            if not opening.done():
                self._give_up(opening)

    def _give_up(self, opening: asyncio.Task[AsyncConnection]) -> None:
        """Nobody waits for it: asked to stop, the driver tries for ten seconds more to part in good order."""
        self._late.add(opening)
        opening.add_done_callback(self._late.discard)
        opening.cancel()


class _File:
    """Of a file that was taken away or replaced, open connections know nothing: they would write to one that
    is nowhere any more."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._seen = False

    def before(self, _dialect: Any, _record: Any, where: list[Any], how: dict[str, Any]) -> None:
        # The first one makes the file; later an empty one in its place would only hide that it is gone.
        if self._seen and not os.path.exists(self._path):
            raise sqlite3.OperationalError("the file is gone")
        if not self._seen:
            self._close_to_others()
        # The driver's thread of a connection that could not be made may outlive the event loop, and complain.
        sqlite3.connect(*where, **how).close()

    def _close_to_others(self) -> None:
        """Customers' names are in it, and who changed what: only Maple's own account may read it."""
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, _OWNER_ALONE)
        except OSError:
            # SQLite says what is wrong with it.
            return
        try:
            if stat.S_ISREG(os.fstat(file).st_mode):
                for path in (self._path, f"{self._path}-wal", f"{self._path}-shm"):
                    # There may be none; or it is somebody else's, who has to see to it.
                    with contextlib.suppress(FileNotFoundError, PermissionError):
                        os.chmod(path, _OWNER_ALONE)
        finally:
            os.close(file)

    def opened(self, _connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        self._seen = True
        record.info[_FILE] = self._which()

    def same(self, _connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: Any) -> None:
        if record.info[_FILE] != self._which():
            raise DisconnectionError("The file is another one.")

    def _which(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_dev, found.st_ino


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
