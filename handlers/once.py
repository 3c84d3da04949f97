"""The same delivery may come more than once, over either way in, and to any replica: it is done once."""

import asyncio

from bot.store.deliveries import first_time
from bot.store.errors import StoreLost
from handlers.ask import Ask
from handlers.desk import Desk


async def first(ask: Ask, desk: Desk) -> bool:
    """Whether this ask was not taken up before. Raises what the database driver does."""
    return not ask.trigger or await first_time(desk.database, ask.trigger, desk.now())


async def first_in_time(ask: Ask, desk: Desk) -> bool:
    """The same, for what needs the trigger, which lives for 3 seconds. Raises StoreLost past that."""
    answer = asyncio.get_running_loop().create_future()
    # Left to itself when it takes too long: a transaction is not to be broken off.
    desk.work.start(_answer(answer, ask, desk))
    try:
        async with asyncio.timeout(desk.timings.trigger):
            return bool(await answer)
    except TimeoutError:
        raise StoreLost("TimeoutError") from None


async def _answer(answer: asyncio.Future[bool], ask: Ask, desk: Desk) -> None:
    found: bool | Exception
    try:
        found = await first(ask, desk)
    except Exception as error:  # noqa: BLE001 - it is for whoever waits
        found = error
    if answer.done():
        return
    if isinstance(found, Exception):
        answer.set_exception(found)
    else:
        answer.set_result(found)
