"""The time by the database server's clock, which is the same for every replica.

One replica writes leases, expiry and due times, and another judges them. If each went by its own clock, one
that is an hour ahead would take over what others are still working on, and forget deliveries that may be
repeated.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection

_AGAIN = 10.0
"""Seconds after which the server is asked again."""
_NOW = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ServerClock:
    """PostgreSQL's clock, read over connections as they are taken from the pool, and carried on in between by
    a counter that nobody sets. Before the first connection it is this process's own clock."""

    def __init__(self, engine: Engine, own: Callable[[], datetime]) -> None:
        self._own = own
        self._read: tuple[datetime, float] | None = None
        event.listen(engine, "connect", self._look)
        event.listen(engine, "checkout", self._look_again)

    def __call__(self) -> datetime:
        if self._read is None:
            return self._own()
        at, counter = self._read
        return at + timedelta(seconds=time.monotonic() - counter)

    def _look(self, connection: DBAPIConnection, _record: Any) -> None:
        before = time.monotonic()
        cursor = connection.cursor()
        cursor.execute(_NOW)
        ((microseconds,),) = cursor.fetchall()
        cursor.close()
        # Whoever takes the connection sets how its transaction is to be before it begins one.
        connection.rollback()
        after = time.monotonic()
        # The server looked at its clock somewhere between the two.
        self._read = _EPOCH + timedelta(microseconds=microseconds), (before + after) / 2

    def _look_again(self, connection: DBAPIConnection, record: Any, _proxy: Any) -> None:
        if self._read is None or time.monotonic() - self._read[1] > _AGAIN:
            self._look(connection, record)
