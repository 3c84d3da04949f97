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
from typing import Any, ParamSpec, TypeAlias, TypeVar
from urllib.parse import quote

from sqlalchemy import URL, Connection, Table, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.store.clock import ServerClock
from bot.store.write_queue import WriteQueue

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}
_READING = "reading"
_FILE = "file"
_OWNER_ALONE = 0o600
_CONNECTIONS = 15
_TCP = {
    # The system defaults take hours to notice a server that vanished.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}

P = ParamSpec("P")
T = TypeVar("T")

Insert: TypeAlias = postgresql.Insert | sqlite.Insert


def unbroken(verb: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Makes a function finish its transaction before a cancellation of its task takes effect.

    Interrupted within a statement, a connection would keep SQLite's lock and never be closed.
    """

    @functools.wraps(verb)
    async def finished(*args: P.args, **kwargs: P.kwargs) -> T:
        task = asyncio.create_task(verb(*args, **kwargs))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # It may be cancelled again while it finishes.
            while not task.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait({task})
            if not task.cancelled():
                # Looked at, or asyncio complains: the cancellation is what counts.
                task.exception()
            raise

    return finished


def is_host(name: str) -> bool:
    """Whether it can be a host name. For other names the resolver raises UnicodeError instead of OSError."""
    try:
        return bool(name) and bool(name.encode("idna"))
    except UnicodeError:
        return False


def database_url(typed: str) -> URL:
    """The URL with the driver that Maple uses. Raises ValueError, whose text does not quote the URL."""
    try:
        url = make_url(typed)
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

    `patience` is in seconds: how long to wait in SQLite for another writer, in PostgreSQL for a connection.
    """

    def __init__(self, url: str, *, patience: float = 10.0) -> None:
        target = database_url(url)
        self.sqlite = target.drivername.startswith("sqlite")
        # Parameters hold customer data, which must not appear in the text of an error.
        options: dict[str, Any] = {
            "hide_parameters": True,
            "pool_pre_ping": not self.sqlite,
            # None beyond these: SQLAlchemy closes each extra one as soon as it is returned.
            "pool_size": _CONNECTIONS,
            "max_overflow": 0,
            "pool_timeout": patience,
        }
        if self.sqlite:
            options["connect_args"] = {"isolation_level": None, "timeout": patience}
        else:
            own = {"connect_timeout": max(2, round(patience)), **_TCP}
            options["connect_args"] = {name: own[name] for name in own.keys() - target.query.keys()}
        self._patience = patience
        self._writers = WriteQueue(patience) if self.sqlite else None
        self._closed = False
        self._in_use = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._returning: set[asyncio.Task[None]] = set()
        self._engine: AsyncEngine = create_async_engine(target, **options)
        if self.sqlite:
            file = _File(str(target.database))
            event.listen(self._engine.sync_engine, "do_connect", file.before_connecting)
            event.listen(self._engine.sync_engine, "connect", file.opened)
            event.listen(self._engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self._engine.sync_engine, "checkout", file.check)
            event.listen(self._engine.sync_engine, "begin", _begin_sqlite)

    def clock(self, own: Callable[[], datetime]) -> Callable[[], datetime]:
        """The clock for every time that is stored: PostgreSQL's, which all replicas share, or `own` with
        SQLite, which serves a single process."""
        return own if self.sqlite else ServerClock(self._engine.sync_engine, own)

    async def aclose(self) -> None:
        """Waits up to `patience` for the transactions under way: what is still in use would stay open."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), self._patience)
        self._closed = True
        await asyncio.gather(*self._returning, return_exceptions=True)
        await self._engine.dispose()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that commits when the block ends without an error. SQLite runs one at a time."""
        if self._writers is None:
            async with self._connected() as connection, connection.begin():
                yield connection
            return
        async with self._using(), self._writers.turn(), self._connected() as connection, connection.begin():
            self._writers.begun()
            yield connection

    @asynccontextmanager
    async def each(self) -> AsyncIterator[AsyncConnection]:
        """A connection on which each statement is its own transaction. PostgreSQL only."""
        async with self._connected() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A read-only transaction that sees one snapshot throughout."""
        level: dict[str, Any] = {_READING: True}
        if not self.sqlite:
            level["isolation_level"] = "REPEATABLE READ"
        async with self._connected() as connection:
            await connection.execution_options(**level)
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        async with self._using(), self._checked_out() as connection:
            try:
                yield connection
            finally:
                if self._closed:
                    # It would go back to a pool that nobody will close.
                    await connection.invalidate()

    @asynccontextmanager
    async def _using(self) -> AsyncIterator[None]:
        self._in_use += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._in_use -= 1
            if not self._in_use:
                self._idle.set()

    @asynccontextmanager
    async def _checked_out(self) -> AsyncIterator[AsyncConnection]:
        connection = await (self._engine.connect().start() if self.sqlite else self._in_time())
        try:
            yield connection
        finally:
            await asyncio.shield(self._return(connection.close()))

    async def _in_time(self) -> AsyncConnection:
        """A connection that was just checked. Raises SQLAlchemy's TimeoutError after `patience` seconds."""
        opening = asyncio.create_task(self._engine.connect().start())
        try:
            async with asyncio.timeout(self._patience):
                return await asyncio.shield(opening)
        except BaseException as error:
            # Without waiting: the driver takes up to ten seconds to close the connection cleanly.
            self._return(_give_up(opening))
            if isinstance(error, TimeoutError):
                raise PoolTimeout("No connection that answers.") from None
            raise

    def _return(self, returning: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Returns a connection in a task of its own, which no cancellation of the connection's user reaches.
        `aclose` waits for it."""
        task = asyncio.create_task(returning)
        self._returning.add(task)
        task.add_done_callback(self._returning.discard)
        return task


async def _give_up(opening: asyncio.Task[AsyncConnection]) -> None:
    """Cancels the opening of a connection, or closes the connection if it has been opened meanwhile."""
    opening.cancel()
    await asyncio.wait({opening})
    if not opening.cancelled() and opening.exception() is None:
        await opening.result().close()


class _File:
    """Notices that the database file was removed or replaced. Open connections do not: they would go on
    writing to a file that no path leads to."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._seen = False

    def before_connecting(self, _dialect: Any, _record: Any, args: list[Any], kwargs: dict[str, Any]) -> None:
        # Only the first connection may create the file; later, a new empty one would hide the loss.
        if not self._seen:
            self._restrict_access()
        # SQLite itself must not create it: it may go between any look at it and the opening.
        args[0] = f"file:{quote(self._path)}?mode=rw"
        kwargs["uri"] = True
        # If connecting fails, the driver leaves a thread that complains after the event loop has closed.
        sqlite3.connect(*args, **kwargs).close()

    def _restrict_access(self) -> None:
        """Lets only Maple's own account read the file, which holds customers' names and the audit trail."""
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, _OWNER_ALONE)
        except OSError:
            # SQLite reports what is wrong when it opens the file.
            return
        try:
            if stat.S_ISREG(os.fstat(file).st_mode):
                for path in (self._path, f"{self._path}-wal", f"{self._path}-shm"):
                    # It may not exist, or belong to another account that has to restrict it.
                    with contextlib.suppress(FileNotFoundError, PermissionError):
                        os.chmod(path, _OWNER_ALONE)
        finally:
            os.close(file)

    def opened(self, _connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        self._seen = True
        record.info[_FILE] = self._identity()

    def check(self, _connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: Any) -> None:
        if record.info[_FILE] != self._identity():
            raise DisconnectionError("The file was replaced.")

    def _identity(self) -> tuple[int, int] | None:
        try:
            status = os.stat(self._path)
        except OSError:
            return None
        return status.st_dev, status.st_ino


def _prepare_sqlite(connection: DBAPIConnection, _record: Any) -> None:
    cursor = connection.cursor()
    for setting in (
        "journal_mode = WAL",
        # A commit must survive a power failure: the note that a write has begun depends on it.
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # Takes the write lock at once: of two transactions that have read, only one could then write.
    reading = connection.get_execution_options().get(_READING)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def insert(connection: AsyncConnection, table: Table, values: dict[str, Any]) -> Insert:
    """An INSERT that takes ON CONFLICT, for which SQLAlchemy has a construct per database."""
    statement = sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
    return statement.values(values)
