"""Socket Mode: Slack's requests over a connection that Maple opens, so that no public address is needed.

slack_sdk keeps the connection, and opens another when Slack asks for it or the connection is closed. It does
not notice a connection that is open and dead, such as one on which Slack never says hello. So the connection
is watched here, and a dead one is given up together with the client that has it.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import aiohttp
from pydantic import SecretStr
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.log import library_logger, log
from bot.metrics import Metrics
from bot.slack.client import Token
from bot.slack.dispatch import dispatch

Handle = Callable[[SocketModeClient, SocketModeRequest], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class SocketPace:
    """In seconds."""

    ping: float = 10.0
    """Between pings."""
    dead: float = 25.0
    """A connection on which no ping is answered for this long, or that gets no hello, is dead."""
    call: float = 10.0
    """For asking Slack for an address to connect to, and for closing a connection."""
    retry: float = 5.0
    """Before Slack is asked for an address again; doubled each time."""
    longest: float = 60.0
    """The longest wait, whatever Retry-After says: without a connection Maple hears nothing."""


class _Client(SocketModeClient):
    """slack_sdk's client, which knows whether its connection is alive.

    It neither sleeps as long as Retry-After says nor logs each attempt to connect.
    """

    def __init__(
        self,
        app: AsyncApp,
        token: SecretStr,
        pace: SocketPace,
        *,
        handle: Handle,
        hello: asyncio.Event,
        watched: Token,
    ) -> None:
        """`hello`: set once Slack has said hello on the current connection."""
        super().__init__(
            app_token=token.get_secret_value(),
            web_client=app.client,
            logger=library_logger(),
            ping_interval=pace.ping,
        )
        self._pace = pace
        self._hello = hello
        self._watched = watched
        self._stopping = asyncio.Event()
        self._connecting = False
        self._session: object = None
        self._last_pong: float | None = None
        self._heard_at = self._greeted_at = time.monotonic()
        self.message_listeners.append(self._note_hello)
        self.socket_mode_request_listeners.append(handle)  # type: ignore[arg-type]

    async def issue_new_wss_url(self) -> str:
        """Asks until there is one. Raises ConnectionError once the client is closed."""
        self._connecting = True
        try:
            return await self._request_url()
        finally:
            self._connecting = False

    async def _request_url(self) -> str:
        wait = self._pace.retry
        while not self.closed:
            try:
                async with asyncio.timeout(self._pace.call):
                    answer = await self.web_client.apps_connections_open(app_token=self.app_token)
            except SlackApiError as error:
                self._watched.refused(error)
                reason = str(error.response.get("error"))
            except (aiohttp.ClientError, TimeoutError) as error:
                reason = type(error).__name__
            else:
                self._watched.accepted()
                return str(answer["url"])
            if wait == self._pace.retry:
                log.warning("no address to connect to", error=reason)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._stopping.wait()
            wait = min(2 * wait, self._pace.longest)
        raise ConnectionError

    async def _note_hello(self, _client: object, message: dict[str, Any], _raw: str | None = None) -> None:
        if message.get("type") == "hello":
            self.alive()
            self._hello.set()

    def alive(self) -> bool:
        """Whether the connection is alive, as far as is known."""
        now = time.monotonic()
        if self.current_session is not self._session:
            self._session = self.current_session
            self._heard_at = self._greeted_at = now
            self._hello.clear()
        if self.last_ping_pong_time not in (None, self._last_pong):
            self._last_pong = self.last_ping_pong_time
            self._heard_at = now
        if self._hello.is_set():
            self._greeted_at = now
        return now - min(self._heard_at, self._greeted_at) < self._pace.dead

    @property
    def open(self) -> bool:
        session = self.current_session
        greeted = self.alive() and self._hello.is_set()
        return session is not None and not session.closed and not self.stale and greeted

    @property
    def dead(self) -> bool:
        """Whether to give it up: not while it is still asking Slack for an address."""
        return not self.alive() and not self._connecting

    async def stop(self) -> None:
        """Closes it, properly if that does not take long. None of its tasks is left running."""
        self._stopping.set()
        with contextlib.suppress(TimeoutError, aiohttp.ClientError, OSError):
            async with asyncio.timeout(self._pace.call):
                await self.close()  # type: ignore[no-untyped-call]
        tasks = (self.message_processor, self.current_session_monitor, self.message_receiver)
        running = [started for started in tasks if started is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self.aiohttp_client_session.close()


class Socket:
    """One connection to Slack, renewed when it is dead. Create it inside the event loop."""

    def __init__(
        self, app: AsyncApp, token: SecretStr, metrics: Metrics, pace: SocketPace | None = None
    ) -> None:
        self._app = app
        self._token = token
        self._pace = pace or SocketPace()
        self._ack = metrics.ack_seconds.labels("socket")
        self._watched = Token("app")
        self._hello = asyncio.Event()
        self._clients: set[_Client] = set()
        """Those that have not been stopped yet."""
        self._client = self._new()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def open(self) -> bool:
        """Whether Slack can reach Maple at this moment."""
        return self._client.open

    async def start(self) -> None:
        """Connects, and returns once Slack has said hello."""
        self._start_task(self._client.connect())  # type: ignore[no-untyped-call]
        self._start_task(self._watch())
        await self._hello.wait()

    async def stop(self) -> None:
        """Slack delivers what arrived and was not acknowledged again elsewhere."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(client.stop() for client in self._clients))

    def _new(self) -> _Client:
        self._hello.clear()
        client = _Client(
            self._app,
            self._token,
            self._pace,
            handle=self._handle,
            hello=self._hello,
            watched=self._watched,
        )
        self._clients.add(client)
        return client

    def _start_task(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._pace.ping / 2)
            if self._client.dead:
                log.warning("socket dead")
                dead, self._client = self._client, self._new()
                await dead.stop()
                self._clients.discard(dead)
                self._start_task(self._client.connect())  # type: ignore[no-untyped-call]

    async def _handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:
        started = time.perf_counter()
        response = await dispatch(
            self._app,
            lambda: AsyncBoltRequest(mode="socket_mode", body=req.payload, headers=build_headers(req)),
        )
        # Acknowledged even if it could not be read: Slack would only send it again.
        await send_async_response(client, req, response or BoltResponse(status=200), started)
        self._ack.observe(time.perf_counter() - started)
