"""A value that is read once and cached, also when many ask for it at the same time."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class Cached(Generic[T]):
    def __init__(self, read: Callable[[], Awaitable[T]], *, seconds: float) -> None:
        self._read = read
        self._seconds = seconds
        self._task: asyncio.Task[T] | None = None
        self._until = 0.0

    async def get(self) -> T:
        """The value, at most `seconds` old. Raises what reading it raises; failures are not cached."""
        task = self._task
        if task is None or _failed(task) or (task.done() and asyncio.get_running_loop().time() > self._until):
            self._task = task = asyncio.create_task(self._fresh())
            task.add_done_callback(_failed)
        # Awaiting the task itself would cancel it for everyone when one caller gives up.
        await asyncio.wait([task])
        return task.result()

    async def aclose(self) -> None:
        """Cancels a read in progress."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _fresh(self) -> T:
        value = await self._read()
        self._until = asyncio.get_running_loop().time() + self._seconds
        return value


def _failed(task: "asyncio.Task[T]") -> bool:
    """Whether the task ended without a value. Asking also marks its exception as retrieved."""
    return task.done() and (task.cancelled() or task.exception() is not None)
