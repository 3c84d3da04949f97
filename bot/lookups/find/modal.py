"""The form in which a customer is looked up."""

from typing import Any

from bot.autumn.models import Customer
from bot.kit import blocks, ids, phrases
from bot.lookups import labels, options
from bot.lookups.find import words
from bot.lookups.place import Part

PARTS = (Part.OVERVIEW, Part.PRODUCTS, Part.FEATURES, Part.INVOICES, Part.EVENTS)


def look_up_modal(
    *, metadata: str = "", customer: Customer | None = None, part: Part = Part.OVERVIEW
) -> dict[str, Any]:
    """`metadata` (up to 3000 characters) comes back with the submission; the others are chosen beforehand."""
    chosen = options.customer_option(customer) if customer else None
    offered = {one: blocks.option(labels.PARTS[one], one.value) for one in PARTS}
    picker = blocks.picker(ids.PICK_CUSTOMER, words.MODAL_PLACEHOLDER, min_query=2, initial=chosen)
    radio = blocks.radio(ids.PICK_PART, list(offered.values()), offered.get(part, offered[Part.OVERVIEW]))
    view: dict[str, Any] = {
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
    return {**view, "private_metadata": metadata} if metadata else view


def _plain(shown: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": shown, "emoji": False}
