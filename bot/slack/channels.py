"""The one place that says whether customer data may go into a channel, by what Slack says of it just now."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from cachetools import TTLCache
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.errors import NOT_THERE, SLACK_READ_ERRORS, PostStatus, interpret_error

_NO_CHANNEL = NOT_THERE | {"method_not_supported_for_channel_type"}
_CROWD = 20
"""Channels asked about one by one within a minute: Slack takes some fifty such calls."""
_FRESH = 20.0
"""Seconds for which a list of Maple's channels is believed, when there are more."""
_PAGE = 200
_PEOPLE = 1000
_PERSON = 3.0
"""Seconds that Slack has to list a person's channels."""


class ChannelProblem(StrEnum):
    """Why no customer data may go there."""

    DIRECT = "direct"
    """A direct message, not a channel."""
    OUT = "out"
    """Maple is not in it, or it does not exist."""
    ARCHIVED = "archived"
    SHARED = "shared"
    """Shared with another company, or about to be, and not allowed as an exception."""
    UNCHECKED = "unchecked"
    """Slack could not be asked, or its answer does not say."""


@dataclass(frozen=True, slots=True)
class Channel:
    problem: ChannelProblem | None
    private: bool = False
    wait: float = 0.0
    """Seconds before Slack may be asked again; with UNCHECKED."""
    name: str = field(default="", compare=False)
    """Empty when Slack does not give it."""
    error: str = field(default="", compare=False)
    """Slack's name of the error when it does not show the channel."""


def judge(info: Mapping[str, Any], *, shared_allowed: bool) -> Channel:
    """What a channel is, by conversations.info. In doubt it counts as unfit.

    That another company can read it comes first: it also holds for messages that are already there. Guests
    of this workspace are not looked at: in a channel that they are in, they read what is posted.
    """
    problem = None
    if info.get("is_im") or info.get("is_mpim"):
        problem = ChannelProblem.DIRECT
    elif (info.get("is_ext_shared") or info.get("is_pending_ext_shared")) and not shared_allowed:
        problem = ChannelProblem.SHARED
    elif info.get("is_archived"):
        problem = ChannelProblem.ARCHIVED
    elif not info.get("is_member"):
        problem = ChannelProblem.OUT
    return Channel(problem, private=bool(info.get("is_private")), name=str(info.get("name") or ""))


class Channels:
    """`shared`: ids of channels shared with another company into which customer data may still go."""

    def __init__(
        self,
        slack: AsyncWebClient,
        shared: frozenset[str] = frozenset(),
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._slack = slack
        self._shared = shared
        self._clock = clock
        self._asked: deque[float] = deque(maxlen=_CROWD)
        self._listed: dict[str, Mapping[str, Any]] = {}
        self._listed_at = float("-inf")
        self._listing = asyncio.Lock()
        self._of_people: TTLCache[str, frozenset[str]] = TTLCache(_PEOPLE, _FRESH, timer=clock)

    async def check(self, channel: str, *, anew: bool = False) -> Channel:
        """Whether customer data may go to the channel, and whether it is private. Never raises. `anew`: asks
        Slack about this channel alone, however many others were asked about just now."""
        if channel.startswith("D"):
            return Channel(ChannelProblem.DIRECT)
        try:
            if not anew and self._crowded():
                listed_channel = (await self._list()).get(channel)
                # The list is trusted only when it says that a channel is fine.
                if (
                    listed_channel is not None
                    and (listed := self._judge(channel, listed_channel)).problem is None
                ):
                    return listed
            self._asked.append(self._clock())
            answer = await self._slack.conversations_info(channel=channel)
            return self._judge(channel, answer["channel"])
        except SLACK_READ_ERRORS as error:
            refusal = interpret_error(error)
            if refusal.reason in _NO_CHANNEL:
                return Channel(ChannelProblem.OUT, error=refusal.reason)
            wait = refusal.wait if refusal.status is PostStatus.LIMITED else 0
            return Channel(ChannelProblem.UNCHECKED, wait=wait, error=refusal.reason)

    async def of_person(self, user: str, *, anew: bool = False) -> frozenset[str] | None:
        """Ids of the channels that a person is in, as far as Maple can see them; None if Slack does not say.
        `anew`: asks Slack again, whatever it said just now. Never raises."""
        cached: frozenset[str] | None = self._of_people.get(user)
        if cached is not None and not anew:
            return cached
        try:
            async with asyncio.timeout(_PERSON):
                channel_ids = frozenset([str(channel["id"]) for channel in await self._pages(user=user)])
        except SLACK_READ_ERRORS:
            return None
        self._of_people[user] = channel_ids
        return channel_ids

    def _judge(self, channel: str, info: Mapping[str, Any]) -> Channel:
        return judge(info, shared_allowed=channel in self._shared)

    def _crowded(self) -> bool:
        """Whether one more separate question would be too much for Slack."""
        return len(self._asked) == _CROWD and self._clock() - self._asked[0] < 60

    async def _list(self) -> Mapping[str, Mapping[str, Any]]:
        """All the channels Maple is in."""
        async with self._listing:
            if self._clock() - self._listed_at >= _FRESH:
                begun = self._clock()
                self._listed = {
                    str(info["id"]): {**info, "is_member": True}
                    for info in await self._pages()
                    if "is_ext_shared" in info
                }
                self._listed_at = begun
            return self._listed

    async def _pages(self, **whose: str) -> list[Mapping[str, Any]]:
        """`whose`: a person's channels; Maple's own unless given."""
        channels: list[Mapping[str, Any]] = []
        cursor = ""
        while True:
            page = await self._slack.users_conversations(
                types="public_channel,private_channel",
                exclude_archived=True,
                limit=_PAGE,
                cursor=cursor,
                **whose,
            )
            channels += page["channels"]
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return channels
