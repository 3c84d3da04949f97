"""The Home tab, drawn whenever someone opens it; its digests; and buttons that only open a web address."""

from collections.abc import Mapping
from dataclasses import replace

from bot.digests import list_card
from bot.home import words
from bot.kit import ids
from bot.kit.carried import Ref
from handlers import digests
from handlers.interaction import Interaction
from handlers.listener import Run
from handlers.services import Services

OF_DIGESTS: Mapping[str, Run] = {
    ids.DIGEST_EDIT: digests.edit,
    ids.DIGEST_PAUSE: digests.pause,
    ids.DIGEST_RESUME: digests.resume,
    ids.DIGEST_SEND: digests.send,
    ids.DIGEST_PREVIEW: digests.preview,
    ids.DIGEST_REMOVE: digests.remove,
}
"""What the buttons next to a digest do, by their ids in the list."""


async def opened(interaction: Interaction, services: Services) -> None:
    if interaction.value == "home":
        await services.home.opened(interaction.actor)


def digest_clicked(handle: Run) -> Run:
    """As in the list of the digest's channel, which opens for it."""

    async def clicked(interaction: Interaction, services: Services) -> None:
        ref = Ref.decode(interaction.value)
        view = await services.replies.open_modal(interaction, list_card.digest_waiting(""))
        digest = await services.digests.get(ref.id)
        channel = digest.channel if digest is not None and not digest.personal else ""
        if channel and (barred := await _barred(interaction, services, channel)):
            await services.replies.update_modal(view, list_card.digest_waiting("", barred))
            services.home.changed(interaction.user)
            return
        await handle(replace(interaction, view=view, metadata=channel, channel=channel), services)

    return clicked


async def _barred(interaction: Interaction, services: Services, channel: str) -> str:
    """Why this person may see nothing of a channel's digests, whose buttons an old tab still has; else
    empty."""
    channels = await services.channels.of_person(interaction.user, anew=True)
    if channels is None:
        return words.DIGESTS_UNKNOWN
    return "" if channel in channels else words.NOT_IN_CHANNEL


async def link_clicked(_interaction: Interaction, _services: Services) -> None:
    """Slack delivers the click as well, but the browser has already opened the address."""
