"""The database server's clock, which all replicas share.

One replica writes leases, expiry times and due times, and another compares them with the present. If each
used its own clock, a replica an hour ahead would take over work that others are still doing, and forget
deliveries that Slack may yet repeat.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection

_REFRESH_SECONDS = 10.0
_NOW = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ServerClock:
    """PostgreSQL's clock: read as connections leave the pool, and advanced by the monotonic clock in between.
    Before the first connection it is this process's own clock."""

    def __init__(self, engine: Engine, own: Callable[[], datetime]) -> None:
        self._own = own
        self._read: tuple[datetime, float] | None = None
        event.listen(engine, "connect", self._read_server)
        event.listen(engine, "checkout", self._refresh)

    def __call__(self) -> datetime:
        if self._read is None:
            return self._own()
        at, counter = self._read
        return at + timedelta(seconds=time.monotonic() - counter)

    def _read_server(self, connection: DBAPIConnection, _record: Any) -> None:
        before = time.monotonic()
        cursor = connection.cursor()
        cursor.execute(_NOW)
        ((microseconds,),) = cursor.fetchall()
        cursor.close()
        # The isolation level can only be set while no transaction is open.
        connection.rollback()
        after = time.monotonic()
        # The server read its clock at some moment between the two.
        self._read = _EPOCH + timedelta(microseconds=microseconds), (before + after) / 2

    def _refresh(self, connection: DBAPIConnection, record: Any, _proxy: Any) -> None:
        if self._read is None or time.monotonic() - self._read[1] > _REFRESH_SECONDS:
            self._read_server(connection, record)
