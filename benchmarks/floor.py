"""The least a Bolt app can be: one command, one select and one button, which are only acknowledged.

Bolt still does everything by default: it checks the signature, identifies itself by its token, and finds the
listener.
"""

import asyncio
import os
import socket

import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def application(token: str, secret: str, api: str) -> Starlette:
    bolt = AsyncApp(token=token, signing_secret=secret, client=AsyncWebClient(token=token, base_url=api))

    @bolt.command("/autumn")
    async def _acknowledge(ack: AsyncAck) -> None:
        await ack()

    @bolt.action("approve")
    async def _clicked(ack: AsyncAck) -> None:
        await ack()

    @bolt.options("pick_customer")
    async def _suggest(ack: AsyncAck) -> None:
        await ack(options=[])

    handler = AsyncSlackRequestHandler(bolt)

    async def events(request: Request) -> Response:
        return await handler.handle(request)

    return Starlette(routes=[Route("/slack/events", events, methods=["POST"])])


async def main() -> None:
    app = application(os.environ["TOKEN"], os.environ["SECRET"], os.environ["SLACK_API_URL"])
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print(f"floor=http://127.0.0.1:{listening.getsockname()[1]}/slack/events", flush=True)
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off")
    await uvicorn.Server(config).serve(sockets=[listening])


if __name__ == "__main__":
    asyncio.run(main())
