"""`/autumn digest`: the channel's digests in a modal, to be paused, resumed and removed there."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Protocol

from bot.digests import list_card
from bot.digests.model import Digest
from bot.kit.ref import Ref
from bot.slack.channels import ChannelProblem
from handlers.digest_modal import in_modal, may_change, show, within_list
from handlers.interaction import Interaction
from handlers.once import first, first_in_time
from handlers.services import Services


class _Verb(Protocol):
    """Of `bot.digests.service.DigestService`."""

    def __call__(self, digest_id: str, /, *, by: str) -> Awaitable[Digest | ChannelProblem | None]: ...


async def commanded(interaction: Interaction, services: Services) -> None:
    if not await first_in_time(interaction, services):
        return
    view = await services.replies.modal(interaction, list_card.digest_waiting(interaction.channel))
    interaction = replace(interaction, view=view)
    async with in_modal(interaction, services):
        await show(interaction, services)


async def pause(interaction: Interaction, services: Services) -> None:
    await _change(interaction, services, services.digests.pause, "paused")


async def resume(interaction: Interaction, services: Services) -> None:
    await _change(interaction, services, services.digests.resume, "resumed")


async def remove(interaction: Interaction, services: Services) -> None:
    await _change(interaction, services, services.digests.remove, "removed")


async def _change(interaction: Interaction, services: Services, verb: _Verb, happened: str) -> None:
    ref = Ref.decode(interaction.value)
    if not await first(interaction, services):
        return
    interaction = within_list(interaction)
    async with in_modal(interaction, services):
        if not await may_change(interaction, services):
            await show(interaction, services, list_card.digest_note("not_allowed"))
            return
        match await verb(ref.id, by=interaction.actor.user):
            case Digest():
                await show(interaction, services, list_card.digest_note(happened))
            case None:
                await show(interaction, services, list_card.digest_note("changed"))
            case _:
                # The list says what stands against the channel.
                await show(interaction, services)
