"""A search, and what it ends at: a customer's card, or the customers that match."""

from bot.autumn.errors import AutumnError
from bot.changes import buttons
from bot.kit.card import Card
from bot.lookups import card as lookup_card
from bot.lookups.answers import NoMatch, SeveralMatches
from bot.lookups.find import card as find_card
from bot.lookups.find.card import Search
from bot.lookups.find.search import search
from bot.lookups.place import Part
from bot.lookups.readers import look_up
from handlers import answering
from handlers.interaction import Interaction
from handlers.listener import LookupFailed
from handlers.parsing import mistyped
from handlers.services import Services


def listed(found: SeveralMatches | NoMatch, page: int = 0, part: Part = Part.OVERVIEW) -> Card:
    """The customers that match, to open at the part asked for; or that there are none."""
    if isinstance(found, SeveralMatches):
        return find_card.matches(found, page=page, part=part)
    return find_card.nobody(found.query, compared=found.compared, meant=mistyped(found.query))


async def searched(interaction: Interaction, services: Services, wanted: Search) -> Card:
    """Raises Stuck when Autumn does not answer."""
    try:
        return await (
            _meant(interaction, services, wanted) if wanted.straight else _matches(services, wanted)
        )
    except AutumnError as error:
        raise LookupFailed(error, wanted) from error


async def _matches(services: Services, wanted: Search) -> Card:
    return listed(await search(services.autumn, wanted.query, now=services.now), wanted.page, wanted.part)


async def _meant(interaction: Interaction, services: Services, wanted: Search) -> Card:
    found = await look_up(services.autumn, wanted.query, wanted.part, now=services.now)
    if isinstance(found, SeveralMatches | NoMatch):
        return listed(found, part=wanted.part)
    place, answer = found
    return lookup_card.card(
        place,
        answer,
        shareable=answering.may_share(interaction),
        org=services.organization(),
        actions=buttons.row(place),
    )
