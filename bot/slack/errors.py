"""What a call of Slack's can raise, and what such an error, or no answer at all, means."""

from dataclasses import dataclass
from enum import StrEnum

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.kit import retry_after
from bot.slack.block_refusals import refuses_blocks

SLACK_ERRORS = (SlackClientError, aiohttp.ClientError, TimeoutError)
"""What a call of Slack's Web API can raise."""
SLACK_READ_ERRORS = (*SLACK_ERRORS, OSError, KeyError, TypeError, AttributeError, ValueError)
"""What a call and reading its answer can raise: something other than Slack may answer, such as a proxy."""

NOT_THERE = frozenset({"not_in_channel", "channel_not_found"})
"""Maple is not in the channel, or it does not exist. A direct message between people reads the same."""
CLOSED = NOT_THERE | {
    "is_archived",
    "restricted_action",
    "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel",
    "restricted_action_non_threadable_channel",
}
"""Refusals of the channel, which will be the same tomorrow."""
MESSAGE_GONE = frozenset({"message_not_found", "channel_not_found", "cant_update_message", "is_archived"})
"""Refusals of an update that will be the same tomorrow."""
MODAL_GONE = frozenset({"not_found", "view_not_found"})
MODAL_CHANGED = frozenset({"hash_conflict"})

_LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_MAYBE_DONE = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
"""Slack says of these that part of the work may have been done."""
_SHORTEST_WAIT = 1.0
_LONGEST_WAIT = 3600.0


class PostStatus(StrEnum):
    TAKEN = "taken"
    LIMITED = "limited"
    """Too many just now; surely not posted."""
    BLOCKS = "blocks"
    """The blocks are refused; surely not posted."""
    CLOSED = "closed"
    """The channel cannot be posted in; surely not posted."""
    REFUSED = "refused"
    """For another reason, which may pass; surely not posted."""
    DOUBT = "doubt"
    """It may have been posted, or may yet be."""


@dataclass(frozen=True, slots=True)
class PostAnswer:
    status: PostStatus
    reason: str = ""
    """Slack's name of the error, or the kind of failure when there was no answer."""
    wait: float = 0.0
    """Seconds; with LIMITED."""
    ts: str = ""
    """With TAKEN."""


def interpret_error(error: Exception) -> PostAnswer:
    """What one of SLACK_READ_ERRORS means for a post. In doubt unless Slack clearly refused it."""
    response = getattr(error, "response", None)
    if not isinstance(response, AsyncSlackResponse):
        return PostAnswer(PostStatus.DOUBT, type(error).__name__)
    body = response.data if isinstance(response.data, dict) else {}
    name = body.get("error")
    reason = str(name or f"http_{response.status_code}")
    if response.status_code == 429 or reason in _LIMITED:
        return PostAnswer(PostStatus.LIMITED, reason, _wait(response))
    if response.status_code != 200 or not name or reason in _MAYBE_DONE:
        return PostAnswer(PostStatus.DOUBT, reason)
    if reason in CLOSED:
        return PostAnswer(PostStatus.CLOSED, reason)
    return PostAnswer(PostStatus.BLOCKS if refuses_blocks(reason) else PostStatus.REFUSED, reason)


def _wait(response: AsyncSlackResponse) -> float:
    header = next((value for name, value in response.headers.items() if name.lower() == "retry-after"), "")
    return min(max(_SHORTEST_WAIT, retry_after.seconds(header) or 0.0), _LONGEST_WAIT)


def slack_reason(error: Exception) -> str:
    """Slack's name of the error (`not_in_channel`), or the kind of failure when there was no answer."""
    answer = getattr(error, "response", None)
    name = answer.get("error") if isinstance(answer, AsyncSlackResponse) else None
    return str(name or type(error).__name__)


class Unsent(Exception):
    """Slack refused the message every way it was tried."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
