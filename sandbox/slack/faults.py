"""Injected faults: makes a Web API method slow, rate limited or broken.

latency        the method runs after `seconds`, or once the faults are cleared
429            refused, with Retry-After
500 error      refused; nothing is done
cut_before     the connection is closed; nothing is done
latency_after  the method runs, and answers `seconds` late, or once the faults are cleared
500_after      the method runs, and answers 500
cut_after      the method runs, and the connection is closed without an answer
"""

import asyncio
import contextlib
import random
from dataclasses import dataclass
from typing import Literal

from sandbox.slack.errors import SlackError

FaultKind = Literal["latency", "429", "500", "error", "cut_before", "latency_after", "500_after", "cut_after"]


class CutOff(Exception):
    """Closes the connection without an answer."""


@dataclass(slots=True)
class SlackFault:
    method: str
    kind: FaultKind
    seconds: float
    """The delay or, for 429, the Retry-After unless `retry_after` is set."""
    error: str
    left: int | None
    """How often it still happens. None: always."""
    chance: float
    """The probability that it hits a call."""
    retry_after: str | None


class SlackFaults:
    def __init__(self) -> None:
        self._faults: list[SlackFault] = []
        self._cleared = asyncio.Event()
        """Set when the faults in force now are cleared."""
        self._closing = False
        self._random = random.Random(0)

    def add(
        self,
        method: str,
        kind: FaultKind,
        *,
        seconds: float = 1.0,
        error: str = "internal_error",
        times: int | None = 1,
        chance: float = 1.0,
        retry_after: str | None = None,
    ) -> None:
        """method: a Web API method, "response_url", or "*" for all of them."""
        self._faults.append(SlackFault(method, kind, seconds, error, times, chance, retry_after))

    def clear(self) -> None:
        self._faults.clear()
        self._cleared.set()
        self._cleared = asyncio.Event()

    def close(self) -> None:
        """Nothing is delayed any longer."""
        self._closing = True
        self._cleared.set()

    async def apply_before(self, method: str) -> list[SlackFault]:
        """Delays or raises, and returns the faults for `apply_after`, when the method has run."""
        hits = [fault for fault in self._faults if self._hits(fault, method)]
        for hit in hits:
            if hit.left is not None:
                hit.left -= 1
                if hit.left <= 0:
                    self._faults.remove(hit)
            await self._before(hit)
        return [fault for fault in hits if fault.kind.endswith("_after")]

    async def apply_after(self, hits: list[SlackFault]) -> None:
        """Delays or raises instead of answering."""
        for fault in hits:
            match fault.kind:
                case "latency_after":
                    await self._wait(fault.seconds)
                case "500_after":
                    raise SlackError("internal_error", status=500)
                case _:
                    raise CutOff

    def _hits(self, fault: SlackFault, method: str) -> bool:
        if fault.method not in (method, "*"):
            return False
        return fault.chance >= 1 or self._random.random() < fault.chance

    async def _before(self, fault: SlackFault) -> None:
        match fault.kind:
            case "latency":
                await self._wait(fault.seconds)
            case "429":
                header = fault.retry_after
                headers = {"Retry-After": str(max(1, round(fault.seconds))) if header is None else header}
                raise SlackError("ratelimited", status=429, headers=headers)
            case "500":
                raise SlackError("internal_error", status=500)
            case "error":
                raise SlackError(fault.error)
            case "cut_before":
                raise CutOff

    async def _wait(self, seconds: float) -> None:
        if self._closing:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._cleared.wait(), seconds)
