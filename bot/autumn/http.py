"""Sends requests to Autumn over one connection pool.

A read is throttled, retried and limited in time. Here a write is sent once;
`Engine` sends it again after a 429.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, SecretStr

from bot.autumn import reading
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
        patience: RetryPolicy,
        transport: httpx.AsyncBaseTransport | None,
        observe: Callable[[Call], None] | None,
        turns: SharedRate | None,
    ) -> None:
        self._patience = patience
        self._turns = FairRate(turns or Throttle(limits))
        # Reads leave some connections free, so that a write never waits for one.
        self._connections = FairQueue(max(1, limits.at_once * 7 // 8))
        self._observe = observe
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={
                "authorization": f"Bearer {_plain(key)}",
                "x-api-version": version,
                "accept-encoding": ENCODINGS,
            },
            timeout=httpx.Timeout(patience.attempt, connect=patience.connect, pool=patience.whole),
            transport=transport or Transport(at_once=limits.at_once, proxy=proxy_for(url)),
        )

    async def aclose(self) -> None:
        await self._http.aclose()

    async def read(self, shape: type[M], question: ReadRequest) -> M:
        """Autumn's answer as `shape`, within `RetryPolicy.whole` seconds. Raises AutumnError."""
        return await self.ask(reading.as_model(shape), question)

    async def ask(self, parse: reading.Parse[T], question: ReadRequest) -> T:
        """Like `read`, with a parser for the body of the answer."""
        effort = _Effort(asyncio.get_running_loop().time())
        try:
            async with asyncio.timeout_at(effort.started + self._patience.whole):
                return await self._persist(parse, question, effort)
        except TimeoutError:
            effort.error = TimedOut.__name__
            raise TimedOut(request=_name(question)) from None
        except AutumnError as error:
            effort.failed(error)
            raise
        finally:
            self._tell(question.route, effort)

    async def write(self, write: Write, key: str) -> Any:
        """Sends the write once and returns the answer; None if it cannot be read. Raises AutumnError: NotSent
        if it certainly was not sent."""
        effort = _Effort(asyncio.get_running_loop().time())
        try:
            return await self._send(write, key, effort)
        except AutumnError as error:
            effort.failed(error)
            raise
        finally:
            self._tell(write.route, effort)

    async def _send(self, write: Write, key: str, effort: "_Effort") -> Any:
        name = f"{write.method} {write.route}"
        try:
            async with asyncio.timeout(self._patience.whole):
                group = RateGroup.CHECK if write.per_customer else RateGroup.GENERAL
                await self._turns.turn(group, within=self._patience.whole)
        except TimeoutError:
            raise NotSent("No turn in time.", request=name) from None
        effort.attempts = 1
        allowed = self._patience.connect + self._patience.write
        try:
            async with asyncio.timeout(allowed):
                response = await self._http.request(
                    write.method,
                    write.path,
                    json=None if write.method == "DELETE" else dict(write.body),
                    headers={"idempotency-key": key},
                    timeout=httpx.Timeout(self._patience.write, connect=self._patience.connect),
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as failed:
            raise NotSent(type(failed).__name__, request=name) from None
        except (TimeoutError, httpx.TimeoutException):
            raise TimedOut(request=name) from None
        except httpx.DecodingError as failed:
            raise _garbled(failed, name) from None
        except httpx.TransportError as failed:
            raise Unreachable(type(failed).__name__, request=name) from None
        effort.status = response.status_code
        return reading.done(response, request=name)

    async def _persist(self, parse: reading.Parse[T], question: ReadRequest, effort: "_Effort") -> T:
        # Not a retry library: the decision also needs Retry-After and the time left for the whole read.
        while True:
            await self._turn(question, effort)
            effort.attempts += 1
            effort.status = None
            try:
                async with self._connections.place():
                    return await self._attempt(parse, question, effort)
            except AutumnError as error:
                wait = pause(self._patience, error, attempt=effort.attempts, elapsed=effort.elapsed())
                if wait is None:
                    raise
            await asyncio.sleep(wait)

    async def _turn(self, question: ReadRequest, effort: "_Effort") -> None:
        left = self._patience.whole - effort.elapsed()
        if question.turn_within is None:
            await self._turns.turn(question.group, question.customer_id, within=left)
            return
        within = min(left, question.turn_within)
        try:
            async with asyncio.timeout(within):
                await self._turns.turn(question.group, question.customer_id, within=within)
        except TimeoutError:
            raise NotSent("No turn in time.", request=_name(question)) from None

    async def _attempt(self, parse: reading.Parse[T], question: ReadRequest, effort: "_Effort") -> T:
        name = _name(question)
        try:
            async with asyncio.timeout(self._patience.attempt):
                response = await self._http.request(
                    question.method,
                    question.path,
                    json=question.body if question.method == "POST" else None,
                    params=question.query or None,
                )
        except (TimeoutError, httpx.TimeoutException):
            raise TimedOut(request=name) from None
        except httpx.DecodingError as failed:
            raise _garbled(failed, name) from None
        except httpx.TransportError as error:
            raise Unreachable(type(error).__name__, request=name) from None
        effort.status = response.status_code
        try:
            return reading.answer(parse, response, request=name)
        finally:
            # The stream and the response refer to each other: without this a page of a megabyte would stay in
            # memory until the next garbage collection, which waits for quiet moments.
            response.stream = _READ

    def _tell(self, route: str, effort: "_Effort") -> None:
        if self._observe is not None:
            self._observe(Call(route, effort.status, effort.error, effort.elapsed(), effort.attempts))


@dataclass(slots=True)
class _Effort:
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


def _name(question: ReadRequest) -> str:
    return f"{question.method} {question.route}"


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
