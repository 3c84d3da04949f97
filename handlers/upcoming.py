"""`/autumn upcoming`: all that a digest could say of the next days, to the person who asks."""

from bot.digests import card as digests_card
from bot.digests.model import Wanted
from bot.digests.schedule import known_zone
from bot.kit.card import Card
from bot.lookups import help as lookup_help
from handlers import answering
from handlers.interaction import Interaction
from handlers.services import Services

_ANYWHERE = "UTC"


async def commanded(interaction: Interaction, services: Services, days: int) -> None:
    await answering.say(
        interaction,
        services,
        _card(interaction, services, days),
        asking=lookup_help.asking(None),
        by=services.replies.fresh,
    )


async def _card(interaction: Interaction, services: Services, days: int) -> Card:
    report, query = await services.digests.upcoming(days, await zone(interaction, services))
    return digests_card.upcoming_card(
        report, wanted=Wanted(days=days), query_base=query, org=services.organization()
    )


async def zone(interaction: Interaction, services: Services) -> str:
    """The person's own time zone; UTC where Slack does not tell, or names one that is not known here."""
    own = await services.people.zone(interaction.actor)
    return own if known_zone(own) else _ANYWHERE
