"""The modal that has a channel's digests: what is shown in it, and what is said when something goes wrong."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

from bot.digests import list_card
from bot.kit import surfaces
from bot.kit.card import Card
from bot.slack.channels import ChannelProblem
from handlers.answering import may_share
from handlers.interaction import Interaction
from handlers.listener import ShownError
from handlers.services import Services


def within_list(interaction: Interaction) -> Interaction:
    """A click in the list, whose channel the modal remembers: an answer past the modal goes there."""
    return replace(interaction, channel=interaction.metadata)


async def show(interaction: Interaction, services: Services, told: str = "") -> None:
    """The channel's digests as they are now. `told`: what just happened, in words (mrkdwn).

    Where the modal was closed meanwhile, that is said in the channel, to the person alone.
    """
    problem, found, may = await asyncio.gather(
        channel_problem(interaction, services),
        services.digests.of_channel(interaction.channel),
        may_change(interaction, services),
    )
    drawn = list_card.digest_list(found, channel=interaction.channel, problem=problem, may=may, note=told)
    if not await services.replies.redraw(interaction.view, drawn) and told:
        await services.replies.fresh(interaction, list_card.digest_said(told))


async def wait(interaction: Interaction, services: Services, told: str) -> None:
    """Nothing to click while something is done."""
    await services.replies.redraw(interaction.view, list_card.digest_waiting(interaction.channel, told))


async def may_change(interaction: Interaction, services: Services) -> bool:
    """Whether the policy lets this person set digests up and change them."""
    return (await services.permission.may_digests(interaction.actor)).permit


async def channel_problem(interaction: Interaction, services: Services) -> ChannelProblem | None:
    """Why the channel can have no digests."""
    if not may_share(interaction):
        return ChannelProblem.DIRECT
    return await services.digests.channel_problem(interaction.channel)


@contextlib.asynccontextmanager
async def in_modal(interaction: Interaction, services: Services) -> AsyncIterator[None]:
    """Trouble is said in the modal, which is where the person looks; elsewhere when it was closed."""

    async def say(card: Card) -> None:
        if not await services.replies.redraw(interaction.view, surfaces.as_modal(card)):
            await services.replies.fresh(interaction, card)

    try:
        yield
    except Exception as error:
        raise ShownError(error, say) from error
