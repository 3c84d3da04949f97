"""Waiting for what announces nothing: a condition is polled."""

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable

LONGEST = 30.0


async def wait_until(condition: Callable[[], object | Awaitable[object]], *, every: float = 0.005) -> None:
    """Returns when the condition holds. Raises TimeoutError if it does not within half a minute."""
    async with asyncio.timeout(LONGEST):
        while True:
            holds = condition()
            if await holds if isawaitable(holds) else holds:
                return
            await asyncio.sleep(every)
