"""What Slack's answer says about a message that was sent."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.errors import PostAnswer, PostStatus, interpret_error

NO_JSON = SlackApiError("not JSON", None)  # type: ignore[no-untyped-call]


def error_with_answer(status: int, data: Any, headers: dict[str, str] | None = None) -> SlackApiError:
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


def error_named(name: str) -> SlackApiError:
    return error_with_answer(200, {"ok": False, "error": name})


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            error_with_answer(429, {"error": "ratelimited"}, {"Retry-After": "7"}),
            PostAnswer(PostStatus.LIMITED, "ratelimited", 7),
        ),
        (error_with_answer(429, "", {"retry-after": "soon"}), PostAnswer(PostStatus.LIMITED, "http_429", 1)),
        (error_named("rate_limited"), PostAnswer(PostStatus.LIMITED, "rate_limited", 1)),
        (error_named("invalid_blocks"), PostAnswer(PostStatus.BLOCKS, "invalid_blocks")),
        (error_named("not_in_channel"), PostAnswer(PostStatus.CLOSED, "not_in_channel")),
        (
            error_named("channel_not_found"),
            PostAnswer(PostStatus.CLOSED, "channel_not_found"),
        ),
        (error_named("is_archived"), PostAnswer(PostStatus.CLOSED, "is_archived")),
        (
            error_named("restricted_action"),
            PostAnswer(PostStatus.CLOSED, "restricted_action"),
        ),
        (error_named("internal_error"), PostAnswer(PostStatus.DOUBT, "internal_error")),
        (error_named("fatal_error"), PostAnswer(PostStatus.DOUBT, "fatal_error")),
        (error_named("something_new"), PostAnswer(PostStatus.REFUSED, "something_new")),
        (error_named("msg_blocks_too_long"), PostAnswer(PostStatus.BLOCKS, "msg_blocks_too_long")),
        (error_named("invalid_attachments"), PostAnswer(PostStatus.BLOCKS, "invalid_attachments")),
        (error_with_answer(200, {}), PostAnswer(PostStatus.DOUBT, "http_200")),
        (
            error_with_answer(500, {"ok": False, "error": "not_in_channel"}),
            PostAnswer(PostStatus.DOUBT, "not_in_channel"),
        ),
        (error_with_answer(502, "<html>"), PostAnswer(PostStatus.DOUBT, "http_502")),
        (error_with_answer(503, {}), PostAnswer(PostStatus.DOUBT, "http_503")),
        (NO_JSON, PostAnswer(PostStatus.DOUBT, "SlackApiError")),
        (aiohttp.ServerDisconnectedError(), PostAnswer(PostStatus.DOUBT, "ServerDisconnectedError")),
        (TimeoutError(), PostAnswer(PostStatus.DOUBT, "TimeoutError")),
        (KeyError("ts"), PostAnswer(PostStatus.DOUBT, "KeyError")),
    ],
)
def test_errors_are_interpreted(error: Exception, expected: PostAnswer) -> None:
    assert interpret_error(error) == expected
