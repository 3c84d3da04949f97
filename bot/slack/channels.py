"""May a digest go to this channel? Asked of Slack anew, as channels change without a word."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.errors import SLACK_READ_ERRORS, PostStatus, interpret_error

_NO_CHANNEL = frozenset({"channel_not_found", "not_in_channel", "method_not_supported_for_channel_type"})
_CROWD = 20
"""Channels that are asked about one by one within a minute: Slack takes some fifty such calls."""
_FRESH = 20.0
"""Seconds for which a list of Maple's channels is believed, when there are more."""
_PAGE = 200


class ChannelProblem(StrEnum):
    """Why a digest may not go there."""

    DIRECT = "direct"
    """A direct message, not a channel."""
    OUT = "out"
    """Maple is not in it, or there is none."""
    ARCHIVED = "archived"
    SHARED = "shared"
    """Shared with another company, or about to be, and the policy does not name it."""
    UNCHECKED = "unchecked"
    """Slack could not be asked, or its answer does not tell."""


@dataclass(frozen=True, slots=True)
class Channel:
    """What Slack says of one, just now."""

    problem: ChannelProblem | None
    private: bool = False
    wait: float = 0.0
    """Seconds that Slack asks to be left alone for; with UNCHECKED."""


def judge(info: Mapping[str, Any], *, shared_allowed: bool) -> Channel:
    """What a channel is, by conversations.info. In doubt it is not fit."""
    private = bool(info.get("is_private"))
    if info.get("is_im") or info.get("is_mpim"):
        return Channel(ChannelProblem.DIRECT, private)
    if info.get("is_archived"):
        return Channel(ChannelProblem.ARCHIVED, private)
    if not info.get("is_member"):
        return Channel(ChannelProblem.OUT, private)
    shared = bool(info.get("is_ext_shared") or info.get("is_pending_ext_shared"))
    return Channel(ChannelProblem.SHARED if shared and not shared_allowed else None, private)


class Channels:
    """`shared`: ids of channels shared with another company to which digests may go all the same."""

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

    async def look(self, channel: str) -> Channel:
        """Never raises."""
        if channel.startswith("D"):
            return Channel(ChannelProblem.DIRECT)
        try:
            if self._crowded():
                known = (await self._list()).get(channel)
                # Only a good word of the list's is taken: what it says against a channel, or leaves out, is
                # asked about.
                if known is not None and (found := self._judge(channel, known)).problem is None:
                    return found
            self._asked.append(self._clock())
            answer = await self._slack.conversations_info(channel=channel)
            return self._judge(channel, answer["channel"])
        except SLACK_READ_ERRORS as error:
            told = interpret_error(error)
            if told.reason in _NO_CHANNEL:
                return Channel(ChannelProblem.OUT)
            return Channel(
                ChannelProblem.UNCHECKED, wait=told.wait if told.answer is PostStatus.LIMITED else 0
            )

    def _judge(self, channel: str, info: Mapping[str, Any]) -> Channel:
        return judge(info, shared_allowed=channel in self._shared)

    def _crowded(self) -> bool:
        """Whether so many were asked about just now that one by one would be too much for Slack."""
        return len(self._asked) == _CROWD and self._clock() - self._asked[0] < 60

    async def _list(self) -> Mapping[str, Mapping[str, Any]]:
        """All the channels Maple is in."""
        async with self._listing:
            if self._clock() - self._listed_at >= _FRESH:
                begun = self._clock()
                self._listed = {
                    str(one["id"]): {**one, "is_member": True}
                    for one in await self._pages()
                    if "is_ext_shared" in one
                }
                self._listed_at = begun
            return self._listed

    async def _pages(self) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        cursor = ""
        while True:
            page = await self._slack.users_conversations(
                types="public_channel,private_channel", exclude_archived=True, limit=_PAGE, cursor=cursor
            )
            found += page["channels"]
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return found
