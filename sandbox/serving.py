"""An ASGI app served inside this process, quick to start and to stop."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

_TICK = 0.002
_WAIT = 0.005
_SEND = "maple.send"
GRACE = 2.0
"""Seconds that requests under way have left when the server stops."""


@asynccontextmanager
async def listening(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Serves on a listening socket.

    Started and stopped by its parts, not by uvicorn's serve(): that takes over the process's signal
    handlers, and takes its time to stop.
    """
    # Else an answer's second packet waits some 40 ms for the first to be acknowledged.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, access_log=False, ws="websockets-sansio", date_header=False
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup([listener])
    try:
        yield
    finally:
        for asyncio_server in server.servers:
            asyncio_server.close()
        listener.close()
        await _drain(server)


def cuttable(app: ASGIApp) -> ASGIApp:
    """An app of Starlette's, which hands on its own way of sending: Cut finds uvicorn's by this."""

    async def called(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, _SEND: send}, receive, send)

    return called


class Cut(Response):
    """The connection is closed without an answer; in an app that is `cuttable`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await cut(scope[_SEND])


async def cut(send: Send) -> None:
    """Close the connection without an answer. ASGI has no word for it, so uvicorn's transport is taken."""
    cycle = send.__self__  # type: ignore[attr-defined]
    cycle.transport.abort()
    while not cycle.disconnected:  # noqa: ASYNC110 - uvicorn offers no other way
        await asyncio.sleep(_WAIT)


async def _drain(server: uvicorn.Server) -> None:
    state = server.server_state
    try:
        async with asyncio.timeout(GRACE):
            # A connection accepted at the last moment is known a tick later. When the last one closes,
            # uvicorn notifies nobody.
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
            connection.transport.abort()
        await asyncio.sleep(_TICK)
