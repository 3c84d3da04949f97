"""Keeps Maple far below Autumn's rate limits, which the organisation's own backend shares."""

from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum, auto

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


class Group(Enum):
    """Autumn's rate-limit groups, as far as Maple's requests fall in them."""

    GENERAL = auto()
    CUSTOMERS_LIST = auto()
    EVENTS = auto()
    CHECK = auto()
    """Reads of one customer: allowed thousands a second, so only `Limits.at_once` holds them."""


def _limiter(per_second: float) -> AsyncLimiter:
    # A bucket holds whole requests, so a rate below one a second becomes one request in a longer time.
    burst = max(1.0, per_second)
    return AsyncLimiter(burst, burst / per_second)


class Throttle:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._limiters = {
            Group.GENERAL: _limiter(limits.general),
            Group.CUSTOMERS_LIST: _limiter(limits.customers_list),
        }
        self._events: OrderedDict[str, AsyncLimiter] = OrderedDict()

    async def turn(self, group: Group, customer_id: str = "") -> None:
        """Wait until a request of this group may be sent."""
        if group is Group.EVENTS:
            await self._of(customer_id).acquire()
        elif (limiter := self._limiters.get(group)) is not None:
            await limiter.acquire()

    def _of(self, customer_id: str) -> AsyncLimiter:
        limiter = self._events.pop(customer_id, None) or _limiter(self._limits.events_per_customer)
        self._events[customer_id] = limiter
        if len(self._events) > _CUSTOMERS_REMEMBERED:
            self._events.popitem(last=False)
        return limiter
