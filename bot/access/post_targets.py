"""Where posts go, a channel or a person's direct messages, and whether they may go there now."""

from dataclasses import dataclass
from enum import StrEnum

from slack_sdk.web.async_client import AsyncWebClient

from bot.access.people import Actor, People, Standing
from bot.slack import messages
from bot.slack.channels import Channel, ChannelProblem, Channels
from bot.slack.errors import SLACK_READ_ERRORS


class Pause(StrEnum):
    """Why a digest or an alert is paused."""

    ASKED = "asked"
    SHARED = "shared"
    """The channel is shared with another company now."""
    REMOVED = "removed"
    """Maple is no longer in the channel, or the channel is gone."""
    ARCHIVED = "archived"
    PUBLIC = "public"
    """The channel was private when it was set up, and no longer is."""
    RESTRICTED = "restricted"
    """Slack lets only some people post there, and Maple is not one of them."""
    LEFT = "left"
    """The person whose direct messages it goes to may no longer use Maple."""


class PersonProblem(StrEnum):
    """Why nothing may go to a person's direct messages."""

    NOT_MEMBER = "not_member"
    """They are a guest, from another company, an app, or deactivated."""
    UNCHECKED = "unchecked"
    """Slack could not be asked, or its answer does not say."""


_REFUSALS = {
    "not_in_channel": Pause.REMOVED,
    "channel_not_found": Pause.REMOVED,
    "is_archived": Pause.ARCHIVED,
}
_PROBLEMS = {
    ChannelProblem.DIRECT: Pause.REMOVED,
    ChannelProblem.OUT: Pause.REMOVED,
    ChannelProblem.ARCHIVED: Pause.ARCHIVED,
    ChannelProblem.SHARED: Pause.SHARED,
}


def is_person(target: str) -> bool:
    """Whether a target is a person, by their id in Slack, rather than a channel."""
    return target.startswith(("U", "W"))


def pause_for(channel: Channel, *, was_private: bool) -> Pause | None:
    """Why what was set up in this channel cannot go on; None if it can, or if that is not known."""
    if channel.problem is not None:
        return _PROBLEMS.get(channel.problem)
    return Pause.PUBLIC if was_private and not channel.private else None


def pause_for_refusal(reason: str) -> Pause:
    """The same by Slack's refusal of a post that will be the same tomorrow."""
    return _REFUSALS.get(reason, Pause.RESTRICTED)


async def person_problem(people: People, person: str) -> PersonProblem | None:
    """Why nothing may go to this person's direct messages now. Never raises."""
    standing = await people.standing(Actor(person))
    if standing is Standing.MEMBER:
        return None
    return PersonProblem.UNCHECKED if standing is Standing.UNCHECKED else PersonProblem.NOT_MEMBER


@dataclass(frozen=True, slots=True)
class Destination:
    channel: str = ""
    """Where to post; empty if that is not possible now."""
    pause: Pause | None = None
    """Why it cannot go on; None if it can, or if that is not known."""
    wait: float = 0.0
    """Seconds that Slack asks to be left alone for."""


class PostTargets:
    def __init__(self, slack: AsyncWebClient, channels: Channels, people: People) -> None:
        self._slack = slack
        self._channels = channels
        self._people = people

    async def problem(self, person: str) -> PersonProblem | None:
        """Why nothing may go to this person now. Never raises."""
        return await person_problem(self._people, person)

    async def destination(self, target: str, *, was_private: bool) -> Destination:
        """Where a post goes now. `was_private`: whether the channel was private when it was set up. Never
        raises."""
        if is_person(target):
            return await self._of_person(target)
        channel = await self._channels.check(target)
        pause = pause_for(channel, was_private=was_private)
        if pause is not None:
            return Destination(pause=pause)
        if channel.problem is not None:
            return Destination(wait=channel.wait)
        return Destination(target)

    async def address(self, target: str) -> str:
        """Where an earlier post is, if there was one; empty if Slack does not say. Never raises."""
        if not is_person(target):
            return target
        try:
            return await messages.open_dm(self._slack, target)
        except SLACK_READ_ERRORS:
            return ""

    async def _of_person(self, person: str) -> Destination:
        problem = await self.problem(person)
        if problem is PersonProblem.NOT_MEMBER:
            return Destination(pause=Pause.LEFT)
        return Destination() if problem is not None else Destination(await self.address(person))


class DirectMessages:
    """Messages to one person about a customer: only while that person may see customers.

    The requester may have become a guest, or left, by the time there is something to tell them.
    """

    def __init__(self, slack: AsyncWebClient, people: People) -> None:
        self._slack = slack
        self._people = people
        self._channels: dict[str, str] = {}

    async def problem(self, person: str) -> PersonProblem | None:
        """Why nothing about a customer may be sent to this person now. Never raises."""
        return await person_problem(self._people, person)

    async def channel(self, person: str) -> str:
        """Where their messages with Maple are. Raises Slack's errors."""
        if person not in self._channels:
            self._channels[person] = await messages.open_dm(self._slack, person)
        return self._channels[person]
