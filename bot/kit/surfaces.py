"""A card shown where there are no messages: in a modal, or on the Home tab."""

from collections.abc import Sequence
from typing import Any

from bot.kit import phrases
from bot.kit.card import Block, Card


def as_modal(card: Card) -> dict[str, Any]:
    """A modal with nothing to fill in."""
    return {
        "type": "modal",
        "title": plain_text(phrases.HOME_TITLE),
        "close": plain_text(phrases.MODAL_CLOSE),
        "blocks": _facts(card),
    }


def modal(title: str, content: Sequence[Block], *, callback: str, metadata: str) -> dict[str, Any]:
    """A modal with nothing to submit whose clicks know where they come from."""
    return {
        "type": "modal",
        "callback_id": callback,
        "private_metadata": metadata,
        "title": plain_text(title),
        "close": plain_text(phrases.MODAL_CLOSE),
        "blocks": list(content),
    }


def form(title: str, fields: Sequence[Block], submit: str, *, callback: str, metadata: str) -> dict[str, Any]:
    """A modal to fill in and submit, or to leave."""
    return {
        **modal(title, fields, callback=callback, metadata=metadata),
        "submit": plain_text(submit),
        "close": plain_text(phrases.CANCEL),
    }


def plain_text(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def as_home(card: Card) -> dict[str, Any]:
    """The whole Home tab."""
    return {"type": "home", "blocks": _facts(card)}


def _facts(card: Card) -> list[Block]:
    """Without the buttons, which change messages."""
    return [block for block in card.plain if block["type"] != "actions"]
