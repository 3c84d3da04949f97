"""The transport: what goes over the wire, and which error each failure becomes."""

import asyncio
import contextlib
import gzip
import json
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError, Garbled, NotFound
from bot.autumn.transport import MOST, MOST_OF_AN_ERROR, TooLarge, Transport, proxy_for
from bot.autumn.write import Write
from tests.examples import examples

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n" + b'{"ok":true}'


class Server:
    """Answers every request with the same bytes, and records what it received."""

    def __init__(self, answer: bytes, *, cut: bool) -> None:
        self.answer = answer
        self.cut = cut
        self.received = b""
        self.connections = 0
        self.url = ""
        self.tasks: set[asyncio.Task[None] | None] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.tasks.add(asyncio.current_task())
        while part := await reader.read(65536):
            self.received += part
            writer.write(self.answer)
            if self.cut:
                break
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def running_server(answer: bytes = ANSWER, *, cut: bool = False) -> AsyncIterator[Server]:
    server = Server(answer, cut=cut)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with listening:
        yield server
        listening.close()
        await asyncio.gather(*(task for task in server.tasks if task is not None))


@asynccontextmanager
async def client(url: str, **details: float) -> AsyncIterator[httpx.AsyncClient]:
    timeout = httpx.Timeout(5, **details)
    async with httpx.AsyncClient(base_url=url, transport=Transport(at_once=4), timeout=timeout) as http:
        yield http


async def test_request_is_sent_as_built_by_httpx() -> None:
    async with running_server() as server, client(server.url) as http:
        answer = await http.post("/v1/customers.get", json={"a": 1}, headers={"authorization": "Bearer x"})
    assert answer.json() == {"ok": True}
    assert answer.headers["content-type"] == "application/json"
    head, _, body = server.received.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/customers.get HTTP/1.1\r\n")
    assert b"bearer x" in head.lower()
    assert json.loads(body) == {"a": 1}


@pytest.mark.parametrize("path", ["/v1/customers/%2E%2E", "/v1/customers/a%2Fb%20%C3%A9?expand=a%2Cb"])
async def test_encoded_path_is_unchanged(path: str) -> None:
    async with running_server() as server, client(server.url) as http:
        await http.get(path)
    assert server.received.startswith(f"GET {path} HTTP/1.1\r\n".encode())


async def test_connection_is_reused() -> None:
    async with running_server() as server, client(server.url) as http:
        for _ in range(3):
            await http.get("/")
    assert server.connections == 1


async def test_cookies_are_not_kept_and_redirects_not_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nlocation: /else\r\nset-cookie: a=b\r\ncontent-length: 0\r\n\r\n"
    async with running_server(moved) as server:
        transport = Transport(at_once=4)
        for _ in range(2):
            answer = await transport.handle_async_request(httpx.Request("GET", server.url))
            assert answer.status_code == 302
        await transport.aclose()
    assert b"/else" not in server.received
    assert b"cookie" not in server.received.lower()


def http_answer(body: bytes, *, status: int = 200, encoding: str = "") -> bytes:
    head = f"HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return f"{head}content-encoding: {encoding}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(mtime=0, data=b'{"ok":true}')),
        ("X-Gzip", gzip.compress(mtime=0, data=b'{"ok":true}')),
        ("deflate", zlib.compress(b'{"ok":true}')),
        ("identity", b'{"ok":true}'),
        ("", b'{"ok":true}'),
    ],
)
async def test_answer_is_unpacked(encoding: str, packed: bytes) -> None:
    async with running_server(http_answer(packed, encoding=encoding)) as server, client(server.url) as http:
        answer = await http.get("/")
        assert answer.json() == {"ok": True}
        assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_empty_answer_needs_no_unpacking(encoding: str) -> None:
    async with running_server(http_answer(b"", encoding=encoding)) as server, client(server.url) as http:
        assert (await http.get("/")).content == b""


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", b"x" * 40),
        ("gzip", gzip.compress(b'{"ok":true}')[:-9]),
        ("br", b"x"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"x"))),
    ],
    ids=["not gzip", "cut off", "not asked for", "packed twice"],
)
async def test_answer_that_cannot_be_unpacked_is_a_decoding_error(encoding: str, packed: bytes) -> None:
    async with running_server(http_answer(packed, encoding=encoding)) as server, client(server.url) as http:
        with pytest.raises(httpx.DecodingError) as raised:
            await http.get("/")
        assert not isinstance(raised.value, TooLarge)
        server.answer = http_answer(packed, status=503, encoding=encoding)
        answer = await http.get("/")
        assert (answer.status_code, answer.content) == (503, b"")


class Endless:
    """Sends for as long as the client reads, and counts how much it read."""

    def __init__(self, head: bytes, piece: bytes) -> None:
        self.head = head
        self.piece = piece
        self.sent = 0
        self.url = ""
        self.tasks: set[asyncio.Task[None] | None] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tasks.add(asyncio.current_task())
        await reader.read(65536)
        writer.write(self.head)
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(self.piece)
                await writer.drain()
                self.sent += len(self.piece)


