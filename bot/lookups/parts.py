"""Reading several things at once, where one that fails or dawdles leaves the others alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from bot.autumn.errors import AutumnError, TimedOut
from bot.lookups.answers import Read

T = TypeVar("T")


async def attempt(reading: Awaitable[T]) -> Read[T]:
    """What was read, or the error in its place."""
    try:
        return await reading
    except AutumnError as error:
        return error


async def within(seconds: float, reading: Awaitable[T]) -> T:
    """What was read, if that takes no longer. Raises TimedOut otherwise."""
    try:
        async with asyncio.timeout(seconds):
            return await reading
    except TimeoutError:
        raise TimedOut from None


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
