"""Messages in Slack, one call each, and what a message says.

The calls raise SLACK_READ_ERRORS; links in what they send are never unfurled.
"""

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.kit.card import Block

_MOST_REPLIES = 50
_WORDS = ("text", "url", "title", "title_link", "pretext", "from_url", "value", "alt_text")
_INSIDE = (*_WORDS, "blocks", "elements", "fields", "accessory", "attachments")
_LONGEST_WORDS = 20_000
_DEEPEST = 12


async def post(
    slack: AsyncWebClient,
    channel: str,
    text: str,
    blocks: Sequence[Block],
    *,
    thread_ts: str = "",
    metadata: Mapping[str, Any] | None = None,
) -> str:
    """Its timestamp."""
    answer = await slack.chat_postMessage(
        channel=channel,
        text=text,
        blocks=list(blocks),
        thread_ts=thread_ts or None,
        metadata=dict(metadata) if metadata else None,
        unfurl_links=False,
        unfurl_media=False,
    )
    return str(answer["ts"])


async def update(slack: AsyncWebClient, channel: str, ts: str, text: str, blocks: Sequence[Block]) -> None:
    await slack.chat_update(channel=channel, ts=ts, text=text, blocks=list(blocks))


async def post_ephemeral(
    slack: AsyncWebClient, channel: str, user: str, text: str, blocks: Sequence[Block], *, thread_ts: str = ""
) -> None:
    """Only that person sees it."""
    await slack.chat_postEphemeral(
        channel=channel, user=user, text=text, blocks=list(blocks), thread_ts=thread_ts or None
    )


async def thread(slack: AsyncWebClient, channel: str, ts: str) -> list[Mapping[str, Any]]:
    """The first messages of a thread, its root among them."""
    answer = await slack.conversations_replies(channel=channel, ts=ts, limit=_MOST_REPLIES)
    return list(answer["messages"])


async def unfurl(
    slack: AsyncWebClient, unfurl_id: str, source: str, unfurls: Mapping[str, dict[str, Any]]
) -> None:
    """Shows previews under a message, by link."""
    await slack.chat_unfurl(unfurl_id=unfurl_id, source=source, unfurls=dict(unfurls))


async def open_dm(slack: AsyncWebClient, user: str) -> str:
    """The channel of the direct messages with a person."""
    opened = await slack.conversations_open(users=[user])
    return str(opened["channel"]["id"])


def message_words(message: Mapping[str, Any]) -> str:
    """All the words of a message: its text, and what its blocks and attachments add, where other apps put
    theirs. Cut at 20,000 characters. Never raises."""
    words = ""
    for part in _words(message, _DEEPEST):
        # The blocks of what a person wrote repeat the text, in which Slack escapes some characters.
        if part not in words and html.escape(part, quote=False) not in words:
            words = f"{words}\n{part}" if words else part
        if len(words) >= _LONGEST_WORDS:
            break
    return words[:_LONGEST_WORDS]


def _words(part: object, deep: int) -> Iterator[str]:
    if not deep:
        return
    if isinstance(part, list):
        for inner in part:
            yield from _words(inner, deep - 1)
    if isinstance(part, Mapping):
        for name in _INSIDE:
            inner = part.get(name)
            if isinstance(inner, str) and name in _WORDS and inner.strip():
                yield inner.replace("\0", "\ufffd")
            else:
                yield from _words(inner, deep - 1)
