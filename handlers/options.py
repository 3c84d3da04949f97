"""What a select offers while somebody types. Slack takes 100 options, within 3 seconds."""

from collections.abc import Mapping
from typing import Any

from bot.kit import ids
from bot.lookups import names, options
from bot.lookups.customer import CARD
from bot.lookups.find.search import suggest
from bot.lookups.place import Part, Place
from handlers.interaction import Interaction
from handlers.services import Services

MOST = 100


async def customers(interaction: Interaction, services: Services) -> list[dict[str, Any]]:
    """Customers whose id, name or e-mail contain what was typed."""
    return options.customer_options(await suggest(services.autumn, interaction.value))[:MOST]


async def features(interaction: Interaction, services: Services) -> list[dict[str, Any]]:
    """The features to pick from on a card; its place stands in the select's block_id."""
    place = Place.decode(interaction.block.removeprefix(f"{ids.PICK_FEATURE}:"))
    return options.feature_options(await offered(services, place), interaction.value)[:MOST]


async def offered(services: Services, place: Place) -> Mapping[str, str]:
    """Names by feature id: on the events every feature that is tracked, elsewhere those the customer has."""
    if place.part is Part.EVENTS:
        known = await services.autumn.features()
        return {one.id: one.name or one.id for one in known if one.type != "boolean" and not one.archived}
    return names.features(await services.autumn.customer(place.customer, expand=CARD))
