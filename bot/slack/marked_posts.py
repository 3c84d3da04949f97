"""Messages that are sent once, and found again by the mark in their metadata."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from slack_sdk.web.async_client import AsyncWebClient

from bot.kit.card import Block
from bot.slack import messages
from bot.slack.errors import SLACK_READ_ERRORS, PostAnswer, PostStatus, interpret_error

_CLOCK_SKEW = timedelta(minutes=5)
"""How far Slack's clock and ours may be apart."""
_PAGE = 15
"""Slack gives some apps no more at a time."""


@dataclass(frozen=True, slots=True)
class Mark:
    event: str
    payload: Mapping[str, str]

    @property
    def metadata(self) -> Mapping[str, Any]:
        return {"event_type": self.event, "event_payload": dict(self.payload)}

    def is_on(self, message: Mapping[str, Any]) -> bool:
        metadata = message.get("metadata") or {}
        payload = metadata.get("event_payload")
        return (
            metadata.get("event_type") == self.event
            and isinstance(payload, dict)
            and payload.items() >= self.payload.items()
        )


@dataclass(frozen=True, slots=True)
class Found:
    ts: str


@dataclass(frozen=True, slots=True)
class Absent:
    """Slack shows no such message."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Slack could not be asked, so it may be there."""

    failure: PostAnswer


SearchResult: TypeAlias = Found | Absent | Unknown


async def send(
    slack: AsyncWebClient,
    channel: str,
    mark: Mark,
    text: str,
    blocks: Sequence[Block],
    *,
    thread_ts: str = "",
) -> PostAnswer:
    """One request, whatever becomes of it: `slack` must be a client that never retries on its own."""
    try:
        ts = await messages.post(slack, channel, text, blocks, thread_ts=thread_ts, metadata=mark.metadata)
        return PostAnswer(PostStatus.TAKEN, ts=ts)
    except SLACK_READ_ERRORS as error:
        return interpret_error(error)


async def find(
    slack: AsyncWebClient,
    channel: str,
    mark: Mark,
    *,
    sent_at: datetime,
    within: timedelta,
    thread_ts: str = "",
) -> SearchResult:
    """Looks for the marked message.

    `sent_at`: when it was about to be sent, which took no longer than `within`. `thread_ts`: looks in this
    thread instead of the channel.

    This assumes that a message Slack has taken is in the history at once, which Slack does not promise. If it
    is not, the message could be posted twice; so callers let some time pass before they ask.
    """
    oldest, latest = sent_at - _CLOCK_SKEW, sent_at + within + _CLOCK_SKEW
    cursor = ""
    while True:
        try:
            span: dict[str, Any] = {
                "oldest": f"{oldest.timestamp():.6f}",
                "latest": f"{latest.timestamp():.6f}",
                "include_all_metadata": True,
                "limit": _PAGE,
                "cursor": cursor,
            }
            if thread_ts:
                page = await slack.conversations_replies(channel=channel, ts=thread_ts, **span)
            else:
                page = await slack.conversations_history(channel=channel, **span)
            for message in page["messages"]:
                if mark.is_on(message):
                    return Found(str(message["ts"]))
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
        except SLACK_READ_ERRORS as error:
            return Unknown(interpret_error(error))
        if not cursor:
            return Absent()
