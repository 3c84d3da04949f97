"""Whether a request is Slack's, checked before anything else is done with it."""

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pydantic import SecretStr
from slack_sdk.signature import Clock, SignatureVerifier

# Checked before slack_sdk sees them: its verifier raises on a timestamp that is not a number and on a
# signature that is not ASCII, and int() accepts more spellings of a number than Slack sends.
_TIMESTAMP = re.compile(rb"[0-9]{1,12}")
_SIGNATURE = re.compile(rb"v0=[0-9a-f]{64}")
_OLDEST = 5 * 60
"""Seconds."""


class _Now(Clock):
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock()


@dataclass(frozen=True, slots=True)
class Claim:
    """The signature in a request's headers. Only its body can show that it is genuine."""

    timestamp: str
    signature: str


class Signature:
    """Slack's v0 signature: at most five minutes old, compared in constant time."""

    def __init__(self, secret: SecretStr, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._verifier = SignatureVerifier(secret.get_secret_value(), _Now(clock))

    def claim(self, headers: Iterable[tuple[bytes, bytes]]) -> Claim | None:
        """None if no body could make these headers genuine, so there is no need to read it.

        `headers` as in ASGI: names in lower case, repeats kept.
        """
        timestamps: list[bytes] = []
        signatures: list[bytes] = []
        for name, value in headers:
            if name == b"x-slack-request-timestamp":
                timestamps.append(value)
            elif name == b"x-slack-signature":
                signatures.append(value)
        if len(timestamps) != 1 or len(signatures) != 1:
            return None
        if not _TIMESTAMP.fullmatch(timestamps[0]) or not _SIGNATURE.fullmatch(signatures[0]):
            return None
        if abs(self._clock() - int(timestamps[0])) > _OLDEST:
            return None
        return Claim(timestamps[0].decode(), signatures[0].decode())

    def genuine(self, claim: Claim, body: bytes) -> bool:
        """Whether the body was signed by Slack."""
        try:
            return self._verifier.is_valid(body, claim.timestamp, claim.signature)
        except UnicodeDecodeError:  # a body that is not UTF-8 is not Slack's
            return False
