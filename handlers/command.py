"""`/autumn`: looks a customer up and answers the person who asked."""

from bot import views
from bot.lookups import look_up, search
from bot.lookups.answers import Nobody, Several
from bot.views.card import Card
from handlers import answering
from handlers.ask import Ask
from handlers.desk import Desk
from handlers.parsing import Find, Help, Incomplete, LookUp, parse


async def run(ask: Ask, desk: Desk) -> None:
    match parse(ask.value):
        case Help():
            await desk.replies.fresh(ask, views.help_card())
        case Incomplete(sub):
            await desk.replies.fresh(ask, views.usage_hint(sub))
        case Find(query):
            answer = _matches(desk, query)
            await answering.say(ask, desk, answer, asking=views.asking(None), by=desk.replies.fresh)
        case wish:
            answer = _found(ask, desk, wish)
            await answering.say(ask, desk, answer, asking=views.asking(None), by=desk.replies.fresh)


async def _matches(desk: Desk, query: str) -> Card:
    return listed(await search(desk.autumn, query, now=desk.now))


async def _found(ask: Ask, desk: Desk, wish: LookUp) -> Card:
    found = await look_up(desk.autumn, wish.query, wish.part, now=desk.now)
    if isinstance(found, Several | Nobody):
        return listed(found)
    place, answer = found
    return views.card(place, answer, shareable=answering.may_share(ask), org=desk.organization())


def listed(found: Several | Nobody, page: int = 0) -> Card:
    """The customers that match, to pick from; or that there are none."""
    return views.matches(found, page=page) if isinstance(found, Several) else views.nobody(found.query)
