"""Messages in Slack, one call each. They raise SLACK_READ_ERRORS; links in them are never unfurled."""

from collections.abc import Mapping, Sequence
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.kit.card import Block

_MOST_REPLIES = 50


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
