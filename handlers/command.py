"""`/autumn`: looks a customer up and answers the person who asked, or opens the form for a change."""

from bot.digests.model import MOST_DAYS
from bot.lookups import help as lookup_help
from bot.lookups.find.card import Search
from handlers import answering, digests, forms, history, listing, upcoming
from handlers.interaction import Interaction
from handlers.parsing import (
    ChangeCommand,
    DigestsCommand,
    FindCommand,
    HelpCommand,
    HistoryCommand,
    Incomplete,
    NoDays,
    UpcomingCommand,
    parse,
)
from handlers.services import Services


async def run(interaction: Interaction, services: Services) -> None:
    match parse(interaction.value):
        case HelpCommand():
            await services.replies.fresh(interaction, lookup_help.help_card())
        case Incomplete(sub):
            await services.replies.fresh(interaction, lookup_help.usage_hint(sub))
        case FindCommand(query):
            await _search(interaction, services, Search(query=query))
        case ChangeCommand(kind, query):
            await forms.commanded(interaction, services, kind, query)
        case HistoryCommand(query):
            await history.commanded(interaction, services, query)
        case DigestsCommand():
            await digests.commanded(interaction, services)
        case UpcomingCommand(days):
            await upcoming.commanded(interaction, services, days)
        case NoDays():
            await services.replies.fresh(interaction, lookup_help.days_hint(MOST_DAYS))
        case wish:
            await _search(interaction, services, Search(query=wish.query, part=wish.part, straight=True))


async def _search(interaction: Interaction, services: Services, wanted: Search) -> None:
    answer = listing.searched(interaction, services, wanted)
    await answering.say(
        interaction, services, answer, asking=lookup_help.asking(None), by=services.replies.fresh
    )
