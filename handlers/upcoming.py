"""`/autumn upcoming`: all that a digest could say of the next days, to the person who asks."""

from bot.digests import card as digests_card
from bot.digests.model import Wanted
from bot.digests.schedule import known_zone
from bot.kit.card import Card
from bot.lookups import help as lookup_help
from handlers import answering
from handlers.interaction import Ask
from handlers.services import Desk

_ANYWHERE = "UTC"


async def commanded(ask: Ask, desk: Desk, days: int) -> None:
    await answering.say(
        ask, desk, _card(ask, desk, days), asking=lookup_help.asking(None), by=desk.replies.fresh
    )


async def _card(ask: Ask, desk: Desk, days: int) -> Card:
    report, query = await desk.digests.upcoming(days, await zone(ask, desk))
    return digests_card.upcoming_card(
        report, wanted=Wanted(days=days), query_base=query, org=desk.organization()
    )


async def zone(ask: Ask, desk: Desk) -> str:
    """The person's own time zone; UTC where Slack does not tell, or names one that is not known here."""
    own = await desk.people.zone(ask.actor)
    return own if known_zone(own) else _ANYWHERE
