"""Reads several things at once, so that one that fails or is slow doesn't affect the others."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from bot.autumn.errors import AutumnError, TimedOut
from bot.lookups.answers import Read

T = TypeVar("T")


async def attempt(read: Callable[[], Awaitable[T]], *, within: float | None = None) -> Read[T]:
    """What `read` gives, or the AutumnError in its place: TimedOut when it takes over `within` seconds."""
    try:
        async with asyncio.timeout(within):
            return await read()
    except TimeoutError:
        return TimedOut()
    except AutumnError as error:
        return error


@asynccontextmanager
async def meanwhile(reading: Coroutine[Any, Any, T]) -> AsyncIterator[asyncio.Task[T]]:
    """Reads while the block does other things. When the block ends, the read is stopped."""
    task = asyncio.create_task(reading)
    try:
        yield task
    finally:
        task.cancel()
        # Awaited, so that nothing goes on in the background, and so that its error counts as retrieved.
        await asyncio.gather(task, return_exceptions=True)


async def result_of(reading: asyncio.Task[T]) -> T:
    """The shared read's result. A caller that gives up does not cancel it for the others."""
    await asyncio.wait([reading])
    return reading.result()
