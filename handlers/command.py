"""`/autumn`: looks a customer up and answers the person who asked, or opens the form for a change."""

from bot import views
from bot.lookups import look_up, search
from bot.lookups.answers import Nobody, Several
from bot.views.card import Card
from handlers import answering, forms, history
from handlers.ask import Ask
from handlers.desk import Desk
from handlers.listing import listed
from handlers.parsing import Change, Find, Help, History, Incomplete, LookUp, parse


async def run(ask: Ask, desk: Desk) -> None:
    match parse(ask.value):
        case Help():
            await desk.replies.fresh(ask, views.help_card())
        case Incomplete(sub):
            await desk.replies.fresh(ask, views.usage_hint(sub))
        case Find(query):
            answer = _matches(desk, query)
            await answering.say(ask, desk, answer, asking=views.asking(None), by=desk.replies.fresh)
        case Change(kind, query):
            await forms.commanded(ask, desk, kind, query)
        case History(query):
            await history.commanded(ask, desk, query)
        case wish:
            answer = _found(ask, desk, wish)
            await answering.say(ask, desk, answer, asking=views.asking(None), by=desk.replies.fresh)


async def _matches(desk: Desk, query: str) -> Card:
    return listed(await search(desk.autumn, query, now=desk.now))


async def _found(ask: Ask, desk: Desk, wish: LookUp) -> Card:
    found = await look_up(desk.autumn, wish.query, wish.part, now=desk.now)
    if isinstance(found, Several | Nobody):
        return listed(found, part=wish.part)
    place, answer = found
    return views.card(
        place, answer, shareable=answering.may_share(ask), org=desk.organization(), changes=True
    )
