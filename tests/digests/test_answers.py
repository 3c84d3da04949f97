"""What an answer of Slack's says of a message that was sent."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.digests.delivery.slack_answers import Answer, Said, said
from bot.digests.model import Pause

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
    ("error", "told"),
    [
        (
            answered(429, {"error": "ratelimited"}, {"Retry-After": "7"}),
            Said(Answer.LIMITED, "ratelimited", 7),
        ),
        (answered(429, "", {"retry-after": "soon"}), Said(Answer.LIMITED, "http_429", 1)),
        (refused("rate_limited"), Said(Answer.LIMITED, "rate_limited", 1)),
        (refused("invalid_blocks"), Said(Answer.BLOCKS, "invalid_blocks")),
        (refused("not_in_channel"), Said(Answer.CLOSED, "not_in_channel", pause=Pause.REMOVED)),
        (refused("channel_not_found"), Said(Answer.CLOSED, "channel_not_found", pause=Pause.REMOVED)),
        (refused("is_archived"), Said(Answer.CLOSED, "is_archived", pause=Pause.ARCHIVED)),
        (refused("restricted_action"), Said(Answer.CLOSED, "restricted_action", pause=Pause.RESTRICTED)),
        (refused("internal_error"), Said(Answer.DOUBT, "internal_error")),
        (refused("fatal_error"), Said(Answer.DOUBT, "fatal_error")),
        (refused("something_new"), Said(Answer.REFUSED, "something_new")),
        (refused("msg_blocks_too_long"), Said(Answer.BLOCKS, "msg_blocks_too_long")),
        (refused("invalid_attachments"), Said(Answer.BLOCKS, "invalid_attachments")),
        (answered(200, {}), Said(Answer.DOUBT, "http_200")),
        (answered(500, {"ok": False, "error": "not_in_channel"}), Said(Answer.DOUBT, "not_in_channel")),
        (answered(502, "<html>"), Said(Answer.DOUBT, "http_502")),
        (answered(503, {}), Said(Answer.DOUBT, "http_503")),
        (NO_JSON, Said(Answer.DOUBT, "SlackApiError")),
        (aiohttp.ServerDisconnectedError(), Said(Answer.DOUBT, "ServerDisconnectedError")),
        (TimeoutError(), Said(Answer.DOUBT, "TimeoutError")),
        (KeyError("ts"), Said(Answer.DOUBT, "KeyError")),
    ],
)
def test_what_it_says(error: Exception, told: Said) -> None:
    assert said(error) == told
