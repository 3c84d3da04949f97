"""Trouble on demand: a method that is slow, limited or broken."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from sandbox.slack.errors import SlackError

FaultKind = Literal["latency", "429", "500", "error"]


@dataclass(slots=True)
class Fault:
    method: str
    kind: FaultKind
    seconds: float
    """How long a latency lasts; for 429, what Retry-After says."""
    error: str
    left: int | None
    """Times still to come; None for ever."""


class Faults:
    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._closing = asyncio.Event()

    def add(
        self,
        method: str,
        kind: FaultKind,
        *,
        seconds: float = 1.0,
        error: str = "internal_error",
        times: int | None = 1,
    ) -> None:
        """method: a Web API method, "response_url", or "*" for all of them."""
        self._faults.append(Fault(method, kind, seconds, error, times))

    def clear(self) -> None:
        self._faults.clear()

    def close(self) -> None:
        self._closing.set()

    async def strike(self, method: str) -> None:
        """Waits as long as a latency says, and raises what the other faults say."""
        for fault in [one for one in self._faults if one.method in (method, "*")]:
            if fault.left is not None:
                fault.left -= 1
                if fault.left <= 0:
                    self._faults.remove(fault)
            await self._one(fault)

    async def _one(self, fault: Fault) -> None:
        match fault.kind:
            case "latency":
                try:
                    await asyncio.wait_for(self._closing.wait(), fault.seconds)
                except TimeoutError:
                    return
            case "429":
                headers = {"Retry-After": str(max(1, round(fault.seconds)))}
                raise SlackError("ratelimited", status=429, headers=headers)
            case "500":
                raise SlackError("internal_error", status=500)
            case "error":
                raise SlackError(fault.error)
