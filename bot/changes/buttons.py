"""What a customer's card offers to change: one button for the most frequent change, a menu for the others."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from bot.changes import registry, words
from bot.changes.model import Facts
from bot.changes.spec import ChangeKind
from bot.kit import blocks, ids, surfaces, text
from bot.kit.card import Block
from bot.kit.carried import Carried, ChannelId
from bot.lookups.card import Tools
from bot.lookups.place import OVERVIEW, Place

_MENU = "menu"
MORE = "more"
"""In place of a kind: offer all of them."""


def on(place: Place) -> list[ChangeKind[Any]]:
    """The kinds that this part of the card offers, for any customer."""
    return [kind for kind in registry.KINDS if place.part in kind.offered_on]


def offered(place: Place, facts: Facts | None) -> list[ChangeKind[Any]]:
    """The kinds that this part of the card offers and that could change something for this customer.

    `facts`: None if the customer could not be read.
    """
    return applying(on(place), facts, place.feature)


def applying(
    kinds: Sequence[ChangeKind[Any]], facts: Facts | None, feature: str = ""
) -> list[ChangeKind[Any]]:
    """Those of the kinds that could change something for this customer, or for this feature of theirs.

    `facts`: None if the customer could not be read.
    """
    return [kind for kind in kinds if facts is None or kind.applies_to(facts, feature)]


def tools(place: Place, kinds: Sequence[ChangeKind[Any]], *, history: bool) -> Tools:
    """The buttons for these kinds, and for the customer's history."""
    feature = place.feature if place.part == "feature" else ""
    entity = place.entity if place.part == "entity" else ""
    value = Place(customer=place.customer, part=place.part, feature=feature, entity=entity).encode()
    if text.length(value) > blocks.BUTTON_VALUE:
        return Tools()
    buttons = [
        blocks.button(kind.primary_button, f"{ids.CHANGE}:{kind.id}", value, primary=True)
        for kind in kinds
        if kind.primary_button
    ][:1]
    if not buttons and len(kinds) == 1 and not kinds[0].danger:
        buttons, kinds = [blocks.button(kinds[0].button, f"{ids.CHANGE}:{kinds[0].id}", value)], []
    if history and place.part == OVERVIEW:
        opening = Place(customer=place.customer).encode()
        buttons.append(blocks.button(words.HISTORY, f"{ids.HISTORY}:open", opening))
    menu = _menu(kinds, value)
    if kinds and menu is None:
        buttons.append(blocks.button(words.MORE_CHANGES, f"{ids.CHANGE}:{MORE}", value))
    return Tools(tuple(buttons), menu)


def _menu(kinds: Sequence[ChangeKind[Any]], value: str) -> blocks.Menu | None:
    """None if there is nothing to choose from, or if the ids are too long for it.

    If there are more kinds than it holds: those that no other tab offers, and last an entry that leads to
    all.
    """
    ordered = sorted(kinds, key=lambda kind: kind.danger)
    entries = [(kind.button, kind.id) for kind in ordered]
    if len(ordered) > blocks.MENU_OPTIONS:
        by_need = sorted(ordered, key=lambda kind: len(kind.offered_on) > 1)[: blocks.MENU_OPTIONS - 1]
        entries = [(kind.button, kind.id) for kind in ordered if kind in by_need]
        entries.append((words.MORE_CHANGES, MORE))
    options = [(label, f"{entry} {value}") for label, entry in entries]
    if not options or any(text.length(carried) > blocks.MENU_VALUE for _, carried in options):
        return None
    drawn = [blocks.option(label, carried) for label, carried in options]
    return blocks.menu(f"{ids.CHANGE}:{_MENU}", drawn)


def clicked(action: str, value: str) -> tuple[str, str]:
    """The id of the kind that was picked, by button or from the menu, or MORE; and the place, neither yet
    checked."""
    kind_id = action.partition(":")[2]
    if kind_id == _MENU:
        kind_id, _, value = value.partition(" ")
    return kind_id, value


# The modal that offers every change of a card whose menu cannot hold them all


class ChooserMeta(Carried):
    channel: ChannelId = Field(default="", alias="h")
    """The channel in which the requester is told about the change."""


def loading_chooser(meta: ChooserMeta) -> dict[str, Any]:
    return _chooser_modal([blocks.section("waiting", words.LOADING_CHANGES)], meta)


def chooser(place: Place, kinds: Sequence[ChangeKind[Any]], meta: ChooserMeta) -> dict[str, Any]:
    """A button for each, the dangerous ones last."""
    value = place.encode()
    rows = [
        blocks.section(
            f"kind.{kind.id}",
            f"*{kind.button}*\n{kind.help[:1].upper()}{kind.help[1:]}",
            accessory=blocks.button(words.CHOOSE, f"{ids.CHOOSE}:{kind.id}", value, danger=kind.danger),
        )
        for kind in sorted(kinds, key=lambda kind: kind.danger)
    ]
    return _chooser_modal(rows or [blocks.section("nothing", words.NO_CHANGES)], meta)


def _chooser_modal(content: Sequence[Block], meta: ChooserMeta) -> dict[str, Any]:
    return surfaces.modal(words.CHOOSER_TITLE, content, callback=ids.CHOOSER_MODAL, metadata=meta.encode())
