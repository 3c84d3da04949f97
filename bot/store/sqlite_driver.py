"""The driver for SQLite: one visit to the connection's thread per statement.

SQLAlchemy's own makes four: to create a cursor, to execute, to fetch the rows and to close the cursor. Each
wakes the thread and then the event loop, which takes longer than most of Maple's statements.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)


class SqliteDriver(AsyncAdapt_aiosqlite_dbapi):
    """What SQLAlchemy takes as the driver's module."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *args: Any, **options: Any) -> "_Connection":
        return _Connection(self, super().connect(*args, **options).driver_connection)


class _Statement:
    """A cursor that keeps what its statement gave. For SQLAlchemy, as the driver's."""

    description: Any = None
    rowcount = -1
    lastrowid: int | None = None

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._rows: Sequence[Any] = ()

    async def execute(self, statement: str, parameters: Iterable[Any] = ()) -> None:
        await self._visit(sqlite3.Cursor.execute, statement, parameters)

    async def executemany(self, statement: str, parameters: Iterable[Iterable[Any]]) -> None:
        await self._visit(sqlite3.Cursor.executemany, statement, parameters)

    async def fetchall(self) -> Sequence[Any]:
        return self._rows

    def close(self) -> None:
        """The thread has closed it already."""

    async def _visit(self, *execution: Any) -> None:
        await self._connection._execute(self._run, *execution)  # type: ignore[no-untyped-call]

    def _run(self, execute: Callable[..., sqlite3.Cursor], *arguments: Any) -> None:
        """In the connection's thread."""
        cursor = self._connection._conn.cursor()
        try:
            execute(cursor, *arguments)
            self._rows = cursor.fetchall()
            self.description = cursor.description
            self.rowcount = cursor.rowcount
            self.lastrowid = cursor.lastrowid
        finally:
            cursor.close()


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    __slots__ = ()
    _awaitable_cursor_close = False

    def _make_new_cursor(self, connection: Any) -> Any:
        return _Statement(connection)

    def _aenter_cursor(self, cursor: Any) -> Any:
        return cursor


class _Connection(AsyncAdapt_aiosqlite_connection):
    """Results that are streamed keep SQLAlchemy's cursor: they need not fit in memory."""

    __slots__ = ()
    _cursor_cls = _Cursor
