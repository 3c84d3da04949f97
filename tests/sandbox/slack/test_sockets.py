"""Socket Mode frame by frame, and the workspace as its own process."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import httpx
import pytest
from slack_sdk.web.async_client import AsyncWebClient
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from sandbox.slack import LocalSlack
from tests.sandbox.slack.app import Json

MANIFEST = Path(__file__).parent / "manifest.yml"


async def link(slack: LocalSlack) -> str:
    app = AsyncWebClient(token=slack.app_token, base_url=slack.api_url)
    return str((await app.apps_connections_open(app_token=slack.app_token))["url"])


async def frame(socket: ClientConnection) -> Json:
    read: Json = json.loads(await socket.recv())
    return read


async def test_frames_of_each_kind_are_acknowledged(slack: LocalSlack) -> None:
    ana = slack.person("ana")
    async with connect(await link(slack)) as socket:
        hello = await frame(socket)
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        typing = asyncio.create_task(ana.command("/probe cus_1"))
        sent = await frame(socket)
        assert (sent["type"], sent["accepts_response_payload"]) == ("slash_commands", True)
        assert sent["payload"]["text"] == "cus_1"
        await socket.send(json.dumps({"envelope_id": "another"}))
        assert not typing.done()
        await socket.send(json.dumps({"envelope_id": sent["envelope_id"], "payload": {"text": "Heard"}}))
        await typing
        await ana.sees("Heard")
        await (await socket.ping())
        await slack.sockets.refresh("warning")
        assert (await frame(socket))["reason"] == "warning"
        assert slack.sockets.connections == 1
        await slack.sockets.refresh("link_disabled")
        assert (await frame(socket))["type"] == "disconnect"
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    assert slack.sockets.connections == 0


async def test_unacknowledged_event_is_sent_again(slack: LocalSlack) -> None:
    slack.deliveries.patience = 0.02
    slack.deliveries.retry_delays = (0, 0, 0)
    async with connect(await link(slack)) as socket:
        await frame(socket)
        await slack.person("ana").open_home()
        frames = [await frame(socket) for _ in range(4)]
        await slack.person("ana").settled()
    assert [(frame["retry_attempt"], frame["retry_reason"]) for frame in frames] == [
        (0, ""),
        (1, "http_timeout"),
        (2, "http_timeout"),
        (3, "http_timeout"),
    ]
    assert len({frame["payload"]["event_id"] for frame in frames}) == 1
    assert len({frame["envelope_id"] for frame in frames}) == 4


async def test_ticket_works_once(slack: LocalSlack) -> None:
    address = await link(slack)
    async with connect(address) as socket:
        await frame(socket)
        with pytest.raises(InvalidStatus):
            await connect(address)
        async with connect(await link(slack)) as second:
            assert (await frame(second))["num_connections"] == 2
            await slack.sockets.connected(connections=2)


async def test_workspace_runs_as_its_own_process() -> None:
    arguments = ["-m", "sandbox.slack", "--manifest", str(MANIFEST)]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "SLACK_BOT_TOKEN": "xoxb-given"},
    )
    assert process.stdout is not None
    lines = [(await process.stdout.readline()).decode().strip() for _ in range(5)]
    environment = dict(line.split("=", 1) for line in lines[1:])
    assert environment["SLACK_BOT_TOKEN"] == "xoxb-given"
    assert environment["SLACK_SIGNING_SECRET"]
    async with httpx.AsyncClient(trust_env=False) as http:
        headers = {"Authorization": f"Bearer {environment['SLACK_BOT_TOKEN']}"}
        assert (await http.post(f"{environment['SLACK_API_URL']}auth.test", headers=headers)).json()["ok"]
        assert (await http.get(lines[0].split()[-1])).status_code == 200
    process.send_signal(signal.SIGTERM)
    await process.communicate()
    assert process.returncode == 0
