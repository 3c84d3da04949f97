"""Sends requests to Autumn over one connection pool.

A read is throttled, retried and limited in time. Here a write is sent once; `Engine` sends it again after a
429.

Requests go straight to the transport. httpx's client would add cookies, redirects and hooks, none of which
Autumn uses, for several times the processor time.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, SecretStr

from bot import __version__
from bot.autumn import responses
from bot.autumn.errors import AutumnError, Garbled, NotSent, Refused, TimedOut, Unreachable
from bot.autumn.retry_policy import RetryPolicy, pause
from bot.autumn.shares import FairQueue, FairRate
from bot.autumn.throttle import Limits, RateGroup, SharedRate, Throttle
from bot.autumn.transport import ENCODINGS, TooLarge, Transport, proxy_for
from bot.autumn.write import Write

_READ = httpx.ByteStream(b"")

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A request that changes nothing."""

    route: str
    """The route without any id, for logs and metrics."""
    method: str = "POST"
    path: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    group: RateGroup = RateGroup.GENERAL
    customer_id: str = ""
    """The customer whose rate limit it counts against, for RateGroup.EVENTS."""
    turn_within: float | None = None
    """Seconds that it may wait for its turn; None for as long as the whole read may take."""

    @classmethod
    def rpc(
        cls, route: str, body: Mapping[str, Any], *, group: RateGroup, customer_id: str = ""
    ) -> "ReadRequest":
        return cls(route, "POST", f"/v1/{route}", body, {}, group, customer_id)

    @classmethod
    def rest(cls, route: str, path: str, query: Mapping[str, str], *, group: RateGroup) -> "ReadRequest":
        return cls(route, "GET", path, {}, query, group)


@dataclass(frozen=True, slots=True)
class Call:
    """How a request went, for logs and metrics. Contains no customer data."""

    route: str
    status: int | None
    """The status of the last answer; None without an answer."""
    error: str | None
    """The name of the error class; None on success."""
    seconds: float
    attempts: int
    """The number of requests sent."""


