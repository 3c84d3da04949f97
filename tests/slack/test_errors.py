"""What Slack's answer says about a message that was sent."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.errors import PostAnswer, PostStatus, interpret_error

NO_JSON = SlackApiError("not JSON", None)  # type: ignore[no-untyped-call]


def answered(status: int, data: Any, headers: dict[str, str] | None = None) -> SlackApiError:
    response = AsyncSlackResponse(
        client=AsyncWebClient(),
        http_verb="POST",
        api_url="https://slack.com/api/chat.postMessage",
        req_args={},
        data=data,
        headers=headers or {},
        status_code=status,
    )
    return SlackApiError("no", response)  # type: ignore[no-untyped-call]


def refused(name: str) -> SlackApiError:
    return answered(200, {"ok": False, "error": name})


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            answered(429, {"error": "ratelimited"}, {"Retry-After": "7"}),
            PostAnswer(PostStatus.LIMITED, "ratelimited", 7),
        ),
        (answered(429, "", {"retry-after": "soon"}), PostAnswer(PostStatus.LIMITED, "http_429", 1)),
        (refused("rate_limited"), PostAnswer(PostStatus.LIMITED, "rate_limited", 1)),
        (refused("invalid_blocks"), PostAnswer(PostStatus.BLOCKS, "invalid_blocks")),
        (refused("not_in_channel"), PostAnswer(PostStatus.CLOSED, "not_in_channel")),
        (
            refused("channel_not_found"),
            PostAnswer(PostStatus.CLOSED, "channel_not_found"),
        ),
        (refused("is_archived"), PostAnswer(PostStatus.CLOSED, "is_archived")),
        (
            refused("restricted_action"),
            PostAnswer(PostStatus.CLOSED, "restricted_action"),
        ),
        (refused("internal_error"), PostAnswer(PostStatus.DOUBT, "internal_error")),
        (refused("fatal_error"), PostAnswer(PostStatus.DOUBT, "fatal_error")),
        (refused("something_new"), PostAnswer(PostStatus.REFUSED, "something_new")),
        (refused("msg_blocks_too_long"), PostAnswer(PostStatus.BLOCKS, "msg_blocks_too_long")),
        (refused("invalid_attachments"), PostAnswer(PostStatus.BLOCKS, "invalid_attachments")),
        (answered(200, {}), PostAnswer(PostStatus.DOUBT, "http_200")),
        (
            answered(500, {"ok": False, "error": "not_in_channel"}),
            PostAnswer(PostStatus.DOUBT, "not_in_channel"),
        ),
        (answered(502, "<html>"), PostAnswer(PostStatus.DOUBT, "http_502")),
        (answered(503, {}), PostAnswer(PostStatus.DOUBT, "http_503")),
        (NO_JSON, PostAnswer(PostStatus.DOUBT, "SlackApiError")),
        (aiohttp.ServerDisconnectedError(), PostAnswer(PostStatus.DOUBT, "ServerDisconnectedError")),
        (TimeoutError(), PostAnswer(PostStatus.DOUBT, "TimeoutError")),
        (KeyError("ts"), PostAnswer(PostStatus.DOUBT, "KeyError")),
    ],
)
def test_errors_are_interpreted(error: Exception, expected: PostAnswer) -> None:
    assert interpret_error(error) == expected
