"""Slack's Web API: its clients, how long its limits are waited for, and whether it still takes the token."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from pydantic import SecretStr
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.kit import retry_after
from bot.log import library_logger, log

_DEFAULT_WAIT = 1.0
"""Seconds, if Slack does not say."""
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
"""Errors that mean a token is no longer valid, whatever it is used for."""


class RateLimitRetry(AsyncRetryHandler):
    """Repeats a call that Slack limited, unless the wait is too long; then the refusal is the answer.

    slack_sdk's own handler sleeps for as long as Slack says, which may be an hour.
    """

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
        await asyncio.sleep(_wait(response) if response else _DEFAULT_WAIT)
        state.increment_current_attempt()


def retries(longest: float) -> list[AsyncRetryHandler]:
    """For calls that may be repeated: after a lost connection, and within Slack's limits."""
    return [AsyncConnectionErrorRetryHandler(), RateLimitRetry(longest)]


def _wait(response: HttpResponse) -> float:
    header = next((value for name, value in response.headers.items() if name.lower() == "retry-after"), [""])
    seconds = retry_after.seconds(header[0])
    return _DEFAULT_WAIT if seconds is None else seconds


class Token:
    """Whether Slack still accepts a token, by its latest answer."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.good = True

    def accepted(self) -> None:
        if not self.good:
            log.warning("slack accepts the token again", kind=self._name)
        self.good = True

    def refused(self, error: SlackApiError) -> None:
        """Most errors say nothing of the token. A revoked one is logged once, however often it is used."""
        response = error.response
        reason = response.get("error") if isinstance(response, AsyncSlackResponse) else None
        if reason not in REVOKED:
            return
        if self.good:
            log.error("slack refuses the token", kind=self._name, error=reason)
        self.good = False


class NotSlack(SlackClientError):
    """The answer is not Slack's: something in between gave it, such as a proxy."""


class SlackClient(AsyncWebClient):
    """slack_sdk's client, which also notes whether Slack accepts the token.

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
                # Callers expect an object here; the status is kept.
                error.response.data = {}
            self._watched.refused(error)
            raise
        except (AttributeError, TypeError, ValueError):
            # slack_sdk takes any answer for a JSON object.
            raise NotSlack from None
        self._watched.accepted()
        return answer


class SlackClients:
    """The bot's clients, which share one session."""

    def __init__(self, token: SecretStr, *, api_url: str, timeout: float, limited: float) -> None:
        """`timeout`: seconds for a call; `limited`: the seconds that Slack's limits are waited for."""
        self.token = Token("bot")
        self._timeout = timeout
        options = {
            "token": token.get_secret_value(),
            "base_url": api_url,
            "timeout": max(1, round(timeout)),
            "logger": library_logger(),
        }
        self.default = SlackClient(self.token, retry_handlers=retries(limited), **options)
        self.once = SlackClient(self.token, retry_handlers=[], **options)
        """For what must not be sent twice, whatever becomes of the answer."""
        self.tokenless = AsyncWebClient(base_url=api_url, logger=library_logger())
        """For Bolt, which is told who Maple is; with a token it would call auth.test anyway."""

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        timeout = aiohttp.ClientTimeout(total=self._timeout)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            self.default.session = self.once.session = self.tokenless.session = session
            yield
