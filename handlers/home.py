"""The Home tab, drawn whenever someone opens it; and buttons that only open a web address."""

from handlers.interaction import Interaction
from handlers.services import Services


async def opened(interaction: Interaction, services: Services) -> None:
    if interaction.value == "home":
        await services.home.opened(interaction.actor)


async def link_clicked(_interaction: Interaction, _services: Services) -> None:
    """Slack delivers the click as well, but the browser has already opened the address."""
