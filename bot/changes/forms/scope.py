"""What a change is limited to: the whole customer, or one of their entities."""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.autumn.models import Entity
from bot.changes.forms import fields as parts
from bot.changes.forms import words
from bot.changes.forms.model import FormState, Meta
from bot.kit import blocks, form_values, ids, phrases, text
from bot.kit.card import Block
from bot.kit.form_values import Values
from bot.lookups import options
from bot.lookups.names import entity_key

SCOPE_BLOCK = "scope"
_WHOLE = "#customer"
_HELD = ("row:", "grant", "subscription")
"""How the blocks begin in which something that the customer or the entity has is picked."""


def field(state: FormState) -> list[Block]:
    """None for a customer without entities."""
    entity = state.meta.entity
    if not entity and not state.facts.entities:
        return []
    initial = _option(entity, parts.called(state.facts)) if entity else _whole()
    picker = blocks.picker(ids.FORM_ENTITY, words.PICK_ENTITY, min_query=0, initial=initial)
    return [blocks.section(SCOPE_BLOCK, words.SCOPE, accessory=picker)]


def entity_options(entities: Iterable[Entity]) -> list[dict[str, Any]]:
    """What was typed has found these; the whole customer can always be picked."""
    listed = options.entity_options(entity for entity in entities if entity.id != _WHOLE)
    return [blocks.drawn_option(_whole()), *listed[: options.MOST - 1]]


def picked(meta: Meta, values: Values) -> str:
    """The entity that is picked, which the form may not show yet; empty for the whole customer."""
    value = form_values.chosen(values, SCOPE_BLOCK)
    return "" if value == _WHOLE else value or meta.entity


def kept(values: Values) -> Values:
    """What stays filled in for another entity."""
    return {block: entered for block, entered in values.items() if not block.startswith(_HELD)}


def meant(typed: str, entities: Iterable[Entity]) -> str:
    """The id of the one entity that is meant by its id or name, of those that match; empty if not clear."""
    listed = [entity for entity in entities if 0 < text.length(entity.id) <= blocks.OPTION]
    folded = typed.casefold()
    for matching in (
        [entity for entity in listed if entity.id == typed],
        [entity for entity in listed if folded in (entity.id.casefold(), entity.name.casefold())],
        listed,
    ):
        if matching:
            return matching[0].id if len(matching) == 1 else ""
    return ""


def _whole() -> Any:
    return blocks.option(words.WHOLE_CUSTOMER, _WHOLE)


def _option(entity_id: str, names: Mapping[str, str]) -> Any:
    name = text.literal(names.get(entity_key(entity_id)) or entity_id, blocks.OPTION)
    return blocks.option(name or phrases.NONE, entity_id)
