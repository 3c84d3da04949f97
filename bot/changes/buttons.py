"""The buttons on a customer's card that open the forms."""

from bot.changes import registry, words
from bot.kit import blocks, ids, text
from bot.kit.card import Block
from bot.lookups.place import OVERVIEW, Place


def row(place: Place) -> list[Block]:
    """What can be changed from this part of the card; on a feature's page, that feature."""
    feature = place.feature if place.part == "feature" else ""
    value = Place(customer=place.customer, part=place.part, feature=feature).encode()
    if text.length(value) > blocks.BUTTON_VALUE:
        return []
    buttons = [
        blocks.button(kind.button, f"{ids.CHANGE}:{kind.id}", value, danger=kind.danger)
        for kind in registry.KINDS
        if place.part in kind.offered_on
    ]
    if place.part == OVERVIEW:
        history = Place(customer=place.customer).encode()
        buttons.append(blocks.button(words.HISTORY, f"{ids.HISTORY}:open", history))
    return [blocks.actions("change", buttons)] if buttons else []
