"""Picking any feature of the organization in a form, whether or not the customer has it."""

from collections.abc import Mapping
from typing import Any

from bot.changes.forms import words
from bot.changes.model import Facts
from bot.kit import blocks, ids, text
from bot.kit.card import Block
from bot.lookups import options

FEATURE_BLOCK = "feature"


def offered(facts: Facts, *, switches: bool) -> Mapping[str, str]:
    """Names by id, of all that are in use and that an option can carry. `switches`: with those that are on or
    off."""
    return {
        feature.id: feature.name or feature.id
        for feature in facts.features.values()
        if not feature.archived
        and (switches or feature.type != "boolean")
        and 0 < text.length(feature.id) <= blocks.OPTION
        and not feature.id.startswith("#")
    }


def field(names: Mapping[str, str], feature: str) -> Block:
    """`feature`: the one that is picked, or empty."""
    initial = options.feature_option(feature, names[feature]) if feature in names else None
    element: Any
    if len(names) > options.MOST:
        element = blocks.picker(ids.FORM_FEATURE, words.PICK_FEATURE, min_query=0, initial=initial)
    else:
        ordered = sorted(names.items(), key=lambda item: (item[1].casefold(), item[0]))
        shown = [options.feature_option(*item) for item in ordered]
        element = blocks.select(ids.FORM_FEATURE, words.PICK_FEATURE, shown, initial)
    return blocks.field(FEATURE_BLOCK, words.FEATURE, element, listens=True)
