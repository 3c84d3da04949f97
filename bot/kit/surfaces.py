"""A card shown where there are no messages: in a modal, or on the Home tab."""

from typing import Any

from bot.kit import phrases
from bot.kit.card import Block, Card


def as_modal(card: Card) -> dict[str, Any]:
    """A modal with nothing to fill in."""
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": phrases.HOME_TITLE, "emoji": False},
        "close": {"type": "plain_text", "text": phrases.MODAL_CLOSE, "emoji": False},
        "blocks": _facts(card),
    }


def as_home(card: Card) -> dict[str, Any]:
    """The whole Home tab."""
    return {"type": "home", "blocks": _facts(card)}


def _facts(card: Card) -> list[Block]:
    """Without the buttons, which change messages."""
    return [block for block in card.plain if block["type"] != "actions"]
