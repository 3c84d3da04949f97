"""A search, and what it ends at: a customer's card, or the customers that match."""

from bot import views
from bot.autumn.errors import AutumnError
from bot.lookups import look_up, search
from bot.lookups.answers import Nobody, Several
from bot.lookups.place import Part
from bot.views import Search
from bot.views.card import Card
from handlers import answering
from handlers.ask import Ask
from handlers.desk import Desk
from handlers.guard import Stuck
from handlers.parsing import mistyped


def listed(found: Several | Nobody, page: int = 0, part: Part = Part.OVERVIEW) -> Card:
    """The customers that match, to open at the part asked for; or that there are none."""
    if isinstance(found, Several):
        return views.matches(found, page=page, part=part)
    return views.nobody(found.query, compared=found.compared, meant=mistyped(found.query))


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
    return views.card(
        place, answer, shareable=answering.may_share(ask), org=desk.organization(), changes=True
    )
