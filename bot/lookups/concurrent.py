"""Reading several things at once, where one that fails or dawdles leaves the others alone."""

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
    """Read while the block does other things. When the block fails, the reading is stopped."""
    task = asyncio.create_task(reading)
    try:
        yield task
    finally:
        task.cancel()
        # Waited for, so that nothing goes on behind; and its error is looked at, in case nobody did.
        await asyncio.gather(task, return_exceptions=True)


async def result_of(reading: asyncio.Task[T]) -> T:
    """What a reading gives, to one of several who wait: who gives up leaves it going for the others."""
    await asyncio.wait([reading])
    return reading.result()
