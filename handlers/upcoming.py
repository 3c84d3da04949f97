"""`/autumn upcoming`: all that a digest could say of the next days, to the person who asks."""

from bot import views
from bot.digests.model import Wanted
from bot.digests.schedule import known_zone
from bot.views.card import Card
from handlers import answering
from handlers.ask import Ask
from handlers.desk import Desk

_ANYWHERE = "UTC"


async def commanded(ask: Ask, desk: Desk, days: int) -> None:
    await answering.say(ask, desk, _card(ask, desk, days), asking=views.asking(None), by=desk.replies.fresh)


async def _card(ask: Ask, desk: Desk, days: int) -> Card:
    report, query = await desk.digests.upcoming(days, await zone(ask, desk))
    return views.upcoming_card(report, wanted=Wanted(days=days), query_base=query, org=desk.organization())


async def zone(ask: Ask, desk: Desk) -> str:
    """The person's own time zone; UTC where Slack does not tell, or names one that is not known here."""
    own = await desk.people.zone(ask.actor)
    return own if known_zone(own) else _ANYWHERE
