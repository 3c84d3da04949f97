"""The parts of a customer's card, in the order of the tabs.

Whatever differs from part to part is looked up in this list when it is needed, so a part that is added here
is added everywhere.
"""

from typing import Any

from bot.lookups.check.part import PART as CHECK
from bot.lookups.entities.part import ENTITY_PART as ENTITY
from bot.lookups.entities.part import PART as ENTITIES
from bot.lookups.events.part import PART as EVENTS
from bot.lookups.feature.part import PART as FEATURE
from bot.lookups.features.part import PART as FEATURES
from bot.lookups.invoices.part import PART as INVOICES
from bot.lookups.logs.part import PART as LOGS
from bot.lookups.overview.part import PART as OVERVIEW
from bot.lookups.part import LookupPart
from bot.lookups.products.part import PART as PRODUCTS

PARTS: tuple[LookupPart[Any], ...] = (
    OVERVIEW,
    PRODUCTS,
    FEATURES,
    FEATURE,
    CHECK,
    INVOICES,
    EVENTS,
    LOGS,
    ENTITIES,
    ENTITY,
)


def part(part_id: str) -> LookupPart[Any]:
    """Raises LookupError for an id that no part has."""
    for candidate in PARTS:
        if candidate.id == part_id:
            return candidate
    raise LookupError(f"no part of a card is called {part_id!r}")


def tabs() -> tuple[LookupPart[Any], ...]:
    return tuple(part for part in PARTS if not part.parent)


def commands() -> dict[str, str]:
    """Part ids by the word after `/autumn`."""
    return {part.command: part.id for part in PARTS if part.command}


def help_lines() -> list[tuple[str, str]]:
    """What to type after `/autumn`, and what it shows."""
    return [(f"{part.command} <customer>".strip(), part.help) for part in PARTS if part.help]
