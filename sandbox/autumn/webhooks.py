"""Webhooks as Svix sends them for Autumn: signed, at least once, in no order that may be relied on.

Messages are sent one after the other as they come, unless they are held back to be released in another order
or more than once.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import random
import secrets
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

import httpx

from sandbox.autumn.ids import Ids
from sandbox.autumn.model import Json

Order = Literal["sent", "reversed", "shuffled"]
_TIMEOUT = 15
"""Seconds that Svix waits for an answer."""


@dataclass(slots=True)
class Endpoint:
    url: str
    secrets: list[str]
    """The newest first; all of them sign while they are rotated."""
    types: frozenset[str] | None = None
    """None for every type."""

    @property
    def secret(self) -> str:
        return self.secrets[0]

    def rotate(self) -> str:
        """Another secret, in addition to the previous one."""
        self.secrets.insert(0, new_secret())
        return self.secret


@dataclass(slots=True)
class WebhookMessage:
    id: str
    """The svix-id, the same at each delivery."""
    type: str
    data: Json
    statuses: list[int | None] = field(default_factory=list)
    """What each delivery was answered with; None if there was no answer."""

    @property
    def body(self) -> bytes:
        return json.dumps({"type": self.type, "data": self.data}, separators=(",", ":")).encode()


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """A svix-signature."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def headers_of(message: WebhookMessage, keys: Sequence[str], timestamp: int | None = None) -> dict[str, str]:
    """Signed now, by the system's clock, unless another time is given."""
    at = int(time.time()) if timestamp is None else timestamp
    return {
        "content-type": "application/json",
        "svix-id": message.id,
        "svix-timestamp": str(at),
        "svix-signature": " ".join(sign(key, message.id, at, message.body) for key in keys),
    }


class Webhooks:
    def __init__(self) -> None:
        self.endpoints: list[Endpoint] = []
        self.messages: list[WebhookMessage] = []
        """Every message, in the order in which things happened."""
        self._ids = Ids("webhooks")
        self._held: list[WebhookMessage] | None = None
        self._last: asyncio.Task[None] | None = None

    def to(self, url: str, *, types: Iterable[str] | None = None, secret: str = "") -> Endpoint:
        """Send to this address from now on."""
        kept_types = None if types is None else frozenset(types)
        endpoint = Endpoint(url, [secret or new_secret()], kept_types)
        self.endpoints.append(endpoint)
        return endpoint

    def send(self, kind: str, data: Json, *, times: int = 1) -> WebhookMessage:
        """Send a message, several times if asked to."""
        message = WebhookMessage(self._ids.stripe("msg"), kind, data)
        self.messages.append(message)
        if self._held is None:
            self.again(message, times=times)
        else:
            self._held += [message] * times
        return message

    def again(self, *messages: WebhookMessage, times: int = 1) -> None:
        """Deliver messages once more, as Svix does when it has not heard that they arrived."""
        if self.endpoints and messages:
            before = self._last
            self._last = asyncio.get_running_loop().create_task(self._deliver(list(messages) * times, before))

    def hold(self) -> None:
        """Keep what is sent from now on until it is released."""
        self._held = self._held or []

    def release(self, order: Order = "sent", *, times: int = 1, seed: int = 0) -> None:
        """Send what was held back in that order, each `times` times; what comes later is sent right away."""
        held, self._held = (self._held or []) * times, None
        if order == "reversed":
            held.reverse()
        elif order == "shuffled":
            random.Random(seed).shuffle(held)
        self.again(*held)

    async def settled(self) -> None:
        """Wait until everything was delivered, or failed to be."""
        while (last := self._last) is not None and not last.done():
            with suppress(asyncio.CancelledError):
                await asyncio.shield(last)

    def clear(self) -> None:
        """Forget endpoints and messages, and send no more."""
        self.endpoints.clear()
        self.messages.clear()
        self._held = None
        if self._last is not None:
            self._last.cancel()

    async def _deliver(self, messages: list[WebhookMessage], before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        async with httpx.AsyncClient(timeout=_TIMEOUT) as client:
            for message in messages:
                for endpoint in self.endpoints:
                    if endpoint.types is None or message.type in endpoint.types:
                        message.statuses.append(await _post(client, endpoint, message))


async def _post(client: httpx.AsyncClient, endpoint: Endpoint, message: WebhookMessage) -> int | None:
    headers = headers_of(message, endpoint.secrets)
    try:
        return (await client.post(endpoint.url, content=message.body, headers=headers)).status_code
    except httpx.HTTPError:
        return None
