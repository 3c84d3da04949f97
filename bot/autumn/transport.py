"""How httpx's requests travel: over aiohttp's connection pool.

httpx's own pool looks through all its connections and all waiting requests for every request: with 50 reads
under way that takes some ten times the processor time of everything else about a read. Of the packages that
do the same as this module, none fits: they rewrite an encoded path, and report a connection that broke after
the request had gone as one that was never made.
"""

import ssl
from functools import cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from yarl import URL

# The first that fits counts: special ones stand before what they are special cases of.
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


class Transport(httpx.AsyncBaseTransport):
    """Opens its connections in the event loop it is first used in."""

    def __init__(self, *, at_once: int, proxy: str | None = None) -> None:
        """`at_once`: connections, at most; further requests wait."""
        self._at_once = at_once
        self._proxy = proxy
        self._context = _trusted()
        self._opened: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, its body read and as encoded as it came. Raises httpx.TransportError."""
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
                body = await answer.read()
        except (aiohttp.ClientError, aiohttp.ServerTimeoutError) as error:
            raise _as_httpx(error) from None
        return httpx.Response(answer.status, headers=answer.raw_headers, stream=httpx.ByteStream(body))

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


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that httpx trusts; reading them all takes a while."""
    return httpx.create_ssl_context()


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """When a connection breaks, aiohttp sends a DELETE anew, and Autumn may have done the first. Errors that
    are not its own it passes on."""
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _as_httpx(error) from None


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for an address (HTTPS_PROXY, NO_PROXY, …).

    Asked once: aiohttp would look it up, and a netrc file besides, in a thread for every request.
    """
    to = urlsplit(url)
    return None if proxy_bypass(to.netloc) else getproxies().get(to.scheme)


def _as_httpx(error: Exception) -> httpx.TransportError:
    # Only the kind goes over: the text may quote what was sent.
    kind = next(ours for theirs, ours in _ERRORS if isinstance(error, theirs))
    return kind(type(error).__name__)
