"""The HTTP server: Slack's requests (in HTTP mode), health, readiness, metrics."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping

import uvicorn
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.metrics import Metrics
from bot.slack.connections import HEADERS, CutReason, HttpLimits, protocol
from bot.slack.dispatch import dispatch
from bot.slack.signature import Signature

EVENTS_PATH = "/slack/events"
_TICK = 0.002
_ACCEPTED = 16
"""Connections accepted at a time. With no file left to open, asyncio logs an error for each of them."""
_QUEUE = 2048
"""Connections that may queue in the kernel."""


class BodyTooLarge(Exception):
    """The body is larger than anything Slack sends."""


class SlackEvents:
    """The endpoint for Slack's signed requests: the signature is checked first, then Bolt is called.

    Plain ASGI, for speed. `largest`: bytes in a body.
    """

    def __init__(
        self,
        app: AsyncApp,
        signature: Signature,
        metrics: Metrics,
        ready: Callable[[], bool],
        *,
        largest: int = HttpLimits().body,
    ) -> None:
        self._app = app
        self._signature = signature
        self._metrics = metrics
        self._ready = ready
        self._largest = largest
        self._ack = metrics.ack_seconds.labels("http")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        claim = self._signature.claim(scope["headers"])
        if claim is None:
            await self._refuse(send, 401)
            return
        try:
            body = await read_body(scope, receive, self._largest)
        except BodyTooLarge:
            await self._refuse(send, 413)
            return
        if body is None:
            return
        if not self._signature.genuine(claim, body):
            await self._refuse(send, 401)
            return
        if not self._ready():
            await send_answer(send, 503)
            return
        response = await dispatch(self._app, lambda: _request(body, scope))
        if response is None:
            await send_answer(send, 400)
            return
        await send_answer(
            send, response.status, response.body.encode(), response.first_headers_without_set_cookie()
        )
        self._ack.observe(time.perf_counter() - started)

    async def _refuse(self, send: Send, status: int) -> None:
        self._metrics.unsigned.inc()
        await send_answer(send, status)


def _request(body: bytes, scope: Scope) -> AsyncBoltRequest:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return AsyncBoltRequest(
        body=body.decode(), query=scope["query_string"].decode("latin-1"), headers=headers
    )


async def read_body(scope: Scope, receive: Receive, largest: int) -> bytes | None:
    """The whole body; None if the sender disconnected. Raises BodyTooLarge, right away if the headers show
    it."""
    for name, value in scope["headers"]:
        if name == b"content-length" and int(value) > largest:
            raise BodyTooLarge
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > largest:
            raise BodyTooLarge
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


async def send_answer(
    send: Send, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> None:
    raw = [
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in (headers or {}).items()
    ]
    raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def site(
    events: SlackEvents | None,
    metrics: Metrics,
    readiness: Callable[[], Mapping[str, bool]],
    *,
    more: Mapping[str, ASGIApp] | None = None,
) -> Starlette:
    """The web application. Without `events` (in Socket Mode) there is no path for Slack. `more`: what else is
    posted to, by path."""

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def readyz(_request: Request) -> Response:
        state = readiness()
        ready = all(state.values())
        return JSONResponse({"ready": ready, **state}, status_code=200 if ready else 503)

    async def exposition(_request: Request) -> Response:
        return Response(metrics.exposition(), media_type="text/plain; version=0.0.4")

    routes: list[BaseRoute] = [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", exposition),
    ]
    if events is not None:
        routes.insert(0, Route(EVENTS_PATH, events, methods=["POST"]))
    routes += [Route(path, endpoint, methods=["POST"]) for path, endpoint in (more or {}).items()]
    return Starlette(routes=routes)


class HttpServer(uvicorn.Server):
    """uvicorn's server in an event loop that has other things to do. `url` is where it can be reached, with
    the actual port if 0 was asked for.

    Not run by its serve(), which would take over the signals: stopping the bot means more than closing
    connections.
    """

    def __init__(self, config: uvicorn.Config, bound: socket.socket, grace: float) -> None:
        super().__init__(config)
        self._bound = bound
        self._grace = grace
        host, port = bound.getsockname()[:2]
        self.url = f"http://[{host}]:{port}" if bound.family == socket.AF_INET6 else f"http://{host}:{port}"

    async def start(self) -> None:
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.startup(sockets=[self._bound])
        self._bound.listen(_QUEUE)  # asyncio has just set it to _ACCEPTED

    async def stop(self) -> None:
        """Accepts nothing new and finishes the answers under way; past the grace period they are cut off.

        Not uvicorn's own shutdown(), which sleeps for a tenth of a second even when there is nothing to do.
        """
        for server in self.servers:
            server.close()
        self._bound.close()
        state = self.server_state
        try:
            async with asyncio.timeout(self._grace):
                # A connection accepted at the last moment shows up a tick later, and uvicorn does not signal
                # when the last one is closed.
                await asyncio.sleep(_TICK)
                while state.connections or state.tasks:
                    for connection in list(state.connections):
                        connection.shutdown()
                    await asyncio.sleep(_TICK)
        except TimeoutError:
            for task in list(state.tasks):
                task.cancel()
            await asyncio.gather(*state.tasks, return_exceptions=True)
            for connection in list(state.connections):
                # Else a peer that takes nothing in keeps its connection open.
                connection.transport.abort()
            await asyncio.sleep(_TICK)


@contextlib.asynccontextmanager
async def listening(
    application: Starlette,
    host: str,
    port: int,
    *,
    grace: float = 10.0,
    limits: HttpLimits | None = None,
    cut: Callable[[CutReason], None] = lambda _: None,
) -> AsyncIterator[HttpServer]:
    """Serves the application in this event loop. Raises OSError if the address cannot be bound.

    `grace`: seconds that requests under way get when it stops. `cut`: called with the reason for each
    connection that is ended because of the limits.
    """
    limits = limits or HttpLimits()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.create_server((host, port), family=family, backlog=_QUEUE)
    # Connections inherit it. Without it the body of an answer waits some 40 ms for the headers to be
    # acknowledged; asyncio sets it only on sockets it has opened itself.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        date_header=False,
        backlog=_ACCEPTED,
        http=protocol(limits, cut),
        h11_max_incomplete_event_size=HEADERS,
        timeout_keep_alive=limits.keep_alive,  # type: ignore[arg-type]  # a timer takes fractions
    )
    server = HttpServer(config, bound, grace)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
