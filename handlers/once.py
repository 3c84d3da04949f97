"""The same delivery may come more than once, over either way in, and to any replica: it is done once."""

from bot.store.deliveries import first_time
from bot.store.errors import StoreSlow
from handlers.interaction import Ask
from handlers.services import Desk


async def first(ask: Ask, desk: Desk) -> bool:
    """Whether this ask was not taken up before. Raises what the database driver does."""
    return not ask.trigger or await first_time(desk.database, ask.trigger, desk.now())


async def first_in_time(ask: Ask, desk: Desk) -> bool:
    """The same, for what needs the trigger, which lives for 3 seconds. Raises StoreSlow past that."""
    try:
        return await desk.work.within(desk.timings.trigger, first(ask, desk))
    except TimeoutError:
        raise StoreSlow from None
