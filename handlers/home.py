"""The Home tab, drawn whenever someone opens it; and buttons that only open a web address."""

from bot.changes import registry as kinds
from bot.lookups import home
from handlers.interaction import Interaction
from handlers.services import Services


async def opened(interaction: Interaction, services: Services) -> None:
    if interaction.value == "home":
        await services.replies.publish_home(
            interaction, home.home(kinds.help_lines(), services.organization())
        )


async def link_clicked(_interaction: Interaction, _services: Services) -> None:
    """Slack delivers the click as well, but the browser has already opened the address."""
