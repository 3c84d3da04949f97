"""Mentions of Maple and direct messages to it: what `/autumn` understands, answered in place.

In a channel only the person who wrote sees the answer; in a thread it is in the thread.
"""

from dataclasses import replace

from handlers import command
from handlers.interaction import Interaction
from handlers.parsing import addressed
from handlers.services import Services


async def mentioned(interaction: Interaction, services: Services) -> None:
    typed = addressed(interaction.text, services.people.bot_user)
    await command.run(replace(interaction, text=typed), services)


async def written(interaction: Interaction, services: Services) -> None:
    """A message that somebody wrote; only those to Maple itself are answered."""
    if interaction.channel.startswith("D"):
        await mentioned(interaction, services)
