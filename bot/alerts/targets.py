"""Where a subscription's alerts go, and whether they may go there just now."""

from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from bot.access.people import Actor, People, Standing
from bot.alerts.model import Pause, Subscription
from bot.slack import messages
from bot.slack.channels import Channel, ChannelProblem, Channels
from bot.slack.errors import SLACK_READ_ERRORS

PAUSES = {
    "not_in_channel": Pause.REMOVED,
    "channel_not_found": Pause.REMOVED,
    "is_archived": Pause.ARCHIVED,
}
"""Refusals of a post that will be the same tomorrow; all others of that kind are RESTRICTED."""

_PAUSES = {
    ChannelProblem.DIRECT: Pause.REMOVED,
    ChannelProblem.OUT: Pause.REMOVED,
    ChannelProblem.ARCHIVED: Pause.ARCHIVED,
    ChannelProblem.SHARED: Pause.SHARED,
}


@dataclass(frozen=True, slots=True)
class Target:
    channel: str = ""
    """Where to post; empty when it cannot be posted now."""
    pause: Pause | None = None
    """Why the subscription cannot go on; None when it can, or when that is not known."""
    wait: float = 0.0
    """Seconds that Slack asks to be left alone for."""


def pause_for(channel: Channel, *, was_private: bool) -> Pause | None:
    """Why a subscription that was set up there cannot go on; None when it can, or when that is not known."""
    if channel.problem is not None:
        return _PAUSES.get(channel.problem)
    return Pause.PUBLIC if was_private and not channel.private else None


class Targets:
    def __init__(self, slack: AsyncWebClient, channels: Channels, people: People) -> None:
        self._slack = slack
        self._channels = channels
        self._people = people

    async def of(self, subscription: Subscription) -> Target:
        """Never raises."""
        if subscription.personal:
            return await self._person(subscription)
        channel = await self._channels.look(subscription.channel)
        pause = pause_for(channel, was_private=subscription.private)
        if pause is not None:
            return Target(pause=pause)
        if channel.problem is not None:
            return Target(wait=channel.wait)
        return Target(subscription.channel)

    async def _person(self, subscription: Subscription) -> Target:
        standing = await self._people.standing(Actor(subscription.owner, subscription.team))
        if standing is Standing.UNCHECKED:
            return Target()
        if standing is not Standing.MEMBER:
            return Target(pause=Pause.LEFT)
        try:
            return Target(await messages.open_dm(self._slack, subscription.owner))
        except SLACK_READ_ERRORS:
            return Target()
