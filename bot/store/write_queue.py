"""The transactions that write to SQLite: one at a time, first come, first served."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import TimeoutError as PoolTimeout


class WriteQueue:
    """SQLite has writers retry, and lets in the one that asks at the right moment: in a burst, some never get
    in. Here they wait in order, and without holding a connection that a reader could use.

    `patience`: seconds to wait while no transaction begins, which means that the database is out of reach.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._lock = asyncio.Lock()
        self._begun = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Raises SQLAlchemy's TimeoutError when nothing has moved for too long."""
        await self._wait()
        try:
            yield
        finally:
            self._lock.release()

    def begun(self) -> None:
        """The transaction whose turn it is has SQLite's lock."""
        self._begun += 1

    async def _wait(self) -> None:
        acquiring = asyncio.create_task(self._lock.acquire())
        before = None
        try:
            while not acquiring.done() and self._begun != before:
                before = self._begun
                await asyncio.wait({acquiring}, timeout=self._patience)
        except asyncio.CancelledError:
            if not acquiring.cancel():
                self._lock.release()
            raise
        if not acquiring.done():
            acquiring.cancel()
            raise PoolTimeout("No transaction began for too long.")
