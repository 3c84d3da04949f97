"""An ASGI app served inside this process, quick to start and to stop."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

_TICK = 0.002
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
        for one in server.servers:
            one.close()
        listener.close()
        await _drain(server)


async def _drain(server: uvicorn.Server) -> None:
    state = server.server_state
    try:
        async with asyncio.timeout(GRACE):
            # A connection accepted at the last moment is known a tick later. When the last one goes,
            # uvicorn tells nobody.
            await asyncio.sleep(_TICK)
            while state.connections or state.tasks:
                for connection in list(state.connections):
                    connection.shutdown()
                await asyncio.sleep(_TICK)
    except TimeoutError:
        for task in list(state.tasks):
            task.cancel()
        await asyncio.gather(*state.tasks, return_exceptions=True)
