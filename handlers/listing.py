"""A search, and what it ends at: a customer's card, or the customers that match."""

from bot.autumn.errors import AutumnError
from bot.kit.card import Card
from bot.lookups import card as lookup_card
from bot.lookups.answers import Nobody, Several
from bot.lookups.find import card as find_card
from bot.lookups.find.card import Search
from bot.lookups.find.search import search
from bot.lookups.place import Part
from bot.lookups.readers import look_up
from handlers import answering
from handlers.interaction import Ask
from handlers.listener import Stuck
from handlers.parsing import mistyped
from handlers.services import Desk


def listed(found: Several | Nobody, page: int = 0, part: Part = Part.OVERVIEW) -> Card:
    """The customers that match, to open at the part asked for; or that there are none."""
    if isinstance(found, Several):
        return find_card.matches(found, page=page, part=part)
    return find_card.nobody(found.query, compared=found.compared, meant=mistyped(found.query))


async def searched(ask: Ask, desk: Desk, wanted: Search) -> Card:
    """Raises Stuck when Autumn does not answer."""
    try:
        return await (_meant(ask, desk, wanted) if wanted.straight else _matches(desk, wanted))
    except AutumnError as error:
        raise Stuck(error, wanted) from error


async def _matches(desk: Desk, wanted: Search) -> Card:
    return listed(await search(desk.autumn, wanted.query, now=desk.now), wanted.page, wanted.part)


async def _meant(ask: Ask, desk: Desk, wanted: Search) -> Card:
    found = await look_up(desk.autumn, wanted.query, wanted.part, now=desk.now)
    if isinstance(found, Several | Nobody):
        return listed(found, part=wanted.part)
    place, answer = found
    return lookup_card.card(
        place, answer, shareable=answering.may_share(ask), org=desk.organization(), changes=True
    )
