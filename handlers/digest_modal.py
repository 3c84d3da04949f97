"""The modal that has a channel's digests: what is shown in it, and what is said when something goes wrong."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

from bot import views
from bot.digests.channels import ChannelProblem
from bot.views import surfaces
from bot.views.card import Card
from handlers.answering import may_share
from handlers.ask import Ask
from handlers.desk import Desk
from handlers.guard import Within


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
    drawn = views.digest_list(found, channel=ask.channel, problem=problem, may=may, note=told)
    if not await desk.replies.redraw(ask.view, drawn) and told:
        await desk.replies.fresh(ask, views.digest_said(told))


async def wait(ask: Ask, desk: Desk, told: str) -> None:
    """Nothing to click while something is done."""
    await desk.replies.redraw(ask.view, views.digest_waiting(ask.channel, told))


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