class Wire:
    def __init__(
        self,
        *,
        key: SecretStr,
        url: str,
        version: str,
        limits: Limits,
        retry_policy: RetryPolicy,
        transport: httpx.AsyncBaseTransport | None,
        observe: Callable[[Call], None] | None,
        rate: SharedRate | None,
    ) -> None:
        self._retry_policy = retry_policy
        self._rate = FairRate(rate or Throttle(limits))
        # Reads leave some connections free, so that a write never waits for one.
        self._connections = FairQueue(max(1, limits.at_once * 7 // 8))
        self._observe = observe
        self._url = url.rstrip("/")
        self._headers = httpx.Headers(
            {
                "authorization": f"Bearer {_plain(key)}",
                "x-api-version": version,
                "accept-encoding": ENCODINGS,
                "user-agent": f"Maple/{__version__}",
            }
        )
        self._reading = httpx.Timeout(
            retry_policy.attempt, connect=retry_policy.connect, pool=retry_policy.whole
        )
        self._writing = httpx.Timeout(retry_policy.write, connect=retry_policy.connect)
        self._transport = transport or Transport(at_once=limits.at_once, proxy=proxy_for(url))

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def read_model(self, shape: type[M], request: ReadRequest) -> M:
        """Autumn's answer as `shape`, within `RetryPolicy.whole` seconds. Raises AutumnError."""
        return await self.read_parsed(responses.as_model(shape), request)

    async def read_parsed(self, parse: responses.Parse[T], request: ReadRequest) -> T:
        """Like `read_model`, with a parser for the body of the answer."""
        record = _CallRecord(asyncio.get_running_loop().time())
        try:
            async with asyncio.timeout_at(record.started + self._retry_policy.whole):
                return await self._read_with_retries(parse, request, record)
        except TimeoutError:
            record.error = TimedOut.__name__
            raise TimedOut(request=_request_name(request)) from None
        except AutumnError as error:
            record.failed(error)
            raise
        finally:
            self._observe_call(request.route, record)

    async def write(self, write: Write, key: str) -> Any:
        """Sends the write once and returns the answer; None if it cannot be read. Raises AutumnError: NotSent
        if it certainly was not sent."""
        record = _CallRecord(asyncio.get_running_loop().time())
        try:
            return await self._send(write, key, record)
        except AutumnError as error:
            record.failed(error)
            raise
        finally:
            self._observe_call(write.route, record)

    async def _send(self, write: Write, key: str, record: "_CallRecord") -> Any:
        name = f"{write.method} {write.route}"
        try:
            async with asyncio.timeout(self._retry_policy.whole):
                group = RateGroup.CHECK if write.per_customer else RateGroup.GENERAL
                await self._rate.turn(group, within=self._retry_policy.whole)
        except TimeoutError:
            raise NotSent("No turn in time.", request=name) from None
        record.attempts = 1
        allowed = self._retry_policy.connect + self._retry_policy.write
        try:
            async with asyncio.timeout(allowed):
                response = await self._exchange(
                    write.method,
                    write.path,
                    body=None if write.method == "DELETE" else dict(write.body),
                    headers={"idempotency-key": key},
                    timeout=self._writing,
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as failed:
            raise NotSent(type(failed).__name__, request=name) from None
        except (TimeoutError, httpx.TimeoutException):
            raise TimedOut(request=name) from None
        except httpx.DecodingError as failed:
            raise _garbled(failed, name) from None
        except httpx.TransportError as failed:
            raise Unreachable(type(failed).__name__, request=name) from None
        record.status = response.status_code
        return responses.done(response, request=name)

    async def _read_with_retries(
        self, parse: responses.Parse[T], request: ReadRequest, record: "_CallRecord"
    ) -> T:
        # Not a retry library: the decision also needs Retry-After and the time left for the whole read.
        while True:
            await self._turn(request, record)
            record.attempts += 1
            record.status = None
            try:
                async with self._connections.slot():
                    return await self._attempt(parse, request, record)
            except AutumnError as error:
                wait = pause(self._retry_policy, error, attempt=record.attempts, elapsed=record.elapsed())
                if wait is None:
                    raise
            await asyncio.sleep(wait)

    async def _turn(self, request: ReadRequest, record: "_CallRecord") -> None:
        seconds_left = self._retry_policy.whole - record.elapsed()
        if request.turn_within is None:
            await self._rate.turn(request.group, request.customer_id, within=seconds_left)
            return
        within = min(seconds_left, request.turn_within)
        try:
            async with asyncio.timeout(within):
                await self._rate.turn(request.group, request.customer_id, within=within)
        except TimeoutError:
            raise NotSent("No turn in time.", request=_request_name(request)) from None

    async def _attempt(self, parse: responses.Parse[T], request: ReadRequest, record: "_CallRecord") -> T:
        name = _request_name(request)
        try:
            async with asyncio.timeout(self._retry_policy.attempt):
                response = await self._exchange(
                    request.method,
                    request.path,
                    body=request.body if request.method == "POST" else None,
                    query=request.query,
                    timeout=self._reading,
                )
        except (TimeoutError, httpx.TimeoutException):
            raise TimedOut(request=name) from None
        except httpx.DecodingError as failed:
            raise _garbled(failed, name) from None
        except httpx.TransportError as error:
            raise Unreachable(type(error).__name__, request=name) from None
        record.status = response.status_code
        try:
            return responses.answer(parse, response, request=name)
        finally:
            # The stream and the response refer to each other: without this a page of a megabyte would stay in
            # memory until the next garbage collection, which waits for quiet moments.
            response.stream = _READ

    async def _exchange(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: httpx.Timeout,  # noqa: ASYNC109 - for the transport, which tells its parts apart
    ) -> httpx.Response:
        """The answer with its body. Raises httpx.TransportError or httpx.DecodingError."""
        request = httpx.Request(
            method,
            self._url + path,
            params=query or None,
            headers=self._headers if headers is None else {**self._headers, **headers},
            json=body,
            extensions={"timeout": timeout.as_dict()},
        )
        response = await self._transport.handle_async_request(request)
        await response.aread()
        return response

    def _observe_call(self, route: str, record: "_CallRecord") -> None:
        if self._observe is not None:
            self._observe(Call(route, record.status, record.error, record.elapsed(), record.attempts))


@dataclass(slots=True)
class _CallRecord:
    started: float
    attempts: int = 0
    status: int | None = None
    error: str | None = None
    """Only the name: the error refers to frames that refer back to this, which would delay freeing it."""

    def failed(self, error: AutumnError) -> None:
        self.error = type(error).__name__
        if isinstance(error, Refused):
            self.status = error.status

    def elapsed(self) -> float:
        return asyncio.get_running_loop().time() - self.started


def _request_name(request: ReadRequest) -> str:
    return f"{request.method} {request.route}"


def _garbled(failed: httpx.DecodingError, name: str) -> Garbled:
    if isinstance(failed, TooLarge):
        return Garbled("The answer is too large.", request=name)
    return Garbled("The answer's compression is broken.", request=name)


def _plain(key: SecretStr) -> str:
    plain = key.get_secret_value().strip()
    if not plain.isascii() or not plain.isprintable():
        # The HTTP library's own error would quote the key.
        raise ValueError("The Autumn key contains characters that no Autumn key has.")
    return plain
