"""Trouble on demand: a method that is slow, limited or broken.

latency        the answer comes `seconds` late
429            refused, with Retry-After
500 error      refused; nothing was done
cut_before     the connection is closed; nothing was done
latency_after  it is done, and answered `seconds` late
500_after      it is done, and 500 is answered
cut_after      it is done, and the connection is closed without an answer
"""

import asyncio
import random
from dataclasses import dataclass
from typing import Literal

from sandbox.slack.errors import SlackError

FaultKind = Literal["latency", "429", "500", "error", "cut_before", "latency_after", "500_after", "cut_after"]


class CutOff(Exception):
    """No answer is to be given."""


@dataclass(slots=True)
class Fault:
    method: str
    kind: FaultKind
    seconds: float
    """How long a latency lasts; for 429, what Retry-After says, unless `retry_after` does."""
    error: str
    left: int | None
    """Times still to come; None for ever."""
    chance: float
    """Of a call's meeting it."""
    retry_after: str | None


class Faults:
    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._closing = asyncio.Event()
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
        self._faults.append(Fault(method, kind, seconds, error, times, chance, retry_after))

    def clear(self) -> None:
        self._faults.clear()

    def close(self) -> None:
        self._closing.set()

    async def strike(self, method: str) -> list[Fault]:
        """Waits as long as a latency says, and raises what the other faults say. Those that strike only once
        it is done are handed back, for `afterwards`."""
        met = [one for one in self._faults if self._meets(one, method)]
        for fault in met:
            if fault.left is not None:
                fault.left -= 1
                if fault.left <= 0:
                    self._faults.remove(fault)
            await self._before(fault)
        return [fault for fault in met if fault.kind.endswith("_after")]

    async def afterwards(self, met: list[Fault]) -> None:
        """The same, of what becomes of the answer."""
        for fault in met:
            match fault.kind:
                case "latency_after":
                    await self._wait(fault.seconds)
                case "500_after":
                    raise SlackError("internal_error", status=500)
                case _:
                    raise CutOff

    def _meets(self, fault: Fault, method: str) -> bool:
        if fault.method not in (method, "*"):
            return False
        return fault.chance >= 1 or self._random.random() < fault.chance

    async def _before(self, fault: Fault) -> None:
        match fault.kind:
            case "latency":
                await self._wait(fault.seconds)
            case "429":
                said = fault.retry_after
                headers = {"Retry-After": str(max(1, round(fault.seconds))) if said is None else said}
                raise SlackError("ratelimited", status=429, headers=headers)
            case "500":
                raise SlackError("internal_error", status=500)
            case "error":
                raise SlackError(fault.error)
            case "cut_before":
                raise CutOff

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return
