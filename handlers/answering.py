"""Reading from Autumn and showing it, with a word in between when that takes long."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from bot.autumn.errors import AutumnError
from bot.changes import buttons
from bot.kit.card import Card
from bot.lookups import card as lookup_card
from bot.lookups.answers import Answer
from bot.lookups.place import Place
from bot.lookups.readers import read
from handlers.interaction import Interaction
from handlers.listener import LookupFailed
from handlers.services import Services

T = TypeVar("T")
Say = Callable[[Interaction, Card], Awaitable[None]]


async def say(
    interaction: Interaction,
    services: Services,
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
        await (meanwhile or by)(interaction, asking)

    await by(interaction, await soon(services, answer, wait))


async def soon(
    services: Services, answer: Coroutine[Any, Any, T], meanwhile: Callable[[], Awaitable[None]]
) -> T:
    """The answer; `meanwhile` is done first where it takes over the time set."""
    reading = asyncio.create_task(answer)
    try:
        done, _ = await asyncio.wait({reading}, timeout=services.timings.asking_after)
        if not done:
            # When Autumn hangs, it hangs for everybody: those words must not hold up acknowledgements.
            await services.work.turn()
            await meanwhile()
        return await reading
    finally:
        reading.cancel()


async def card(interaction: Interaction, services: Services, place: Place) -> Card:
    """The private card of a place. Raises Stuck when nothing at all of it can be shown."""
    answer = await answered(services, place)
    return lookup_card.card(
        place,
        answer,
        shareable=may_share(interaction),
        org=services.organization(),
        actions=buttons.row(place),
    )


async def answered(services: Services, place: Place) -> Answer:
    """What Autumn says of a place. Raises Stuck when nothing at all of it can be shown."""
    try:
        return await read(services.autumn, place, now=services.now)
    except AutumnError as error:
        raise LookupFailed(error, place) from error


def may_share(interaction: Interaction) -> bool:
    """Whether there is a channel to share into. A direct message (D…) is nobody else's."""
    return interaction.channel.startswith(("C", "G"))
