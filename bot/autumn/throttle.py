"""Keeps Maple far below Autumn's rate limits, which the organization's own backend shares."""

from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum, auto
from math import inf
from typing import Protocol

from aiolimiter import AsyncLimiter

_CUSTOMERS_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests per second, and the number of concurrent requests."""

    general: float = 5
    """Autumn allows the organization 25, its own backend included."""
    customers_list: float = 10
    """Autumn allows 50."""
    events_per_customer: float = 2
    """Autumn allows 5."""
    at_once: int = 64

    def part(self, share: float) -> "Limits":
        """The rates multiplied by this share; the same concurrency."""
        return Limits(
            self.general * share, self.customers_list * share, self.events_per_customer * share, self.at_once
        )

    def rate(self, group: "RateGroup") -> float | None:
        """Requests per second; None for a group without a limit of its own."""
        return {
            RateGroup.GENERAL: self.general,
            RateGroup.CUSTOMERS_LIST: self.customers_list,
            RateGroup.EVENTS: self.events_per_customer,
        }.get(group)


class RateGroup(Enum):
    """The rate-limit groups of Autumn that Maple's requests fall into."""

    GENERAL = auto()
    CUSTOMERS_LIST = auto()
    EVENTS = auto()
    CHECK = auto()
    """Reads of one customer. Autumn allows thousands a second, so only `Limits.at_once` limits them."""


class SharedRate(Protocol):
    """Decides when a request may be sent: for this process alone, or for all replicas together."""

    async def turn(self, group: RateGroup, customer_id: str = "", *, within: float = inf) -> None:
        """Waits until a request of this group may be sent.

        Raises TimeoutError right away, and takes no turn, if the wait may exceed `within` seconds: by up to
        the time between two turns, an implementation may overestimate it. One that cannot know leaves it to
        the caller to limit the time.
        """


def burst(per_second: float) -> float:
    """Requests that may be sent at once after a quiet period.

    At least one: a rate below one per second becomes one request in a longer time.
    """
    return max(1.0, per_second)


@dataclass(slots=True)
class _Queue:
    """Those who wait for the turns of one limit, first come, first served."""

    per_second: float
    limiter: AsyncLimiter
    waiting: int = 0

    @classmethod
    def of(cls, per_second: float) -> "_Queue":
        return cls(per_second, AsyncLimiter(burst(per_second), burst(per_second) / per_second))

    async def turn(self, within: float) -> None:
        turns = self.waiting + (0 if self.limiter.has_capacity() else 1)
        if turns / self.per_second > within:
            raise TimeoutError
        self.waiting += 1
        try:
            await self.limiter.acquire()
        finally:
            self.waiting -= 1


class Throttle:
    """The rate limits of one process. Turns are granted in the order of the requests."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._queues = {
            RateGroup.GENERAL: _Queue.of(limits.general),
            RateGroup.CUSTOMERS_LIST: _Queue.of(limits.customers_list),
        }
        self._events: OrderedDict[str, _Queue] = OrderedDict()

    async def turn(self, group: RateGroup, customer_id: str = "", *, within: float = inf) -> None:
        """Waits until a request of this group may be sent. Raises TimeoutError at once if that may take more
        than `within` seconds."""
        if group is RateGroup.EVENTS:
            await self._of(customer_id).turn(within)
        elif (queue := self._queues.get(group)) is not None:
            await queue.turn(within)

    def _of(self, customer_id: str) -> _Queue:
        queue = self._events.pop(customer_id, None) or _Queue.of(self._limits.events_per_customer)
        self._events[customer_id] = queue
        if len(self._events) > _CUSTOMERS_REMEMBERED:
            self._events.popitem(last=False)
        return queue
