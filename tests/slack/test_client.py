"""How long the client waits for Slack's rate limits, and that it notices a revoked token."""

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.doctor.finding import called
from bot.slack.client import REVOKED, SlackClient, Token, retries
from bot.timings import Timeouts
from sandbox.slack import LocalSlack
from tests.running import Mode, running_maple
from tests.waiting import wait_until


@asynccontextmanager
async def client_of(slack: LocalSlack, token: Token | None = None) -> AsyncIterator[SlackClient]:
    async with aiohttp.ClientSession() as session:
        yield SlackClient(
            token or Token("bot"),
            token=slack.bot_token,
            base_url=slack.api_url,
            session=session,
            retry_handlers=retries(0.5),
        )


@pytest.mark.parametrize("retry_after", ["0", "0.05", "Sun, 01 Nov 2020 12:00:00 GMT"])
async def test_short_rate_limit_is_waited_for_once(slack: LocalSlack, retry_after: str) -> None:
    async with client_of(slack) as client:
        slack.faults.add("auth.test", "429", retry_after=retry_after)
        assert (await client.auth_test())["ok"]
        slack.faults.add("auth.test", "429", retry_after=retry_after, times=2)
        with pytest.raises(SlackApiError, match="ratelimited"):
            await client.auth_test()
    assert len([call for call in slack.calls if call.method == "auth.test"]) == 4


@pytest.mark.parametrize("retry_after", ["0.6", "1.5", "3600", "Fri, 01 Jan 2100 12:00:00 GMT", "", "soon"])
async def test_long_rate_limit_is_an_error(slack: LocalSlack, retry_after: str) -> None:
    async with client_of(slack) as client:
        slack.faults.add("auth.test", "429", retry_after=retry_after)
        with pytest.raises(SlackApiError, match="ratelimited"):
            await client.auth_test()
    assert len([call for call in slack.calls if call.method == "auth.test"]) == 1


@pytest.mark.parametrize("reason", sorted(REVOKED))
async def test_revoked_token_is_noticed_and_logged_once(
    slack: LocalSlack, logs: io.StringIO, reason: str
) -> None:
    token = Token("bot")
    async with client_of(slack, token) as client:
        slack.faults.add("users.info", "error", error=reason, times=3)
        for _ in range(3):
            with pytest.raises(SlackApiError):
                await client.users_info(user="U01ANA")
            assert not token.good
        await client.users_info(user="U01ANA")
        assert token.good
    lines = [json.loads(line) for line in logs.getvalue().splitlines()]
    assert [(line["level"], line.get("error")) for line in lines] == [("error", reason), ("warning", None)]


@pytest.mark.parametrize("body", ["<html>Bad gateway</html>", '"text"', "[]", "7", "null"])
@pytest.mark.parametrize("status", [200, 502])
@pytest.mark.parametrize("kind", ["text/html", "application/json"])
async def test_answer_that_is_not_slacks_raises(body: str, status: int, kind: str) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type=kind)

    app = web.Application()
    app.router.add_post("/{method}", answer)
    server = TestServer(app)
    async with server, aiohttp.ClientSession() as session:
        client = SlackClient(
            Token("bot"), token="xoxb-1", base_url=str(server.make_url("/")), session=session
        )
        with pytest.raises(SlackClientError):
            await client.chat_postMessage(channel="C1", text="x")
        assert await called(client.auth_test()) == "no answer of Slack's"


async def test_other_errors_do_not_mark_the_token_revoked(slack: LocalSlack) -> None:
    token = Token("bot")
    async with client_of(slack, token) as client:
        slack.faults.add("users.info", "error", error="user_not_found")
        with pytest.raises(SlackApiError):
            await client.users_info(user="U01ANA")
    token.refused(SlackApiError("odd", None))  # type: ignore[no-untyped-call]
    assert token.good


async def test_revoked_token_makes_an_idle_bot_unready(mode: Mode, logs: io.StringIO) -> None:
    async with (
        running_maple(mode, timeouts=Timeouts(token=0.02)) as maple,
        httpx.AsyncClient(base_url=maple.bot.url) as client,
    ):
        maple.slack.faults.add("auth.test", "error", error="token_revoked", times=3)
        await wait_until(lambda: not maple.bot.readiness()["slack"])
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["slack"]) == (503, False)
        await wait_until(lambda: maple.bot.readiness()["slack"])
        assert logs.getvalue().count("token_revoked") == 1
