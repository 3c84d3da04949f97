"""Sends requests to the app over signed HTTP or Socket Mode and waits for its acknowledgement."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Literal, TypeAlias
from urllib.parse import urlencode

import aiohttp

from sandbox.slack.clock import SlackClock
from sandbox.slack.feed import Change, Feed
from sandbox.slack.model import Json
from sandbox.slack.sockets import Sockets

Envelope = Literal["slash_commands", "interactive", "events_api"]
Body: TypeAlias = Json | str | None


class NotAcknowledged(Exception):
    """The app did not acknowledge a request; `reason` is Slack's name of the failure."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason = reason


@dataclass(slots=True)
class SlackDelivery:
    """A request that was sent to the app."""

    kind: Envelope
    payload: Json
    retry: int
    at: float
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""
    """The signed body; empty in Socket Mode."""
    outcome: str = "pending"
    """acked, or Slack's name of the failure."""
    seconds: float = 0.0


class SlackDeliveries:
    def __init__(self, clock: SlackClock, feed: Feed, sockets: Sockets, signing_secret: str) -> None:
        self._urls: tuple[str, ...] = ()
        self._in_turn: Iterator[str] = cycle(())
        self.patience = 3.0
        """Seconds the app has to acknowledge."""
        self.retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0)
        """Seconds before each retry of an event."""
        self.sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
        self.sent: list[SlackDelivery] = []
        self.pending = 0
        self._between_tries = 0
        self._clock = clock
        self._feed = feed
        self._sockets = sockets
        self._secret = signing_secret.encode()
        self._session: aiohttp.ClientSession | None = None
        self._events: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def request_url(self) -> str | None:
        """The address requests are sent to. None: Socket Mode."""
        return self._urls[0] if self._urls else None

    @request_url.setter
    def request_url(self, url: str | None) -> None:
        self.spread(*([] if url is None else [url]))

    def spread(self, *urls: str) -> None:
        """Sends requests to these addresses in turn, like a load balancer."""
        self._urls = urls
        self._in_turn = cycle(urls)

    async def close(self) -> None:
        self._closed = True
        for task in self._events:
            task.cancel()
        await asyncio.gather(*self._events, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def send(self, kind: Envelope, payload: Json, *, retry: int = 0, reason: str = "") -> Body:
        """Returns the app's response. Raises NotAcknowledged."""
        delivery = SlackDelivery(kind, payload, retry, self._clock.now())
        self.sent.append(delivery)
        self.pending += 1
        started = time.monotonic()
        try:
            async with asyncio.timeout(self.patience):
                if not self._urls:
                    body: Body = await self._sockets.send(kind, payload, retry, reason)
                else:
                    body = await self._post(next(self._in_turn), delivery, reason)
            delivery.outcome = "acked"
            return body
        except TimeoutError:
            delivery.outcome = "operation_timeout"
            raise NotAcknowledged("operation_timeout") from None
        except (aiohttp.ClientError, ConnectionError) as down:
            delivery.outcome = "dispatch_failed"
            raise NotAcknowledged("dispatch_failed", str(down)) from down
        except NotAcknowledged as refused:
            delivery.outcome = refused.reason
            raise
        finally:
            delivery.seconds = time.monotonic() - started
            self.pending -= 1
            self._feed.wake()

    async def repeat(self, delivery: SlackDelivery) -> None:
        """Sends the same request again, with the same signature, and ignores the response."""
        if self._urls:
            async with self._request(next(self._in_turn), delivery) as answer:
                await answer.read()
        else:
            await self._sockets.send(delivery.kind, delivery.payload, delivery.retry, "")

    def event(self, payload: Json) -> None:
        """Sends an event in the background, with up to three retries."""
        if self._closed:
            return
        task = asyncio.create_task(self._send_event(payload))
        self._events.add(task)
        task.add_done_callback(self._settled)

    @property
    def busy(self) -> bool:
        """Whether a request is unanswered. Events waiting for a retry do not count."""
        return self.pending > 0 or len(self._events) > self._between_tries

    def sign(self, raw: bytes) -> dict[str, str]:
        """The signature headers for a body."""
        timestamp = str(int(self._clock.now()))
        digest = hmac.new(self._secret, f"v0:{timestamp}:".encode() + raw, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}

    async def verify_url(self) -> bool:
        """Sends the challenge for a new request URL. True if the app returns it."""
        challenge = {"token": "local", "challenge": "c0ffee", "type": "url_verification"}
        answer = await self.send("events_api", challenge)
        return answer == "c0ffee" or (isinstance(answer, dict) and answer.get("challenge") == "c0ffee")

    async def _post(self, url: str, delivery: SlackDelivery, reason: str) -> Body:
        delivery.raw, content_type = _encode(delivery.kind, delivery.payload)
        headers = {"Content-Type": content_type, "User-Agent": "Slackbot 1.0", **self.sign(delivery.raw)}
        if delivery.retry:
            headers |= {"X-Slack-Retry-Num": str(delivery.retry), "X-Slack-Retry-Reason": reason}
        delivery.headers = headers
        async with self._request(url, delivery) as answer:
            if 200 <= answer.status < 300:
                return _decode(await answer.text(), answer.content_type)
            no_retry = answer.headers.get("x-slack-no-retry") == "1"
            name = "http_client_error" if answer.status < 500 else "http_service_error"
            raise NotAcknowledged("no_retry" if no_retry else name, str(answer.status))

    def _request(
        self, url: str, delivery: SlackDelivery
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        if self._session is None:
            # `patience` limits the whole request instead.
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(), cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session.post(url, data=delivery.raw, headers=delivery.headers, allow_redirects=False)

    async def _send_event(self, payload: Json) -> None:
        reason = ""
        for retry, delay in enumerate((0.0, *self.retry_delays)):
            if retry:
                await self._wait(delay)
            try:
                await self.send("events_api", payload, retry=retry, reason=reason)
                return
            except NotAcknowledged as failed:
                if failed.reason == "no_retry":
                    return
                reason = _RETRY_REASONS.get(failed.reason, "http_error")

    async def _wait(self, delay: float) -> None:
        self._between_tries += 1
        self._feed.wake()
        try:
            await self.sleep(delay)
        finally:
            self._between_tries -= 1

    def _settled(self, task: asyncio.Task[None]) -> None:
        self._events.discard(task)
        self._feed.publish(Change("quiet", {}, only_for=""))


_RETRY_REASONS = {"operation_timeout": "http_timeout", "dispatch_failed": "connection_failed"}


def _encode(kind: Envelope, payload: Json) -> tuple[bytes, str]:
    form = "application/x-www-form-urlencoded"
    match kind:
        case "slash_commands":
            return urlencode(payload).encode(), form
        case "interactive":
            return urlencode({"payload": json.dumps(payload)}).encode(), form
        case "events_api":
            return json.dumps(payload).encode(), "application/json"


def _decode(text: str, content_type: str) -> Body:
    if not text.strip():
        return None
    if "json" in content_type:
        body = json.loads(text)
        return body if isinstance(body, dict) else None
    return text
