"""What selects offer as a person types."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.autumn.models import Customer, Entity
from bot.kit import blocks, phrases, text
from bot.lookups import labels
from bot.lookups.find import words

MOST = 100
SEARCHING = "#searching"
"""The value of the option that says that Maple is still searching; it is nobody's id."""


@dataclass(frozen=True, slots=True)
class OptionGroup:
    """Options under a heading."""

    label: str
    options: list[dict[str, Any]]

    def drawn(self) -> dict[str, Any]:
        label = {"type": "plain_text", "text": self.label, "emoji": False}
        return {"label": label, "options": self.options}


def token(feature_id: str) -> str:
    """A feature's id as an option's value, which Slack keeps to 75 characters: itself, or a mark of it."""
    if feature_id and text.length(feature_id) <= blocks.OPTION and not feature_id.startswith("#"):
        return feature_id
    return "#" + hashlib.sha256(feature_id.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def resolve(value: str, feature_ids: Iterable[str]) -> str | None:
    """The feature id that a token stands for. A token that is itself an id needs no ids to choose from."""
    if not value.startswith("#"):
        return value or None
    return next((feature_id for feature_id in feature_ids if token(feature_id) == value), None)


def customer_options(customers: Iterable[Customer]) -> list[dict[str, Any]]:
    """As an options request is answered with."""
    return [blocks.drawn_option(choice) for choice in customer_choices(customers)]


def customer_choices(customers: Iterable[Customer]) -> list[Any]:
    """Those that can be picked: with an id that an option can carry, each once. At most 100."""
    by_id: dict[str, Customer] = {}
    for candidate in customers:
        if candidate.id and text.length(candidate.id) <= blocks.OPTION:
            by_id.setdefault(candidate.id, candidate)
    return [_customer(customer, customer_id) for customer_id, customer in list(by_id.items())[:MOST]]


def searching() -> dict[str, Any]:
    """Beside the customers of a typeahead, while there may be more."""
    return blocks.drawn_option(blocks.option(words.STILL_SEARCHING, SEARCHING))


def near_customers(customers: Iterable[Customer]) -> OptionGroup | list[dict[str, Any]]:
    """Those that may have been meant by what was typed."""
    options = customer_options(customers)
    return OptionGroup(words.NEAR, options) if options else []


def feature_options(features: Mapping[str, str], typed: str = "") -> list[dict[str, Any]]:
    """Features (names by id) whose name or id has what was typed, by name. At most 100."""
    part = typed.strip().casefold()
    matching = [
        (feature_id, name)
        for feature_id, name in features.items()
        if part in name.casefold() or part in feature_id.casefold()
    ]
    matching.sort(key=lambda item: (item[1].casefold(), item[0]))
    return [blocks.drawn_option(feature_option(*item)) for item in matching[:MOST]]


def named_choices(names: Mapping[str, str], typed: str = "") -> list[Any]:
    """Things (names by id) whose name or id has what was typed, by name: with an id that an option can
    carry."""
    part = text.clean(typed).casefold()
    matching = [
        (known_id, name)
        for known_id, name in names.items()
        if 0 < text.length(known_id) <= blocks.OPTION
        and (part in name.casefold() or part in known_id.casefold())
    ]
    matching.sort(key=lambda item: ((item[1] or item[0]).casefold(), item[0]))
    return [named_choice(*item) for item in matching]


def named_options(names: Mapping[str, str], typed: str = "") -> list[dict[str, Any]]:
    """The same, as an options request is answered with. At most 100."""
    return [blocks.drawn_option(choice) for choice in named_choices(names, typed)[:MOST]]


def named_choice(known_id: str, name: str) -> Any:
    label = text.literal(name, blocks.OPTION) or text.literal(known_id, blocks.OPTION) or known_id
    return blocks.option(label, known_id)


def entity_options(entities: Iterable[Entity]) -> list[dict[str, Any]]:
    """Those that can be picked: with an id that an option can carry. At most 100."""
    return [
        blocks.drawn_option(
            blocks.option(
                text.literal(entity.name or entity.id, blocks.OPTION) or phrases.NONE,
                entity.id,
                text.literal(entity.id, blocks.OPTION) if entity.name else "",
            )
        )
        for entity in entities
        if 0 < text.length(entity.id) <= blocks.OPTION
    ][:MOST]


def feature_option(feature_id: str, name: str) -> Any:
    label = text.literal(name, blocks.OPTION) or text.literal(feature_id, blocks.OPTION) or phrases.NONE
    return blocks.option(label, token(feature_id))


def _customer(customer: Customer, customer_id: str) -> Any:
    name_and_email = " · ".join(
        part for part in (text.clean(customer.name), text.clean(customer.email)) if part
    )
    label = text.literal(name_and_email or customer_id, blocks.OPTION) or labels.NO_NAME
    return blocks.option(label, customer_id, text.literal(customer_id, blocks.OPTION))
