"""`/autumn`: looks a customer up and answers the person who asked, or opens the form for a change."""

from bot import views
from bot.views import Search
from handlers import answering, forms, history, listing
from handlers.ask import Ask
from handlers.desk import Desk
from handlers.parsing import Change, Find, Help, History, Incomplete, parse


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
        case wish:
            await _search(ask, desk, Search(query=wish.query, part=wish.part, straight=True))


async def _search(ask: Ask, desk: Desk, wanted: Search) -> None:
    answer = listing.searched(ask, desk, wanted)
    await answering.say(ask, desk, answer, asking=views.asking(None), by=desk.replies.fresh)
