"""The same delivery may come more than once, over either way in, and to any replica: it is done once."""

import asyncio

from bot.store.deliveries import first_time
from bot.store.errors import StoreLost
from handlers.ask import Ask
from handlers.desk import Desk


async def first(ask: Ask, desk: Desk) -> bool:
    """Whether this ask was not taken up before. Raises StoreLost, or what the database driver does."""
    if not ask.trigger:
        return True
    try:
        # What follows needs the trigger while it lives; and without the database it is not to be done.
        async with asyncio.timeout(desk.timings.trigger):
            return await first_time(desk.database, ask.trigger, desk.now())
    except TimeoutError:
        raise StoreLost("TimeoutError") from None
