"""A value that is read once and cached, also when many ask for it at the same time."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class Cached(Generic[T]):
    def __init__(self, read: Callable[[], Awaitable[T]], *, seconds: float) -> None:
        self._read = read
        self._seconds = seconds
        self._task: asyncio.Task[T] | None = None
        self._latest: T | None = None
        self._read_at = self._tried_at = -math.inf

    async def get(self) -> T:
        """The value, at most `seconds` old. Raises what reading it raises; failures are not cached."""
        latest = self._read_within(self._seconds)
        if latest is not None:
            return latest
        task = self._reading()
        # Awaiting the task itself would cancel it for everyone when one caller gives up.
        await asyncio.wait([task])
        return task.result()

    async def read_now(self) -> T:
        """The current value. Raises what reading it raises."""
        return await self._fresh()

    def latest(self, *, within: float) -> T | None:
        """The value as read in the last `within` seconds; None if it was not.

        Waits for nothing: where reading was last tried more than `seconds` ago, it is read in the background,
        for the next time.
        """
        if asyncio.get_running_loop().time() - self._tried_at > self._seconds:
            self._reading()
        return self._read_within(within)

    async def aclose(self) -> None:
        """Cancels a read in progress."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def _read_within(self, seconds: float) -> T | None:
        age = asyncio.get_running_loop().time() - self._read_at
        return self._latest if age <= seconds else None

    def _reading(self) -> asyncio.Task[T]:
        """The read in progress, or a new one."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._fresh())
            self._task.add_done_callback(_retrieve)
        return self._task

    async def _fresh(self) -> T:
        self._tried_at = asyncio.get_running_loop().time()
        value = self._latest = await self._read()
        self._read_at = asyncio.get_running_loop().time()
        return value


def _retrieve(task: "asyncio.Task[T]") -> None:
    """Marks the exception of a read as retrieved: the caller may have given up."""
    if not task.cancelled():
        task.exception()
