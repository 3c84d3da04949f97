"""Bolt apps for testing the local Slack over HTTP and Socket Mode, and shorthands for blocks."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.serving import listening
from sandbox.slack import LocalSlack

Json = dict[str, Any]


def client(slack: LocalSlack) -> AsyncWebClient:
    return AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)


def bolt(slack: LocalSlack) -> AsyncApp:
    return AsyncApp(
        token=slack.bot_token,
        signing_secret=slack.signing_secret,
        client=client(slack),
        request_verification_enabled=True,
    )


@asynccontextmanager
async def over_http(app: AsyncApp, slack: LocalSlack) -> AsyncIterator[str]:
    handler = AsyncSlackRequestHandler(app)

    async def endpoint(request: Request) -> Response:
        return await handler.handle(request)

    web = Starlette(routes=[Route("/slack/events", endpoint, methods=["POST"])])
    listener = socket.create_server(("127.0.0.1", 0))
    async with listening(web, listener):
        slack.request_url = f"http://127.0.0.1:{listener.getsockname()[1]}/slack/events"
        yield slack.request_url
        slack.request_url = None


@asynccontextmanager
async def over_socket(app: AsyncApp, slack: LocalSlack) -> AsyncIterator[AsyncSocketModeHandler]:
    handler = AsyncSocketModeHandler(app, slack.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await slack.sockets.connected()
    try:
        yield handler
    finally:
        await handler.client.close()  # type: ignore[no-untyped-call]
        await asyncio.sleep(0)


def section(text: str, **fields: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **fields}


def button(text: str, action_id: str, **fields: Any) -> Json:
    return {"type": "button", "text": {"type": "plain_text", "text": text}, "action_id": action_id, **fields}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def modal(*blocks: Json, **fields: Any) -> Json:
    return {
        "type": "modal",
        "title": plain("A form"),
        "submit": plain("Send"),
        "blocks": list(blocks),
        **fields,
    }


def text_input(label: str, block_id: str, **fields: Any) -> Json:
    element = {"type": "plain_text_input", "action_id": f"{block_id}_text"}
    return {"type": "input", "block_id": block_id, "label": plain(label), "element": element, **fields}
