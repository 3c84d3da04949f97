"""What a select offers while somebody types. Slack takes 100 options, within 3 seconds."""

from collections.abc import Mapping
from typing import Any

from bot.kit import ids
from bot.lookups import names, options
from bot.lookups.customer import CARD
from bot.lookups.find.search import suggest
from bot.lookups.place import Part, Place
from handlers.interaction import Ask
from handlers.services import Desk

MOST = 100


async def customers(ask: Ask, desk: Desk) -> list[dict[str, Any]]:
    """Customers whose id, name or e-mail contain what was typed."""
    return options.customer_options(await suggest(desk.autumn, ask.value))[:MOST]


async def features(ask: Ask, desk: Desk) -> list[dict[str, Any]]:
    """The features to pick from on a card; its place stands in the select's block_id."""
    place = Place.decode(ask.block.removeprefix(f"{ids.PICK_FEATURE}:"))
    return options.feature_options(await offered(desk, place), ask.value)[:MOST]


async def offered(desk: Desk, place: Place) -> Mapping[str, str]:
    """Names by feature id: on the events every feature that is tracked, elsewhere those the customer has."""
    if place.part is Part.EVENTS:
        known = await desk.autumn.features()
        return {one.id: one.name or one.id for one in known if one.type != "boolean" and not one.archived}
    return names.features(await desk.autumn.customer(place.customer, expand=CARD))
