"""Where words go: where the person is."""

from enum import StrEnum

from bot.kit import surfaces
from bot.kit.card import Card
from handlers.interaction import Interaction
from handlers.services import Services


class ErrorTarget(StrEnum):
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


async def show_error(surface: ErrorTarget, interaction: Interaction, services: Services, card: Card) -> None:
    """Says it where the person is."""
    match surface:
        case ErrorTarget.FRESH:
            await services.replies.fresh(interaction, card)
        case ErrorTarget.CARD:
            await services.replies.change(interaction, card)
        case ErrorTarget.DIRECT:
            await services.replies.direct(interaction, card)
        case ErrorTarget.MODAL:
            await services.replies.modal(interaction, surfaces.as_modal(card))
        case ErrorTarget.ON_TOP:
            await services.replies.on_top(interaction, surfaces.as_modal(card))
        case _:
            await services.replies.home(interaction, surfaces.as_home(card))
