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
from handlers.interaction import Ask
from handlers.listener import Within
from handlers.services import Desk


def within_list(ask: Ask) -> Ask:
    """A click in the list, whose channel the modal remembers: an answer past the modal goes there."""
    return replace(ask, channel=ask.metadata)


async def show(ask: Ask, desk: Desk, told: str = "") -> None:
    """The channel's digests as they are now. `told`: what just happened, in words (mrkdwn).

    Where the modal was closed meanwhile, that is said in the channel, to the person alone.
    """
    problem, found, may = await asyncio.gather(
        channel_problem(ask, desk), desk.digests.of_channel(ask.channel), may_change(ask, desk)
    )
    drawn = list_card.digest_list(found, channel=ask.channel, problem=problem, may=may, note=told)
    if not await desk.replies.redraw(ask.view, drawn) and told:
        await desk.replies.fresh(ask, list_card.digest_said(told))


async def wait(ask: Ask, desk: Desk, told: str) -> None:
    """Nothing to click while something is done."""
    await desk.replies.redraw(ask.view, list_card.digest_waiting(ask.channel, told))


async def may_change(ask: Ask, desk: Desk) -> bool:
    """Whether the policy lets this person set digests up and change them."""
    return (await desk.permission.may_digests(ask.actor)).permit


async def channel_problem(ask: Ask, desk: Desk) -> ChannelProblem | None:
    """Why the channel can have no digests."""
    if not may_share(ask):
        return ChannelProblem.DIRECT
    return await desk.digests.channel_problem(ask.channel)


@contextlib.asynccontextmanager
async def in_modal(ask: Ask, desk: Desk) -> AsyncIterator[None]:
    """Trouble is said in the modal, which is where the person looks; elsewhere when it was closed."""

    async def say(card: Card) -> None:
        if not await desk.replies.redraw(ask.view, surfaces.as_modal(card)):
            await desk.replies.fresh(ask, card)

    try:
        yield
    except Exception as error:
        raise Within(error, say) from error
