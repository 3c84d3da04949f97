"""The HTTP side under attack, over real sockets; and that Slack gets through meanwhile."""

import asyncio
import contextlib
import io
import json
import os
import resource
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.lookups import labels
from bot.slack.connections import Connection, HttpLimits
from bot.slack.http import HttpServer, listening
from bot.timings import Timeouts
from tests.running import Running, running_maple
from tests.waiting import wait_until

QUICK = HttpLimits(exchange=0.15, keep_alive=0.15)
BODY = b"command=/autumn&text=help"


@dataclass
class Peer:
    """One raw connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def status(self) -> int:
        """The status of the next answer; answers here have no body."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        return int(head.split()[1])

    async def ended(self) -> bytes:
        """What still arrives before the connection ends."""
        try:
            return await asyncio.wait_for(self.reader.read(), 5)
        except ConnectionError:
            return b""


class Peers:
    def __init__(self, url: str) -> None:
        self._port = httpx.URL(url).port
        self._open: list[asyncio.StreamWriter] = []

    async def connect(self) -> Peer:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._open.append(writer)
        return Peer(reader, writer)

    def close(self) -> None:
        for writer in self._open:
            writer.close()


@contextlib.asynccontextmanager
async def maple_under_attack(limits: HttpLimits) -> AsyncIterator[tuple[Running, Peers]]:
    async with running_maple("http", timeouts=Timeouts(http=limits)) as maple:
        peers = Peers(maple.bot.url)
        try:
            yield maple, peers
        finally:
            peers.close()


