"""A digest's message in Slack: sent once, and found again by the mark it carries."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from slack_sdk.web.async_client import AsyncWebClient

from bot.kit.card import Block
from bot.slack.errors import SLACK_READ_ERRORS, PostAnswer, PostStatus, interpret_error

EVENT = "maple_digest"
_APART = timedelta(minutes=5)
"""How far Slack's clock and ours may be apart."""
_PAGE = 15
"""Slack gives some apps no more at a time."""


async def send(
    slack: AsyncWebClient, channel: str, run_id: str, text: str, blocks: Sequence[Block]
) -> PostAnswer:
    """One request, whatever becomes of it: `slack` must be a client that never sends again by itself."""
    try:
        answer = await slack.chat_postMessage(
            channel=channel,
            text=text,
            blocks=list(blocks),
            metadata={"event_type": EVENT, "event_payload": {"run": run_id}},
            unfurl_links=False,
            unfurl_media=False,
        )
        return PostAnswer(PostStatus.TAKEN, ts=str(answer["ts"]))
    except SLACK_READ_ERRORS as error:
        return interpret_error(error)


async def find(
    slack: AsyncWebClient, channel: str, run_id: str, *, sent_at: datetime, within: timedelta
) -> PostAnswer:
    """Whether the message of a run is there: TAKEN with its timestamp, or with an empty one when it is not.

    `sent_at`: when it was about to be sent, which took no longer than `within`.

    This takes for granted that what Slack has taken is in the history at once; Slack does not promise it.
    Should it not be, a digest could be there twice; that is why some time is let pass before this is asked.
    """
    oldest, latest = sent_at - _APART, sent_at + within + _APART
    cursor = ""
    while True:
        try:
            page = await slack.conversations_history(
                channel=channel,
                oldest=f"{oldest.timestamp():.6f}",
                latest=f"{latest.timestamp():.6f}",
                include_all_metadata=True,
                limit=_PAGE,
                cursor=cursor,
            )
            for message in page["messages"]:
                if _is(message.get("metadata") or {}, run_id):
                    return PostAnswer(PostStatus.TAKEN, ts=str(message["ts"]))
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
        except SLACK_READ_ERRORS as error:
            return interpret_error(error)
        if not cursor:
            return PostAnswer(PostStatus.TAKEN)


def _is(metadata: dict[str, object], run_id: str) -> bool:
    payload = metadata.get("event_payload")
    return metadata.get("event_type") == EVENT and isinstance(payload, dict) and payload.get("run") == run_id
