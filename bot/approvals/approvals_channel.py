"""The approvals channel, and whether customer data may be shown in it."""

from collections.abc import Awaitable, Callable
from typing import assert_never

from bot.approvals.results import Result
from bot.slack.channels import Channel, ChannelProblem


class ApprovalsChannel:
    """`id`: empty if there is none; then only changes that need no approval can be requested. `look` asks
    Slack about a channel on every call, and never raises."""

    def __init__(self, channel_id: str, look: Callable[[str], Awaitable[Channel]]) -> None:
        self.id = channel_id
        self._look = look

    async def refusal(self, channel_id: str) -> Result | None:
        """Why customer data may not be shown in this channel; None if it may."""
        problem = (await self._look(channel_id)).problem
        match problem:
            case None:
                return None
            case ChannelProblem.SHARED:
                return Result.CHANNEL_SHARED
            case ChannelProblem.UNCHECKED:
                return Result.CHANNEL_UNCHECKED
            case ChannelProblem.DIRECT | ChannelProblem.OUT | ChannelProblem.ARCHIVED:
                return Result.CHANNEL_OUT
            case _:  # pragma: no cover - there is no other problem
                assert_never(problem)

    async def own_refusal(self) -> Result | None:
        """Why nothing can be approved in the approvals channel; None if it can."""
        return await self.refusal(self.id) if self.id else Result.NO_CHANNEL