def request(maple: Running, body: bytes = BODY, *, length: int | None = None) -> tuple[bytes, bytes]:
    """A request signed as by Slack: its head and its body."""
    lines = [
        "POST /slack/events HTTP/1.1",
        "host: maple",
        "content-type: application/x-www-form-urlencoded",
        f"content-length: {len(body) if length is None else length}",
        *(f"{name}: {value}" for name, value in maple.slack.deliveries.sign(body).items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n", body


async def assert_works(maple: Running) -> None:
    await maple.ana.command("/autumn help")
    await maple.ana.sees(labels.HELP_TITLE)


def connections_cut(maple: Running, reason: str) -> float:
    return (
        maple.bot.metrics.registry.get_sample_value("maple_connections_cut_total", {"reason": reason}) or 0.0
    )


async def test_request_whose_headers_never_end_loses_its_connection() -> None:
    starts = (
        b"",
        b"POST /slack/events HTTP/1.1\r\nhost: ma",
        b"GET /healthz HTTP/1.1\r\ncontent-length: 9\r\n",
    )
    async with maple_under_attack(QUICK) as (maple, peers):
        slow = [await peers.connect() for _ in range(15)]
        for number, peer in enumerate(slow):
            await peer.send(starts[number % len(starts)])
        assert {await peer.ended() for peer in slow} == {b""}
        assert connections_cut(maple, "late") == 15
        await assert_works(maple)


async def test_trickling_headers_do_not_extend_the_deadline() -> None:
    async with maple_under_attack(QUICK) as (maple, peers):
        peer = await peers.connect()
        ended = asyncio.create_task(peer.ended())
        while not ended.done():
            with contextlib.suppress(ConnectionError):
                await peer.send(b"x")
            await asyncio.sleep(0.01)
        assert await ended == b""
        assert connections_cut(maple, "late") == 1
        await assert_works(maple)


async def test_signed_request_whose_body_never_ends_loses_its_connection() -> None:
    async with maple_under_attack(QUICK) as (maple, peers):
        head, body = request(maple)
        peer = await peers.connect()
        await peer.send(head + body[:5])
        assert await peer.ended() == b""
        assert connections_cut(maple, "late") == 1
        assert maple.bot.metrics.registry.get_sample_value("maple_unsigned_requests_total") == 0
        await assert_works(maple)


async def test_unsigned_request_is_refused_before_its_body_comes() -> None:
    async with maple_under_attack(QUICK) as (maple, peers):
        peer = await peers.connect()
        await peer.send(b"POST /slack/events HTTP/1.1\r\nhost: maple\r\ncontent-length: 900000\r\n\r\n")
        assert await peer.status() == 401
        await peer.send(b"x")
        assert await peer.ended() == b"", "the rest is not waited for either"
        await assert_works(maple)


async def test_body_of_two_megabytes_is_refused() -> None:
    async with maple_under_attack(HttpLimits()) as (maple, peers):
        head, body = request(maple, b"x" * 2 * 1024 * 1024)
        peer = await peers.connect()
        await peer.send(head)
        assert await peer.status() == 413
        with contextlib.suppress(ConnectionError):
            await peer.send(body)
        assert await peer.ended() == b""
        assert connections_cut(maple, "size") == 1
        await assert_works(maple)


async def test_body_in_chunks_counts_as_it_comes() -> None:
    async with maple_under_attack(replace(HttpLimits(), body=1000)) as (maple, peers):
        head, body = request(maple, b"x" * 1001)
        chunked = head.replace(b"content-length: 1001", b"transfer-encoding: chunked")
        peer = await peers.connect()
        await peer.send(chunked + b"3e9\r\n" + body + b"\r\n")
        assert await peer.status() == 413


async def test_body_of_one_megabyte_is_read() -> None:
    async with maple_under_attack(HttpLimits()) as (maple, peers):
        head, body = request(maple, BODY + b"&x=" + b"x" * (1024 * 1024 - len(BODY) - 3))
        peer = await peers.connect()
        await peer.send(head + body)
        assert await peer.status() == 200


async def test_refused_body_within_the_size_leaves_the_connection_usable() -> None:
    async with maple_under_attack(HttpLimits()) as (maple, peers):
        head, body = request(maple)
        peer = await peers.connect()
        await peer.send(b"POST /slack/events HTTP/1.1\r\nhost: maple\r\ncontent-length: 3\r\n\r\n")
        assert await peer.status() == 401
        await peer.send(b"xxx" + head)
        await peer.send(body)
        assert await peer.status() == 200


async def test_idle_connection_is_ended_whatever_was_answered_on_it() -> None:
    async with maple_under_attack(replace(QUICK, exchange=5)) as (_, peers):
        peer = await peers.connect()
        await peer.send(b"POST /slack/events HTTP/1.1\r\nhost: maple\r\ncontent-length: 3\r\n\r\n")
        assert await peer.status() == 401
        await peer.send(b"xxx")
        assert await peer.ended() == b""


async def test_requests_sent_ahead_are_answered_in_turn() -> None:
    async with maple_under_attack(replace(QUICK, keep_alive=0.05)) as (maple, peers):
        head, body = request(maple)
        peer = await peers.connect()
        await peer.send((head + body) * 3 + head[:20])
        assert [await peer.status() for _ in range(3)] == [200, 200, 200]
        assert await peer.ended() == b""
        assert connections_cut(maple, "late") == 1


async def test_peer_that_does_not_take_its_answers_loses_its_connection() -> None:
    async with maple_under_attack(QUICK) as (maple, peers):
        peer = await peers.connect()
        transport: Any = peer.writer.transport
        transport.pause_reading()
        with contextlib.suppress(ConnectionError):
            await peer.send(b"GET /metrics HTTP/1.1\r\nhost: maple\r\n\r\n" * 2000)
        await wait_until(lambda: connections_cut(maple, "late") == 1)
        await assert_works(maple)


async def test_new_connection_takes_the_place_of_the_longest_waiting() -> None:
    async with maple_under_attack(replace(HttpLimits(), connections=10)) as (maple, peers):
        hoarded = [await peers.connect() for _ in range(30)]
        for peer in hoarded[:20]:
            assert await peer.ended() == b""
        await assert_works(maple)
        assert connections_cut(maple, "full") >= 20
        head, body = request(maple)
        await hoarded[-1].send(head + body)
        assert await hoarded[-1].status() == 200, "the latest keep theirs"


async def test_malformed_requests_are_logged_once(logs: io.StringIO) -> None:
    async with maple_under_attack(HttpLimits()) as (maple, peers):
        for nonsense in [b"\x16\x03\x01\x02\x00\r\n\r\n", b"GET\r\n\r\n", b"x" * 20_000] * 10:
            peer = await peers.connect()
            with contextlib.suppress(ConnectionError):
                await peer.send(nonsense)
            await peer.ended()
        lines = [json.loads(line) for line in logs.getvalue().splitlines()]
        assert len([line for line in lines if line.get("library") == "uvicorn.error"]) == 1
        await assert_works(maple)


class SlowApp:
    """An application whose answers wait until they are released."""

    def __init__(self) -> None:
        self.arrived = 0
        self.go_on = asyncio.Event()

    async def answer(self, _request: Request) -> Response:
        self.arrived += 1
        await self.go_on.wait()
        return PlainTextResponse("")

    @contextlib.asynccontextmanager
    async def listening(self, limits: HttpLimits) -> AsyncIterator[tuple[HttpServer, Peers]]:
        application = Starlette(routes=[Route("/", self.answer)])
        async with listening(application, "127.0.0.1", 0, limits=limits) as listener:
            peers = Peers(listener.url)
            try:
                yield listener, peers
            finally:
                peers.close()


GET = b"GET / HTTP/1.1\r\nhost: maple\r\n\r\n"


async def test_requests_being_answered_keep_their_slots() -> None:
    slow = SlowApp()
    async with slow.listening(replace(HttpLimits(), connections=3)) as (_, peers):
        asking = [await peers.connect() for _ in range(3)]
        for peer in asking:
            await peer.send(GET)
        await wait_until(lambda: slow.arrived == 3)
        assert await (await peers.connect()).ended() == b""
        slow.go_on.set()
        assert [await peer.status() for peer in asking] == [200, 200, 200]
        await asking[0].send(GET)
        assert await asking[0].status() == 200
        late = await peers.connect()
        assert await asking[1].ended() == b"", "of the idle ones the longest idle goes"
        await late.send(GET)
        assert await late.status() == 200
        assert slow.arrived == 5


async def test_idle_connection_is_kept_as_long_as_load_balancers_keep_theirs() -> None:
    slow = SlowApp()
    slow.go_on.set()
    async with slow.listening(HttpLimits()) as (listener, peers):
        peer = await peers.connect()
        await peer.send(GET)
        assert await peer.status() == 200
        (connection,) = listener.server_state.connections
        assert isinstance(connection, Connection)
        timer = connection.timeout_keep_alive_task
        assert timer is not None
        assert 70 < timer.when() - asyncio.get_running_loop().time() <= 75


async def test_exhausted_file_descriptors_are_logged_once(
    logs: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asyncio.constants.ACCEPT_RETRY_DELAY", 0.02)
    slow = SlowApp()
    slow.go_on.set()
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with slow.listening(HttpLimits()) as (_, peers):
        clients = [socket.socket() for _ in range(40)]
        with contextlib.ExitStack() as files:
            for client in clients:
                files.enter_context(client)
                client.setblocking(False)
            resource.setrlimit(resource.RLIMIT_NOFILE, (clients[-1].fileno() + 1, before[1]))
            files.callback(resource.setrlimit, resource.RLIMIT_NOFILE, before)
            with contextlib.suppress(OSError):
                while True:
                    files.callback(os.close, os.open(os.devnull, os.O_RDONLY))
            for client in clients:
                with contextlib.suppress(BlockingIOError):
                    client.connect(("127.0.0.1", peers._port))
            await wait_until(lambda: bool(logs.getvalue()))
            await asyncio.sleep(0.1)
        lines = [json.loads(line) for line in logs.getvalue().splitlines()]
        assert [line["library"] for line in lines] == ["asyncio"]
        peer = await peers.connect()
        await peer.send(GET)
        assert await peer.status() == 200
