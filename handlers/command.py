"""`/autumn`: looks a customer up and answers the person who asked, or opens the form for a change."""

from bot.digests.model import MOST_DAYS
from bot.lookups import help as lookup_help
from bot.lookups.find.card import Search
from handlers import answering, digests, forms, history, listing, upcoming
from handlers.interaction import Ask
from handlers.parsing import Change, Digests, Find, Help, History, Incomplete, NoDays, Upcoming, parse
from handlers.services import Desk


async def run(ask: Ask, desk: Desk) -> None:
    match parse(ask.value):
        case Help():
            await desk.replies.fresh(ask, lookup_help.help_card())
        case Incomplete(sub):
            await desk.replies.fresh(ask, lookup_help.usage_hint(sub))
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
            await desk.replies.fresh(ask, lookup_help.days_hint(MOST_DAYS))
        case wish:
            await _search(ask, desk, Search(query=wish.query, part=wish.part, straight=True))


async def _search(ask: Ask, desk: Desk, wanted: Search) -> None:
    answer = listing.searched(ask, desk, wanted)
    await answering.say(ask, desk, answer, asking=lookup_help.asking(None), by=desk.replies.fresh)
