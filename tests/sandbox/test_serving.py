import asyncio
import contextlib
import socket

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox import serving

_LENGTH = 20_000_000
"""Bytes: more than the buffers of a socket hold."""


async def test_connection_whose_peer_reads_nothing_is_closed_when_the_server_stops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serving, "GRACE", 0.02)
    requested = asyncio.Event()

    async def large(_request: Request) -> Response:
        requested.set()
        return PlainTextResponse("x" * _LENGTH)

    listener = socket.create_server(("127.0.0.1", 0))
    with socket.create_connection(listener.getsockname()) as peer:
        async with serving.listening(Starlette(routes=[Route("/", large)]), listener):
            peer.sendall(b"GET / HTTP/1.1\r\nhost: maple\r\n\r\n")
            await requested.wait()
        peer.setblocking(False)
        assert await asyncio.wait_for(_length_until_closed(peer), 10) < _LENGTH


async def _length_until_closed(peer: socket.socket) -> int:
    loop, length = asyncio.get_running_loop(), 0
    with contextlib.suppress(ConnectionResetError):
        while data := await loop.sock_recv(peer, 1_000_000):
            length += len(data)
    return length
