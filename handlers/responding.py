"""Sends an answer right away, or first a note if it takes long."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from bot.kit.card import Card
from bot.lookups.find import card as find_card
from bot.lookups.find.card import NoMatch, SeveralMatches
from bot.lookups.place import AT_OVERVIEW, Place
from handlers.interaction import Interaction
from handlers.parsing import mistyped
from handlers.services import Services

T = TypeVar("T")
Send = Callable[[Interaction, Card], Awaitable[None]]


async def respond(
    interaction: Interaction,
    services: Services,
    answer: Coroutine[Any, Any, Card],
    *,
    loading: Callable[[], Card],
    send: Send,
    send_loading: Send | None = None,
) -> None:
    """Sends the answer when it is there, and `loading` first when that takes long.

    `send_loading`: where the answer does not take the place of `loading`.
    """

    async def show_loading() -> None:
        await (send_loading or send)(interaction, loading())

    await send(interaction, await with_loading(services, answer, show_loading))


async def with_loading(
    services: Services, answer: Coroutine[Any, Any, T], show_loading: Callable[[], Awaitable[None]]
) -> T:
    """The answer; `show_loading` is called first when it takes long."""
    reading = asyncio.create_task(answer)
    try:
        done, _ = await asyncio.wait({reading}, timeout=services.timeouts.asking_after)
        if not done:
            # When Autumn hangs, it hangs for everyone: these messages must not hold up acknowledgements.
            await services.background.turn()
            await show_loading()
        return await reading
    finally:
        reading.cancel()


def matches_card(matches: SeveralMatches | NoMatch, page: int = 0, opens: Place = AT_OVERVIEW) -> Card:
    """The customers that match, to open at the place asked for; or that there are none."""
    if isinstance(matches, SeveralMatches):
        return find_card.matches(matches, page=page, opens=opens)
    meant = mistyped(matches.query)
    return find_card.nobody(
        matches.query, compared=matches.compared, meant=meant, near=matches.near, opens=opens
    )
