"""Reading from Autumn and showing it, with a word in between when that takes long."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from bot.autumn.errors import AutumnError
from bot.kit.card import Card
from bot.lookups import card as lookup_card
from bot.lookups.answers import Answer
from bot.lookups.place import Place
from bot.lookups.readers import read
from handlers.interaction import Ask
from handlers.listener import Stuck
from handlers.services import Desk

T = TypeVar("T")
Say = Callable[[Ask, Card], Awaitable[None]]


async def say(
    ask: Ask,
    desk: Desk,
    answer: Coroutine[Any, Any, Card],
    *,
    asking: Card,
    by: Say,
    meanwhile: Say | None = None,
) -> None:
    """Says the answer when it is there; first says `asking` if that takes over the time set.

    `meanwhile` says the latter, where it is not to be said in the place of the answer.
    """

    async def wait() -> None:
        await (meanwhile or by)(ask, asking)

    await by(ask, await soon(desk, answer, wait))


async def soon(desk: Desk, answer: Coroutine[Any, Any, T], meanwhile: Callable[[], Awaitable[None]]) -> T:
    """The answer; `meanwhile` is done first where it takes over the time set."""
    reading = asyncio.create_task(answer)
    try:
        done, _ = await asyncio.wait({reading}, timeout=desk.timings.asking_after)
        if not done:
            # When Autumn hangs, it hangs for everybody: those words must not hold up acknowledgements.
            await desk.work.turn()
            await meanwhile()
        return await reading
    finally:
        reading.cancel()


async def card(ask: Ask, desk: Desk, place: Place) -> Card:
    """The private card of a place. Raises Stuck when nothing at all of it can be shown."""
    answer = await answered(desk, place)
    return lookup_card.card(place, answer, shareable=may_share(ask), org=desk.organization(), changes=True)


async def answered(desk: Desk, place: Place) -> Answer:
    """What Autumn says of a place. Raises Stuck when nothing at all of it can be shown."""
    try:
        return await read(desk.autumn, place, now=desk.now)
    except AutumnError as error:
        raise Stuck(error, place) from error


def may_share(ask: Ask) -> bool:
    """Whether there is a channel to share into. A direct message (D…) is nobody else's."""
    return ask.channel.startswith(("C", "G"))
