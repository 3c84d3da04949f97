"""Socket Mode's connection, and how one that is open but dead is replaced."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
from pydantic import SecretStr
from slack_bolt.async_app import AsyncApp

from bot.app import Maple
from bot.lookups import labels
from bot.metrics import Metrics
from bot.slack.socket import Socket, SocketPace
from bot.timings import Timeouts
from sandbox.autumn import LocalAutumn
from sandbox.slack import LocalSlack
from tests.databases import fresh
from tests.relay import Relay
from tests.running import MANIFEST, running_maple, settings_for
from tests.waiting import wait_until

QUICK = SocketPace(ping=0.05, dead=0.3, call=0.3, retry=0.02, longest=0.05)
DIES_SOON = Timeouts(socket=QUICK)
LIVES_LONG = Timeouts(socket=replace(QUICK, dead=30))


async def assert_works(slack: LocalSlack) -> None:
    """Types the command again when Slack says that nobody answered, as people do: what Slack sends on a
    connection that is just being replaced is lost."""
    ana = slack.person("ana")
    slack.deliveries.patience = 3.0
    async with asyncio.timeout(30):
        await ana.command("/autumn help")
        while slack.sent[-1].outcome != "acked":
            await ana.command("/autumn help")
        await ana.sees(labels.HELP_TITLE)


def events(logs: io.StringIO) -> list[str]:
    return [json.loads(line)["event"] for line in logs.getvalue().splitlines()]


async def silent_until_found_dead(slack: LocalSlack, logs: io.StringIO) -> None:
    """New connections get no hello until Maple gives one up; slack_sdk may replace some on its own first."""
    slack.sockets.silent = 1000
    await wait_until(lambda: "socket dead" in events(logs))
    slack.sockets.silent = 0


async def test_silent_connection_times_out(logs: io.StringIO) -> None:
    async with LocalSlack.running(manifest=MANIFEST) as slack, LocalAutumn.running(seed="demo") as autumn:
        silence = asyncio.create_task(silent_until_found_dead(slack, logs))
        async with Maple(
            settings_for(slack, autumn, "socket", database=fresh("sqlite")), timeouts=DIES_SOON
        ).running() as bot:
            await silence
            await wait_until(lambda: bot.readiness()["socket"])
            await assert_works(slack)


async def test_new_silent_connection_times_out(logs: io.StringIO) -> None:
    async with (
        running_maple("socket", timeouts=DIES_SOON) as maple,
        httpx.AsyncClient(base_url=maple.bot.url) as client,
    ):
        maple.slack.sockets.silent = 1000
        await maple.slack.sockets.refresh("link_disabled")
        await wait_until(lambda: not maple.bot.readiness()["socket"])
        assert (await client.get("/readyz")).json()["socket"] is False
        await silent_until_found_dead(maple.slack, logs)
        await wait_until(lambda: maple.bot.readiness()["socket"])
        await assert_works(maple.slack)


async def test_unread_connection_is_closed(logs: io.StringIO) -> None:
    async with running_maple("socket", timeouts=DIES_SOON) as maple:
        assert maple.bot._socket is not None
        receiver = maple.bot._socket._client.message_receiver
        assert receiver is not None
        receiver.cancel()
        await wait_until(lambda: "socket dead" in logs.getvalue())
        await maple.slack.sockets.connected()
        await wait_until(lambda: maple.bot.readiness()["socket"])
        await assert_works(maple.slack)


@asynccontextmanager
async def relayed_sockets(slack: LocalSlack) -> AsyncIterator[Relay]:
    """A proxy between Slack's sockets and the bot."""
    async with Relay.to(slack.sockets.base) as wire:
        slack.sockets.base = wire.url
        yield wire


