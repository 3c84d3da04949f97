"""Whether the policy lets a person set digests and alerts up."""

from bot.access.refusal import Ask, PolicyRefusal
from bot.access.rules import Verb
from handlers import refusals
from handlers.channel_check import in_channel
from handlers.interaction import Interaction
from handlers.services import Services


async def policy_refusal(interaction: Interaction, services: Services) -> PolicyRefusal | None:
    """Why the policy does not let this person set digests and alerts up and change them; None if it does."""
    decision = await services.permission.may_digests(interaction.actor)
    if decision.permit:
        return None
    channel = interaction.channel if in_channel(interaction) else ""
    return await refusals.of_verb(interaction, services, Ask(verb=Verb.DIGESTS, channel=channel), decision)


async def may_change(interaction: Interaction, services: Services) -> bool:
    """Whether the policy lets this person set digests and alerts up and change them."""
    return (await services.permission.may_digests(interaction.actor)).permit
