"""Requests to a local Autumn in the same process, without a server and a connection in between.

For tests of what the bot does with Autumn's answers. How answers and cut connections come over the network is
shown in test_transport.py.
"""

import asyncio
from dataclasses import dataclass, field

import httpx
from starlette.types import Message

from sandbox.autumn import LocalAutumn

URL = "http://autumn.test"


class InProcess(httpx.AsyncBaseTransport):
    def __init__(self, local: LocalAutumn) -> None:
        self._local = local
        self._tasks = set[asyncio.Task[None]]()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = _Exchange(await request.aread())
        scope = {
            "method": request.method,
            "raw_path": request.url.raw_path.partition(b"?")[0],
            "query_string": request.url.query,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "server": (request.url.host, request.url.port or 80),
        }
        # Autumn does not stop when the caller gives up.
        task = asyncio.create_task(self._local(scope, exchange.receive, exchange.send))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.shield(task)
        if exchange.disconnected:
            raise httpx.RemoteProtocolError("cut")
        return httpx.Response(exchange.status, headers=exchange.headers, content=exchange.body)

    async def finished(self) -> None:
        """Cuts short delayed answers, and waits until Autumn has handled all requests."""
        self._local.faults.clear()
        await asyncio.gather(*self._tasks)


@dataclass
class _Exchange:
    request: bytes
    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    disconnected: bool = False

    async def receive(self) -> Message:
        return {"type": "http.request", "body": self.request}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], message["headers"]
        else:
            self.body += message["body"]

    # The local Autumn cuts a connection through this, as with uvicorn.

    @property
    def transport(self) -> "_Exchange":
        return self

    def abort(self) -> None:
        self.disconnected = True
