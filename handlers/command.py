"""`/autumn`: looks a customer up and answers the person who asked, or opens the form for a change."""

from bot import views
from bot.digests.model import MOST_DAYS
from bot.views import Search
from handlers import answering, digests, forms, history, listing, upcoming
from handlers.ask import Ask
from handlers.desk import Desk
from handlers.parsing import (
    Change,
    Digests,
    Find,
    Help,
    History,
    Incomplete,
    NoDays,
    Upcoming,
    parse,
)


async def run(ask: Ask, desk: Desk) -> None:
    match parse(ask.value):
        case Help():
            await desk.replies.fresh(ask, views.help_card())
        case Incomplete(sub):
            await desk.replies.fresh(ask, views.usage_hint(sub))
        case Find(query):
            await _search(ask, desk, Search(query=query))
        case Change(kind, query):
            await forms.commanded(ask, desk, kind, query)
        case History(query):
            await history.commanded(ask, desk, query)
        case Digests():
            await digests.commanded(ask, desk)
        case Upcoming(days):
            await upcoming.commanded(ask, desk, days)
        case NoDays():
            await desk.replies.fresh(ask, views.days_hint(MOST_DAYS))
        case wish:
            await _search(ask, desk, Search(query=wish.query, part=wish.part, straight=True))


async def _search(ask: Ask, desk: Desk, wanted: Search) -> None:
    answer = listing.searched(ask, desk, wanted)
    await answering.say(ask, desk, answer, asking=views.asking(None), by=desk.replies.fresh)