async def test_dead_connection_is_closed() -> None:
    async with (
        LocalSlack.running(manifest=MANIFEST) as slack,
        LocalAutumn.running(seed="demo") as autumn,
        relayed_sockets(slack) as wire,
        Maple(
            settings_for(slack, autumn, "socket", database=fresh("sqlite")), timeouts=DIES_SOON
        ).running() as bot,
    ):
        wire.stall()
        await wait_until(lambda: not bot.readiness()["socket"])
        await wire.cut()
        await wire.mend()
        await wait_until(lambda: bot.readiness()["socket"])
        await slack.person("ana").command("/autumn help")
        await slack.person("ana").sees("/autumn")


async def test_refused_address_is_not_retried_forever() -> None:
    # slack_sdk asks for another address after five seconds; until then it tries the refused one at each ping.
    seldom = Timeouts(socket=replace(QUICK, ping=1, dead=30))
    async with running_maple("socket", timeouts=seldom) as maple:
        maple.slack.sockets.expired = 1
        await maple.slack.sockets.refresh("link_disabled")
        await maple.slack.sockets.connected()
        await wait_until(lambda: maple.bot.readiness()["socket"])
        await assert_works(maple.slack)


async def test_long_retry_after_does_not_stop_reconnecting() -> None:
    async with running_maple("socket", timeouts=LIVES_LONG) as maple:
        for retry_after in ("3600", "1.5", "", "soon"):
            maple.slack.faults.add("apps.connections.open", "429", retry_after=retry_after, times=2)
            await maple.slack.sockets.refresh("link_disabled")
            await maple.slack.sockets.connected()
            await wait_until(lambda: maple.bot.readiness()["socket"])
        await assert_works(maple.slack)


async def test_hanging_request_for_an_address_is_repeated() -> None:
    async with running_maple("socket", timeouts=LIVES_LONG) as maple:
        maple.slack.faults.add("apps.connections.open", "latency", seconds=30)
        await maple.slack.sockets.refresh("link_disabled")
        await maple.slack.sockets.connected()
        await assert_works(maple.slack)


async def test_revoked_app_token_is_one_error_in_the_log(logs: io.StringIO) -> None:
    async with (
        running_maple("socket", timeouts=Timeouts(socket=replace(QUICK, ping=1, dead=30))) as maple,
        httpx.AsyncClient(base_url=maple.bot.url) as client,
    ):
        maple.slack.faults.add("apps.connections.open", "error", error="invalid_auth", times=8)
        await maple.slack.sockets.refresh("link_disabled")
        await wait_until(lambda: "invalid_auth" in logs.getvalue())
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["socket"]) == (503, False)
        await wait_until(lambda: maple.bot.readiness()["socket"])
        lines = [json.loads(line) for line in logs.getvalue().splitlines()]
        assert [line["event"] for line in lines if line["level"] == "error"] == ["slack refuses the token"]
        await assert_works(maple.slack)


async def test_socket_can_be_stopped_before_slack_answers() -> None:
    app: Any = AsyncApp(token="xoxb-x", request_verification_enabled=False)
    async with LocalSlack.running(manifest=MANIFEST) as slack:
        app.client.base_url = slack.api_url
        slack.faults.add("apps.connections.open", "error", error="internal_error", times=None)
        pace = SocketPace(retry=30)
        socket = Socket(app, SecretStr(slack.app_token), Metrics(), pace)
        starting = asyncio.create_task(socket.start())
        await wait_until(lambda: any(call.method == "apps.connections.open" for call in slack.calls))
        assert not socket.open
        starting.cancel()
        await socket.stop()


async def test_bot_can_be_stopped_while_its_socket_waits_for_an_address(logs: io.StringIO) -> None:
    waits_long = replace(QUICK, dead=30, retry=30, longest=30)
    async with running_maple("socket", timeouts=Timeouts(socket=waits_long)) as maple:
        maple.slack.faults.add("apps.connections.open", "error", error="internal_error", times=None)
        await maple.slack.sockets.refresh("link_disabled")
        await wait_until(lambda: "no address to connect to" in logs.getvalue())
        async with asyncio.timeout(20):
            await maple.stop()
    assert "stopped" in events(logs)
