"""An httpx transport over aiohttp's connection pool.

For every request, httpx's own pool scans all its connections and all waiting requests: with 50 concurrent
reads this takes about ten times the CPU time of the rest of a read. No existing package fits: they rewrite
encoded paths, and report a connection that broke after the request was sent as one that was never made.

Answers are decompressed here, with a limit: httpx has none, and two megabytes can expand to gigabytes.
"""

import asyncio
import ssl
import zlib
from functools import cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from yarl import URL

# The first match counts, so subclasses come before their base classes.
_ERRORS: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
    (aiohttp.ServerTimeoutError, httpx.ReadTimeout),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.ServerDisconnectedError, httpx.RemoteProtocolError),
    (aiohttp.ClientOSError, httpx.ReadError),
    (aiohttp.ClientPayloadError, httpx.ReadError),
    (aiohttp.InvalidURL, httpx.UnsupportedProtocol),
    (aiohttp.ClientError, httpx.RemoteProtocolError),
)


_MEBIBYTE = 1024 * 1024
MOST = 16 * _MEBIBYTE
"""The largest answer in bytes, both compressed and decompressed: about four times the largest page."""
MOST_OF_AN_ERROR = _MEBIBYTE // 4
"""The largest body of an error. Only a few hundred characters of it are used."""
ENCODINGS = "gzip, deflate"
_PIECE = 65_536
_UNPACKED_HERE = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


class TooLarge(httpx.DecodingError):
    """The answer is larger than any of Autumn's."""


class Transport(httpx.AsyncBaseTransport):
    """Opens its connections in the event loop in which it is first used."""

    def __init__(self, *, at_once: int, proxy: str | None = None) -> None:
        """`at_once` is the largest number of connections; further requests wait."""
        self._at_once = at_once
        self._proxy = proxy
        self._context = _trusted()
        self._opened: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer with its body read and decompressed.

        The body of an error status is empty if it is too large or broken; for any other status that raises
        TooLarge or httpx.DecodingError. Raises httpx.TransportError when the connection fails.
        """
        limits = request.extensions.get("timeout", {})
        timeout = aiohttp.ClientTimeout(
            connect=limits.get("pool"), sock_connect=limits.get("connect"), sock_read=limits.get("read")
        )
        try:
            async with self._session().request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=[(name.decode(), value.decode()) for name, value in request.headers.raw],
                data=await request.aread() or None,
                allow_redirects=False,
                timeout=timeout,
            ) as answer:
                body = await _body(answer)
        except (aiohttp.ClientError, aiohttp.ServerTimeoutError) as error:
            raise _as_httpx(error) from None
        headers = [(name, value) for name, value in answer.raw_headers if name.lower() not in _UNPACKED_HERE]
        return httpx.Response(answer.status, headers=headers, stream=httpx.ByteStream(body))

    async def aclose(self) -> None:
        if self._opened is not None:
            await self._opened.close()

    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:
            self._opened = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._at_once, ssl=self._context),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                proxy=self._proxy,
                middlewares=(_once,),
            )
        return self._opened


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    error = answer.status >= 400
    try:
        return await _unpacked(answer, MOST_OF_AN_ERROR if error else MOST)
    except httpx.DecodingError:
        if error:
            return b""
        raise


async def _unpacked(answer: aiohttp.ClientResponse, most: int) -> bytes:
    """Raises httpx.DecodingError, or TooLarge as soon as there are more than `most` bytes."""
    unpacker = _unpacker(answer.headers.get("content-encoding", ""))
    parts: list[bytes] = []
    received = size = 0
    async for piece in answer.content.iter_chunked(_PIECE):
        part = unpacker.unpack(piece, most + 1 - size)
        parts.append(part)
        received += len(piece)
        size += len(part)
        if max(received, size) > most:
            raise TooLarge("too large")
        if len(part) > len(piece):
            # Pieces already received arrive without a pause, so let other tasks run in between.
            await asyncio.sleep(0)
    if received and not unpacker.complete:
        raise httpx.DecodingError("cut off")
    return b"".join(parts)


class _Plain:
    complete = True

    def unpack(self, piece: bytes, _most: int) -> bytes:
        return piece


class _Zlib:
    """gzip or deflate, detected by the first bytes."""

    def __init__(self) -> None:
        self._inflating = zlib.decompressobj(zlib.MAX_WBITS | 32)

    @property
    def complete(self) -> bool:
        return self._inflating.eof

    def unpack(self, piece: bytes, most: int) -> bytes:
        """At most `most` bytes; it must not be zero, which means no limit. Raises httpx.DecodingError."""
        try:
            return self._inflating.decompress(piece, most)
        except zlib.error:
            raise httpx.DecodingError("not compressed as declared") from None


def _unpacker(encoding: str) -> _Plain | _Zlib:
    match encoding.strip().lower():
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip" | "deflate":
            return _Zlib()
        case _:
            raise httpx.DecodingError("not an accepted encoding")


@cache
def _trusted() -> ssl.SSLContext:
    """httpx's default context, which is slow to create."""
    return httpx.create_ssl_context()


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Prevents a resend: when a connection breaks, aiohttp repeats a DELETE, though Autumn may have done the
    first. It does not repeat after an error that is not its own."""
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _as_httpx(error) from None


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for a URL (HTTPS_PROXY, NO_PROXY, …).

    Looked up once: aiohttp would do so, and read a netrc file, in a thread for every request.
    """
    to = urlsplit(url)
    return None if proxy_bypass(to.netloc) else getproxies().get(to.scheme)


def _as_httpx(error: Exception) -> httpx.TransportError:
    # Without the text, which may quote the request.
    kind = next(ours for theirs, ours in _ERRORS if isinstance(error, theirs))
    return kind(type(error).__name__)
