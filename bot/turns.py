"""Turns at something, within this process: one at a time for each key."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

K = TypeVar("K", bound=Hashable)


class Turns(Generic[K]):
    def __init__(self) -> None:
        self._locks: WeakValueDictionary[K, asyncio.Lock] = WeakValueDictionary()

    def of(self, key: K) -> asyncio.Lock:
        """The lock of a key; forgotten when nobody holds it or waits for it."""
        return self._locks.setdefault(key, asyncio.Lock())

    @asynccontextmanager
    async def within(self, key: K, seconds: float) -> AsyncIterator[None]:
        """Takes a turn, or goes on without one when others hold it for so long: it saves work that would be
        in vain, and guards nothing."""
        lock = self.of(key)
        try:
            async with asyncio.timeout(seconds):
                await lock.acquire()
        except TimeoutError:
            yield
            return
        try:
            yield
        finally:
            lock.release()
