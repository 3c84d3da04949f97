"""Keeps Maple far below Autumn's rate limits, which the organisation's own backend shares."""

from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum, auto
from math import inf
from typing import Protocol

from aiolimiter import AsyncLimiter

_CUSTOMERS_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests a second, and how many may be under way at once."""

    general: float = 5
    """Autumn allows 25 for the organisation, its own backend included."""
    customers_list: float = 10
    """Autumn allows 50."""
    events_per_customer: float = 2
    """Autumn allows 5."""
    at_once: int = 64

    def part(self, share: float) -> "Limits":
        """The rates times this share; as many at once."""
        return Limits(
            self.general * share, self.customers_list * share, self.events_per_customer * share, self.at_once
        )

    def rate(self, group: "RateGroup") -> float | None:
        """Requests a second; None for a group that has no limit of its own."""
        return {
            RateGroup.GENERAL: self.general,
            RateGroup.CUSTOMERS_LIST: self.customers_list,
            RateGroup.EVENTS: self.events_per_customer,
        }.get(group)


class RateGroup(Enum):
    """Autumn's rate-limit groups, as far as Maple's requests fall in them."""

    GENERAL = auto()
    CUSTOMERS_LIST = auto()
    EVENTS = auto()
    CHECK = auto()
    """Reads of one customer: allowed thousands a second, so only `Limits.at_once` holds them."""


class SharedRate(Protocol):
    """Who says when a request may be sent: this process by itself, or all replicas together."""

    async def turn(self, group: RateGroup, customer_id: str = "", *, within: float = inf) -> None:
        """Wait until a request of this group may be sent.

        `within`: seconds that the caller can wait. Raises TimeoutError at once, and takes no turn, when it is
        known that it would be longer; where that is not known, whoever calls sees to the time.
        """


def burst(per_second: float) -> float:
    """Requests that may go at once after a quiet time.

    A bucket holds whole requests, so a rate below one a second becomes one request in a longer time.
    """
    return max(1.0, per_second)


def _limiter(per_second: float) -> AsyncLimiter:
    return AsyncLimiter(burst(per_second), burst(per_second) / per_second)


class Throttle:
    """The turns of one process, in the order in which they were asked for."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._limiters = {
            RateGroup.GENERAL: _limiter(limits.general),
            RateGroup.CUSTOMERS_LIST: _limiter(limits.customers_list),
        }
        self._events: OrderedDict[str, AsyncLimiter] = OrderedDict()

    async def turn(
        self,
        group: RateGroup,
        customer_id: str = "",
        *,
        within: float = inf,  # noqa: ARG002 - it does not know beforehand how long it will be
    ) -> None:
        """Wait until a request of this group may be sent."""
        if group is RateGroup.EVENTS:
            await self._of(customer_id).acquire()
        elif (limiter := self._limiters.get(group)) is not None:
            await limiter.acquire()

    def _of(self, customer_id: str) -> AsyncLimiter:
        limiter = self._events.pop(customer_id, None) or _limiter(self._limits.events_per_customer)
        self._events[customer_id] = limiter
        if len(self._events) > _CUSTOMERS_REMEMBERED:
            self._events.popitem(last=False)
        return limiter
