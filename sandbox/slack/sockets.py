"""Socket Mode: sends envelopes over the app's connections and receives acknowledgements."""

import asyncio
import contextlib
import json
import random
import secrets
from typing import Literal

from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.slack import people
from sandbox.slack.feed import Feed
from sandbox.slack.model import Json

MOST_CONNECTIONS = 10


class Sockets:
    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._tickets: set[str] = set()
        self._open: list[WebSocket] = []
        self._waiting: dict[str, asyncio.Future[Json | None]] = {}
        self.base = ""
        self.silent = 0
        """How many of the next connections are accepted but never used."""
        self.expired = 0
        """How many of the next addresses are refused on connecting."""

    @property
    def connections(self) -> int:
        return len(self._open)

    def ticket(self) -> str:
        """A WebSocket address that works once."""
        ticket = secrets.token_urlsafe(16)
        if self.expired:
            self.expired -= 1
        else:
            self._tickets.add(ticket)
        return f"{self.base.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={people.APP}"

    async def connected(self, timeout: float = 30.0, *, connections: int = 1) -> None:  # noqa: ASYNC109 - callers choose
        """Waits until the app has connected. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while len(self._open) < connections:
                await self._feed.changed()

    async def serve(self, socket: WebSocket) -> None:
        ticket = socket.query_params.get("ticket", "")
        if ticket not in self._tickets or len(self._open) >= MOST_CONNECTIONS:
            await socket.close(1008)
            return
        self._tickets.discard(ticket)
        await socket.accept()
        if self.silent:
            self.silent -= 1
            await self._say_nothing(socket)
            return
        self._open.append(socket)
        try:
            await socket.send_text(json.dumps(self._hello()))
            self._feed.wake()
            while True:
                self._acknowledged(json.loads(await socket.receive_text()))
        except (WebSocketDisconnect, ValueError):
            pass
        finally:
            self._forget(socket)

    async def _say_nothing(self, socket: WebSocket) -> None:
        """Sends nothing. The WebSocket server still answers pings."""
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                await socket.receive_text()

    async def send(self, kind: str, payload: Json, retry: int, reason: str) -> Json | None:
        """Returns the payload of the acknowledgement. Raises ConnectionError."""
        if not self._open:
            raise ConnectionError("the app is not connected")
        envelope: Json = {
            "envelope_id": secrets.token_hex(16),
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": reason}
        acked: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = acked
        try:
            await random.choice(self._open).send_text(json.dumps(envelope))
            return await acked
        except (WebSocketDisconnect, RuntimeError) as gone:
            raise ConnectionError("the connection closed") from gone
        finally:
            self._waiting.pop(envelope["envelope_id"], None)

    async def refresh(self, reason: Literal["warning", "refresh_requested", "link_disabled"]) -> None:
        """Tells the app to reconnect, as Slack does every few hours, and closes unless it is a warning."""
        for socket in list(self._open):
            frame = {"type": "disconnect", "reason": reason, "debug_info": {"host": "local"}}
            await socket.send_text(json.dumps(frame))
            if reason != "warning":
                self._forget(socket)
                await socket.close(1000)

    async def close(self) -> None:
        for socket in list(self._open):
            self._forget(socket)
            await socket.close(1001)

    def _forget(self, socket: WebSocket) -> None:
        if socket in self._open:
            self._open.remove(socket)
            self._feed.wake()

    def _acknowledged(self, frame: Json) -> None:
        waiting = self._waiting.get(frame.get("envelope_id", ""))
        if waiting is not None and not waiting.done():
            waiting.set_result(frame.get("payload"))

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._open),
            "debug_info": {"host": "local", "approximate_connection_time": 18060},
            "connection_info": {"app_id": people.APP},
        }
