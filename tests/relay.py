"""A connection to PostgreSQL that can be cut, stalled and restored."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import make_url


@asynccontextmanager
async def _closed(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    try:
        yield
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


class Relay:
    """Relays bytes both ways between clients of `url` and the real server."""

    def __init__(self, url: str) -> None:
        self._target = make_url(url)
        self._server: asyncio.Server | None = None
        self._wires: set[asyncio.Task[None]] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._port = 0

    @classmethod
    @asynccontextmanager
    async def to(cls, url: str) -> AsyncIterator["Relay"]:
        relay = cls(url)
        await relay.mend()
        yield relay
        await relay.cut()

    @property
    def url(self) -> str:
        """The same database, through this relay."""
        aside = self._target.set(host="127.0.0.1", port=self._port, query={})
        return aside.render_as_string(hide_password=False)

    async def cut(self) -> None:
        """Ends every connection; new ones are refused."""
        if self._server is not None:
            self._server.close()
            self._server = None
        # A connection accepted at the last moment is registered a moment later.
        await asyncio.sleep(0.001)
        while self._wires:
            for wire in self._wires:
                wire.cancel()
            await asyncio.wait(self._wires)

    def stall(self) -> None:
        """Accepts and keeps connections, but stops relaying."""
        self._flows.clear()

    async def mend(self) -> None:
        """Works again, at the same address."""
        self._flows.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._taken, "127.0.0.1", self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    async def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Here and not in the relay's task, which may be cancelled before it starts.
        async with _closed(writer):
            if self._server is None:
                return
            wire = asyncio.create_task(self._wire(reader, writer))
            self._wires.add(wire)
            wire.add_done_callback(self._wires.discard)
            await asyncio.wait({wire})

    async def _wire(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await self._connect()
        async with _closed(far_writer):
            ways = {
                asyncio.create_task(self._pass(reader, far_writer)),
                asyncio.create_task(self._pass(far_reader, writer)),
            }
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host = self._target.query.get("host")
        if isinstance(host, str):
            port = self._target.query.get("port", self._target.port or 5432)
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(self._target.host, self._target.port or 5432)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while some := await reader.read(65536):
                await self._flows.wait()
                writer.write(some)
                await writer.drain()
