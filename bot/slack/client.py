"""Slack's Web API: how long its limits are waited for, and whether it still takes the token."""

import asyncio
from typing import Any

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.kit import retry_after
from bot.log import log

_UNSAID = 1.0
"""Seconds to wait where Slack does not tell."""
REVOKED = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "token_revoked",
        "token_expired",
        "account_inactive",
        "team_access_not_granted",
    }
)
"""Errors that say that a token is not good any more, whatever it is used for."""


class RateLimitRetry(AsyncRetryHandler):
    """Sends once more what Slack limited, when that may be within so many seconds. Past them Slack's refusal
    is the answer: slack_sdk's own handler sleeps for as long as it is told to, which may be an hour."""

    def __init__(self, longest: float) -> None:
        super().__init__(max_retry_count=1)
        self._longest = longest

    async def _can_retry_async(
        self,
        *,
        state: RetryState,  # noqa: ARG002
        request: HttpRequest,  # noqa: ARG002
        response: HttpResponse | None = None,
        error: Exception | None = None,  # noqa: ARG002
    ) -> bool:
        return response is not None and response.status_code == 429 and _wait(response) <= self._longest

    async def prepare_for_next_attempt_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,  # noqa: ARG002
        response: HttpResponse | None = None,
        error: Exception | None = None,  # noqa: ARG002
    ) -> None:
        state.next_attempt_requested = True
        await asyncio.sleep(_wait(response) if response else _UNSAID)
        state.increment_current_attempt()


def retries(longest: float) -> list[AsyncRetryHandler]:
    """For calls that may be repeated: after a lost connection, and within Slack's limits."""
    return [AsyncConnectionErrorRetryHandler(), RateLimitRetry(longest)]


def _wait(response: HttpResponse) -> float:
    given = next((value for name, value in response.headers.items() if name.lower() == "retry-after"), [""])
    seconds = retry_after.seconds(given[0])
    return _UNSAID if seconds is None else seconds


class Token:
    """Whether Slack still takes a token, by its latest answer."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.good = True

    def taken(self) -> None:
        if not self.good:
            log.warning("slack takes the token again", kind=self._name)
        self.good = True

    def refused(self, error: SlackApiError) -> None:
        """Takes in an error; most say nothing of the token. Logged once, however often it is used."""
        response = error.response
        reason = response.get("error") if isinstance(response, AsyncSlackResponse) else None
        if reason not in REVOKED:
            return
        if self.good:
            log.error("slack refuses the token", kind=self._name, error=reason)
        self.good = False


class NotSlack(SlackClientError):
    """What came is no answer of Slack's: something in between gave it, such as a proxy."""


class SlackClient(AsyncWebClient):
    """slack_sdk's client, which tells `watched` how Slack took its token.

    Calls raise SlackClientError, and without an answer what aiohttp raises.
    """

    def __init__(self, watched: Token, **options: Any) -> None:
        super().__init__(**options)
        self._watched = watched

    async def api_call(self, *args: Any, **kwargs: Any) -> AsyncSlackResponse:
        try:
            answer = await super().api_call(*args, **kwargs)
        except SlackApiError as error:
            if isinstance(error.response, AsyncSlackResponse) and not isinstance(error.response.data, dict):
                # Whoever looks what Slack said of it expects an object; its status stays.
                error.response.data = {}
            self._watched.refused(error)
            raise
        except (AttributeError, TypeError, ValueError):
            # slack_sdk takes it to be JSON, and an object.
            raise NotSlack from None
        self._watched.taken()
        return answer
