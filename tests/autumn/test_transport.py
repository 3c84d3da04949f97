"""The way of a request: what goes over the wire, and how each thing that breaks there is named."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from bot.autumn.transport import Transport, proxy_for

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n" + b'{"ok":true}'


class Server:
    """Answers everything with the same bytes, and keeps what it was sent."""

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
async def serving(answer: bytes = ANSWER, *, cut: bool = False) -> AsyncIterator[Server]:
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


async def test_a_request_goes_out_as_httpx_made_it() -> None:
    async with serving() as server, client(server.url) as http:
        answer = await http.post("/v1/customers.get", json={"a": 1}, headers={"authorization": "Bearer x"})
    assert answer.json() == {"ok": True}
    assert answer.headers["content-type"] == "application/json"
    head, _, body = server.received.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/customers.get HTTP/1.1\r\n")
    assert b"bearer x" in head.lower()
    assert json.loads(body) == {"a": 1}


@pytest.mark.parametrize("path", ["/v1/customers/%2E%2E", "/v1/customers/a%2Fb%20%C3%A9?expand=a%2Cb"])
async def test_an_encoded_path_stays_as_it_is(path: str) -> None:
    async with serving() as server, client(server.url) as http:
        await http.get(path)
    assert server.received.startswith(f"GET {path} HTTP/1.1\r\n".encode())


async def test_a_connection_serves_again() -> None:
    async with serving() as server, client(server.url) as http:
        for _ in range(3):
            await http.get("/")
    assert server.connections == 1


async def test_cookies_are_not_kept_and_redirects_not_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nlocation: /else\r\nset-cookie: a=b\r\ncontent-length: 0\r\n\r\n"
    async with serving(moved) as server:
        transport = Transport(at_once=4)
        for _ in range(2):
            answer = await transport.handle_async_request(httpx.Request("GET", server.url))
            assert answer.status_code == 302
        await transport.aclose()
    assert b"/else" not in server.received
    assert b"cookie" not in server.received.lower()


async def test_compression_is_left_to_httpx() -> None:
    packed = gzip.compress(b'{"ok":true}')
    head = f"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {len(packed)}\r\n\r\n".encode()
    async with serving(head + packed) as server, client(server.url) as http:
        assert (await http.get("/")).json() == {"ok": True}
        server.answer = head + b"x" * len(packed)
        with pytest.raises(httpx.DecodingError):
            await http.get("/")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{", httpx.ReadError),
        (b"It works!\r\n\r\n", httpx.RemoteProtocolError),
    ],
    ids=["cut before the answer", "cut within the answer", "no HTTP"],
)
async def test_what_breaks_has_a_name(answer: bytes, kind: type[httpx.TransportError]) -> None:
    async with serving(answer, cut=True) as server, client(server.url) as http:
        with pytest.raises(kind) as raised:
            await http.post("/", json={"secret": "s3cret"})
    assert raised.type is kind
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_a_request_whose_connection_broke_is_not_sent_again(method: str) -> None:
    async with serving() as server, client(server.url) as http:
        await http.get("/")
        server.cut, server.answer = True, b""
        with pytest.raises(httpx.RemoteProtocolError):
            await http.request(method, "/broken")
    assert server.received.count(b"/broken") == 1


async def test_no_answer_is_a_read_that_took_too_long() -> None:
    async with serving(b"") as server, client(server.url, read=0.05) as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.get("/")


async def test_no_free_connection_is_one_that_could_not_be_made_in_time() -> None:
    async with serving(b"") as server:
        limits = httpx.Timeout(5, pool=0.05, read=0.5)
        async with httpx.AsyncClient(transport=Transport(at_once=1), timeout=limits) as http:
            first = asyncio.create_task(http.get(server.url))
            await asyncio.sleep(0.01)
            with pytest.raises(httpx.ConnectTimeout):
                await http.get(server.url)
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)


async def test_nobody_there() -> None:
    async with serving() as server:
        url = server.url
    async with client(url) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get("/")


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://"])
async def test_no_address_for_http(url: str) -> None:
    transport = Transport(at_once=1)
    try:
        with pytest.raises(httpx.TransportError):
            await transport.handle_async_request(httpx.Request("GET", url))
    finally:
        await transport.aclose()


async def test_closing_what_was_never_used() -> None:
    await Transport(at_once=1).aclose()


async def test_goes_through_a_proxy() -> None:
    async with serving() as server:
        transport = Transport(at_once=1, proxy=server.url)
        async with httpx.AsyncClient(transport=transport) as http:
            await http.get("http://autumn.test/v1/a%2Fb")
    assert server.received.startswith(b"GET http://autumn.test/v1/a%2Fb HTTP/1.1\r\n")


def test_the_environment_names_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert proxy_for("https://api.useautumn.com") is None
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,.inside.test")
    assert proxy_for("https://api.useautumn.com") == "http://proxy.test:3128"
    assert proxy_for("https://autumn.inside.test:8000") is None
    assert proxy_for("http://127.0.0.1:8000") is None
