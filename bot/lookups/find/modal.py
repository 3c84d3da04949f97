"""The form in which a customer is looked up."""

from typing import Any

from bot.kit import blocks, ids, phrases
from bot.lookups import registry
from bot.lookups.find import words
from bot.lookups.place import OVERVIEW


def look_up_modal() -> dict[str, Any]:
    tabs = {tab.id: blocks.option(tab.title, tab.id) for tab in registry.tabs()}
    picker = customer_picker(words.MODAL_PLACEHOLDER)
    radio = blocks.radio(ids.PICK_PART, list(tabs.values()), tabs[OVERVIEW])
    return {
        "type": "modal",
        "callback_id": ids.LOOK_UP_MODAL,
        "title": _plain(words.MODAL_TITLE),
        "submit": _plain(words.MODAL_SUBMIT),
        "close": _plain(phrases.MODAL_CLOSE),
        "blocks": [
            blocks.field(ids.PICK_CUSTOMER_BLOCK, words.MODAL_CUSTOMER, picker, words.MODAL_CUSTOMER_HINT),
            blocks.field(ids.PICK_PART_BLOCK, words.MODAL_PART, radio),
        ],
    }


def customer_picker(placeholder: str) -> blocks.Picker:
    """A select of customers, found as the person types."""
    return blocks.picker(ids.PICK_CUSTOMER, placeholder, min_query=2)


def _plain(label: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": label, "emoji": False}
