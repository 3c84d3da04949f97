"""What a click's channel allows."""

from collections.abc import Awaitable, Callable

from bot.approvals import message_cards
from bot.kit.carried import Ref
from handlers.interaction import Interaction
from handlers.services import Services


def in_channel(interaction: Interaction) -> bool:
    """Whether there is a channel to share into. A direct message (D…) is nobody else's."""
    return interaction.channel.startswith(("C", "G"))


async def refuses_click(
    interaction: Interaction, services: Services, ref: Ref, redraw: Callable[[str, str], Awaitable[None]]
) -> bool:
    """Whether the channel it was clicked in may no longer show customer data. If so, nothing is decided or
    done there, and the card is redrawn without it. `redraw` takes the id and the message."""
    if not interaction.message or not in_channel(interaction):
        return False
    refusal = await services.changes.channel.refusal(interaction.channel)
    if refusal is None:
        return False
    await services.replies.ephemeral(interaction, message_cards.result_card(refusal, now=services.now()))
    await redraw(ref.id, interaction.message)
    return True
