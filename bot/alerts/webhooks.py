"""The endpoint for Autumn's webhooks: it checks the signature, then stores what is reported.

Autumn sends through Svix: at least once, in no reliable order. So each report is self-contained, is stored
once under an id that its repeats share, and is posted later by the ticker.
"""

import binascii
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.types import Receive, Scope, Send

from bot.alerts import deliveries, sources
from bot.alerts.deliveries import ReportedOccurrence
from bot.alerts.sources.source import a_part, a_text
from bot.log import log
from bot.metrics import Metrics
from bot.runtime import Runtime
from bot.slack.connections import HttpLimits
from bot.slack.http import BodyTooLarge, read_body, send_answer

PATH = "/autumn/webhooks"

_HEADERS = ("id", "timestamp", "signature")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_OLDEST = 5 * 60
"""Seconds. The library allows as many."""
_UNGENUINE = (
    WebhookVerificationError,
    # What else the library raises: on odd base64, on odd lists of signatures, on a body that is not text.
    binascii.Error,
    UnicodeDecodeError,
    ValueError,
    RecursionError,
)


@dataclass(frozen=True, slots=True)
class Message:
    """A message whose signature is good."""

    id: str
    body: Any


class WebhookSignature:
    """Svix's signature: at most five minutes old, compared in constant time."""

    def __init__(self, secret: SecretStr, clock: Callable[[], float] = time.time) -> None:
        self._webhook = Webhook(secret.get_secret_value())
        self._clock = clock

    def claim(self, headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str] | None:
        """The headers by the names the library knows. None if no body could make them genuine, so there is no
        need to read it.

        `headers` as in ASGI: names in lower case, repeats kept.
        """
        claimed: dict[str, str] = {}
        for raw_name, raw in headers:
            name = raw_name.decode("latin-1").removeprefix("svix-")
            if raw_name.startswith(b"svix-") and name in _HEADERS:
                if f"webhook-{name}" in claimed:
                    return None
                claimed[f"webhook-{name}"] = raw.decode("latin-1")
        if len(claimed) != len(_HEADERS) or not all(claimed.values()):
            return None
        timestamp = claimed["webhook-timestamp"]
        if not _TIMESTAMP.fullmatch(timestamp) or abs(self._clock() - int(timestamp)) > _OLDEST:
            return None
        return claimed

    def verified(self, claim: Mapping[str, str], body: bytes) -> Message | None:
        """None: Autumn did not sign it."""
        try:
            return Message(claim["webhook-id"], self._webhook.verify(body, dict(claim)))
        except _UNGENUINE:
            return None


class AutumnWebhooks:
    """Plain ASGI. `noted`: called when there is something to tell. `ready`: whether work is taken."""

    def __init__(
        self,
        runtime: Runtime,
        signature: WebhookSignature,
        metrics: Metrics,
        *,
        ready: Callable[[], bool],
        noted: Callable[[], None],
        largest: int = HttpLimits().body,
    ) -> None:
        self._database = runtime.database
        self._env = runtime.environment
        self._now = runtime.now
        self._checkpoint = runtime.checkpoint
        self._signature = signature
        self._metrics = metrics
        self._ready = ready
        self._noted = noted
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = await self._status(scope, receive)
        if status is None:
            return
        if status in (401, 413):
            self._metrics.unsigned.inc()
        await send_answer(send, status)

    async def _status(self, scope: Scope, receive: Receive) -> int | None:
        """None: the sender disconnected."""
        claim = self._signature.claim(scope["headers"])
        if claim is None:
            return 401
        try:
            body = await read_body(scope, receive, self._largest)
        except BodyTooLarge:
            return 413
        if body is None:
            return None
        message = self._signature.verified(claim, body)
        if message is None:
            return 401
        return await self._take(message) if self._ready() else 503

    async def _take(self, message: Message) -> int:
        """Svix retries what is answered with 503."""
        try:
            count = await deliveries.note(
                self._database, self._env, reports(self._env, message), now=self._now()
            )
        except (SQLAlchemyError, OSError) as error:
            log.warning("webhook not stored", error=type(error).__name__)
            return 503
        await self._checkpoint("noted")
        if count:
            self._noted()
        return 204


def reports(env: str, message: Message) -> list[ReportedOccurrence]:
    """What a message reports; nothing if no source reads its type."""
    body = message.body if isinstance(message.body, Mapping) else {}
    reported: list[ReportedOccurrence] = []
    for source in sources.reading(a_text(body, "type")):
        for occurrence in source.read(a_part(body, "data")):
            if occurrence.identity:
                event_id = deliveries.lasting_event_id(env, source.key, occurrence.identity)
            else:
                event_id = deliveries.message_event_id(env, message.id, len(reported))
            reported.append(ReportedOccurrence(source.key, occurrence, event_id))
    return reported