@asynccontextmanager
async def running_endless_server(status: int, *, packed: bool) -> AsyncIterator[Endless]:
    zeros = bytes(1 << 20)
    head = f"HTTP/1.1 {status} Status\r\n" + ("content-encoding: gzip\r\n" if packed else "") + "\r\n"
    packing = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    first = packing.compress(zeros * 8) + packing.flush(zlib.Z_FULL_FLUSH) if packed else b""
    again = packing.compress(zeros * 8) + packing.flush(zlib.Z_FULL_FLUSH) if packed else zeros
    server = Endless(head.encode() + first, again)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with listening:
        yield server
        listening.close()
        await asyncio.gather(*(task for task in server.tasks if task is not None))


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
async def test_endless_answer_is_cut_off(packed: bool) -> None:
    async with running_endless_server(200, packed=packed) as server, client(server.url) as http:
        tracemalloc.start()
        with pytest.raises(TooLarge):
            await http.get("/")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 4 * MOST


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
async def test_endless_error_is_reported_by_its_status(packed: bool) -> None:
    async with running_endless_server(429, packed=packed) as server, client(server.url) as http:
        tracemalloc.start()
        answer = await http.get("/")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (answer.status_code, answer.content) == (429, b"")
    assert peak < MOST


@pytest.mark.parametrize(("status", "most"), [(200, MOST), (500, MOST_OF_AN_ERROR)])
async def test_answer_of_the_largest_size_is_read(status: int, most: int) -> None:
    packed = http_answer(gzip.compress(b" " * most), status=status, encoding="gzip")
    async with running_server(packed) as server, client(server.url) as http:
        assert len((await http.get("/")).content) == most


@examples(60)
@given(body=st.binary(max_size=400_000), level=st.integers(0, 9), cut=st.booleans())
async def test_compressed_answers_are_complete_or_an_error(body: bytes, level: int, cut: bool) -> None:
    packed = gzip.compress(body, level)
    sent = packed[: len(packed) // 2] if cut else packed
    async with running_server(http_answer(sent, encoding="gzip")) as server, client(server.url) as http:
        if cut:
            with pytest.raises(httpx.DecodingError):
                await http.get("/")
        else:
            assert (await http.get("/")).content == body


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{", httpx.ReadError),
        (b"It works!\r\n\r\n", httpx.RemoteProtocolError),
    ],
    ids=["cut before the answer", "cut within the answer", "no HTTP"],
)
async def test_connection_errors_are_classified(answer: bytes, kind: type[httpx.TransportError]) -> None:
    async with running_server(answer, cut=True) as server, client(server.url) as http:
        with pytest.raises(kind) as raised:
            await http.post("/", json={"secret": "s3cret"})
    assert raised.type is kind
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_request_on_a_broken_connection_is_not_resent(method: str) -> None:
    async with running_server() as server, client(server.url) as http:
        await http.get("/")
        server.cut, server.answer = True, b""
        with pytest.raises(httpx.RemoteProtocolError):
            await http.request(method, "/broken")
    assert server.received.count(b"/broken") == 1


async def test_missing_answer_is_a_read_timeout() -> None:
    async with running_server(b"") as server, client(server.url, read=0.05) as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.get("/")


async def test_exhausted_pool_is_a_connect_timeout() -> None:
    async with running_server(b"") as server:
        limits = httpx.Timeout(5, pool=0.05, read=0.5)
        async with httpx.AsyncClient(transport=Transport(at_once=1), timeout=limits) as http:
            first = asyncio.create_task(http.get(server.url))
            await asyncio.sleep(0.01)
            with pytest.raises(httpx.ConnectTimeout):
                await http.get(server.url)
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)


async def test_unreachable_server_is_a_connect_error() -> None:
    async with running_server() as server:
        url = server.url
    async with client(url) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get("/")


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://"])
async def test_url_without_http_is_refused(url: str) -> None:
    transport = Transport(at_once=1)
    try:
        with pytest.raises(httpx.TransportError):
            await transport.handle_async_request(httpx.Request("GET", url))
    finally:
        await transport.aclose()


async def test_closing_an_unused_transport() -> None:
    await Transport(at_once=1).aclose()


async def test_proxy_is_used() -> None:
    async with running_server() as server:
        transport = Transport(at_once=1, proxy=server.url)
        async with httpx.AsyncClient(transport=transport) as http:
            await http.get("http://autumn.test/v1/a%2Fb")
    assert server.received.startswith(b"GET http://autumn.test/v1/a%2Fb HTTP/1.1\r\n")


def test_proxy_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert proxy_for("https://api.useautumn.com") is None
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,.inside.test")
    assert proxy_for("https://api.useautumn.com") == "http://proxy.test:3128"
    assert proxy_for("https://autumn.inside.test:8000") is None
    assert proxy_for("http://127.0.0.1:8000") is None


GIVE = Write("balances.update", "POST", "/v1/balances.update", {"customer_id": "cus_acme"})


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
@pytest.mark.parametrize(("status", "error"), [(200, Garbled), (404, NotFound)])
async def test_endless_answer_is_an_error_like_any_other(
    packed: bool, status: int, error: type[AutumnError]
) -> None:
    async with running_endless_server(status, packed=packed) as server:
        autumn = Autumn(key=SecretStr("am_sk_test_1"), url=server.url)
        with pytest.raises(error) as read:
            await autumn.customer("cus_acme")
        with pytest.raises(error) as written:
            await autumn.send(GIVE, "key")
        await autumn.aclose()
    too_large = "The answer is too large." if error is Garbled else ""
    assert {read.value.detail, written.value.detail} == {too_large}
