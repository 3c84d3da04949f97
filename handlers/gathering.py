"""*Add to a list* in the form of a change: several changes are gathered, and requested together."""

from dataclasses import replace
from functools import partial

from bot.batches.model import GatheredList
from bot.changes import request_form
from bot.kit import text
from handlers import batches, decoding, forms
from handlers.errors import shown_in_modal
from handlers.interaction import Interaction
from handlers.services import Services

_LONGEST = 300


async def add(interaction: Interaction, services: Services) -> None:
    """The same modal shows the list; or the form again, with what is wrong in it."""
    meta = decoding.change_form(interaction.metadata)
    interaction = replace(interaction, channel=meta.channel)
    async with (
        services.latest_click.handling(interaction.view, interaction.occurred_at),
        shown_in_modal(interaction, services, partial(request_form.stopped, meta)),
    ):
        parsed = request_form.parse(meta, interaction.state)
        if parsed.input is None:
            wrong = dict.fromkeys(text.mrkdwn(why, _LONGEST) for why in parsed.errors.values())
            await forms.not_taken(interaction, services, meta, "\n".join(wrong))
            return
        reason = "\n".join(part for part in (parsed.reason, parsed.ticket) if part)
        gathered = await services.batches.gather(parsed.input, reason, interaction.actor)
        await batches.show_gathered(interaction, services, gathered)


async def reopen(interaction: Interaction, services: Services) -> None:
    """From the form of bulk changes."""
    gathered = await services.batches.gathered(interaction.actor)
    await batches.show_gathered(interaction, services, gathered or GatheredList(interaction.value, ()))
