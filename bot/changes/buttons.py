"""The buttons on a customer's card that open the forms."""

from bot.access.rules import Kind
from bot.changes import words
from bot.kit import blocks, ids, text
from bot.kit.card import Block
from bot.lookups.place import OVERVIEW, Place

_OFFERED = {
    OVERVIEW: (Kind.BALANCE, Kind.REWARD, Kind.DETAILS, Kind.DELETION),
    "products": (Kind.REWARD,),
    "features": (Kind.BALANCE,),
    "feature": (Kind.BALANCE,),
    "invoices": (Kind.REWARD,),
}
_LABELS = {
    Kind.BALANCE: words.CHANGE_BALANCE,
    Kind.REWARD: words.CHANGE_REWARD,
    Kind.DETAILS: words.EDIT_DETAILS,
    Kind.DELETION: words.DELETE_CUSTOMER,
}


def row(place: Place) -> list[Block]:
    """What can be changed from this part of the card; of a feature's page, that feature."""
    feature = place.feature if place.part == "feature" else ""
    value = Place(customer=place.customer, part=place.part, feature=feature).encode()
    if text.length(value) > blocks.BUTTON_VALUE:
        return []
    found = [_button(kind, value) for kind in _OFFERED.get(place.part, ())]
    if place.part == OVERVIEW:
        found.append(
            blocks.button(words.HISTORY, f"{ids.HISTORY}:open", Place(customer=place.customer).encode())
        )
    return [blocks.actions("change", found)] if found else []


def _button(kind: Kind, value: str) -> blocks.Button:
    return blocks.button(_LABELS[kind], f"{ids.CHANGE}:{kind}", value, danger=kind is Kind.DELETION)
