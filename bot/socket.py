"""Socket Mode: Slack's requests over a connection that Maple opens, so that no public address is needed."""

import asyncio
import time

from pydantic import SecretStr
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.dispatch import dispatch
from bot.log import library_logger
from bot.metrics import Metrics


class Socket(AsyncSocketModeHandler):
    """Bolt's handler, timed. Create it inside the event loop; reconnecting is its own affair."""

    def __init__(self, app: AsyncApp, token: SecretStr, metrics: Metrics) -> None:
        super().__init__(app, token.get_secret_value(), logger=library_logger())
        self._ack = metrics.ack_seconds.labels("socket")

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        started = time.perf_counter()
        response = await dispatch(
            self.app,
            lambda: AsyncBoltRequest(mode="socket_mode", body=req.payload, headers=build_headers(req)),
        )
        # Acknowledged even if it could not be read, or Slack would only send it again.
        await send_async_response(client, req, response or BoltResponse(status=200), started)
        self._ack.observe(time.perf_counter() - started)

    @property
    def open(self) -> bool:
        """Whether Slack can reach Maple at this moment."""
        session = self.client.current_session
        return session is not None and not session.closed and not self.client.stale

    async def start(self) -> None:
        """Connects; tries until it succeeds."""
        await self.connect_async()  # type: ignore[no-untyped-call]

    async def stop(self) -> None:
        """Takes nothing new. What arrived and was not acknowledged, Slack delivers again elsewhere."""
        client = self.client
        await client.close()  # type: ignore[no-untyped-call]
        tasks = (client.message_processor, client.current_session_monitor, client.message_receiver)
        await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)
