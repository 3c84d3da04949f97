"""Where words go: where the person is."""

from enum import StrEnum

from bot.kit import surfaces
from bot.kit.card import Card
from handlers.interaction import Ask
from handlers.services import Desk


class Surface(StrEnum):
    """Where words about trouble go: where the person is."""

    FRESH = "fresh"
    """A message of its own, for this person."""
    CARD = "card"
    """The card that was clicked."""
    DIRECT = "direct"
    MODAL = "modal"
    ON_TOP = "on_top"
    """Over the modal that was clicked in."""
    HOME = "home"


async def tell(surface: Surface, ask: Ask, desk: Desk, card: Card) -> None:
    """Says it where the person is."""
    match surface:
        case Surface.FRESH:
            await desk.replies.fresh(ask, card)
        case Surface.CARD:
            await desk.replies.change(ask, card)
        case Surface.DIRECT:
            await desk.replies.direct(ask, card)
        case Surface.MODAL:
            await desk.replies.modal(ask, surfaces.as_modal(card))
        case Surface.ON_TOP:
            await desk.replies.on_top(ask, surfaces.as_modal(card))
        case _:
            await desk.replies.home(ask, surfaces.as_home(card))
