"""What the doctor says of one thing it looked at, and how it asks Slack."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.client import NotSlack


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    ok: bool
    mend: str = ""
    """How to put it right, when it is not."""

    def __str__(self) -> str:
        return f"✓ {self.what}" if self.ok else f"✗ {self.what}\n  {self.mend}"


NOT_SLACK = "no answer of Slack's"
Report = Callable[[Finding], None]


async def called(call: Awaitable[Any]) -> Any:
    """Slack's answer, or the name of what went wrong."""
    try:
        return await call
    except SlackApiError as error:
        answer = error.response
        reason = answer.get("error") if isinstance(answer, AsyncSlackResponse) else None
        return str(reason or NOT_SLACK)
    except NotSlack:
        return NOT_SLACK
    except (aiohttp.ClientError, TimeoutError):
        return "no answer"
