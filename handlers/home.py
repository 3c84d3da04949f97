"""The Home tab: drawn whenever somebody opens it."""

from bot.lookups import home as lookup_home
from handlers.interaction import Interaction
from handlers.services import Services


async def run(interaction: Interaction, services: Services) -> None:
    if interaction.value == "home":
        await services.replies.home(interaction, lookup_home.home(services.organization()))
