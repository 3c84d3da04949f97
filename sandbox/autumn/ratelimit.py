"""Autumn's rate limits: fixed windows per group, which open with the first request."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limit:
    requests: int
    seconds: int = 1


@dataclass(frozen=True, slots=True)
class LocalLimits:
    """Requests allowed per window; the groups are those of the API. See docs/local-autumn.md."""

    check: Limit = Limit(10_000)
    list_customers: Limit = Limit(50)
    entities: Limit = Limit(50)
    events: Limit = Limit(5)
    track: Limit = Limit(10_000)
    attach: Limit = Limit(30, 60)
    general: Limit = Limit(25)
    hosted: Limit = Limit(10, 60)

    @classmethod
    def off(cls) -> "LocalLimits":
        """So high that nothing meets them."""
        high = Limit(1_000_000_000)
        return cls(high, high, high, high, high, high, high, high)


@dataclass(slots=True)
class _Window:
    opened: float
    used: int = 0


@dataclass(frozen=True, slots=True)
class LimitVerdict:
    allowed: bool
    headers: dict[str, str]


@dataclass(slots=True)
class RateLimiter:
    limits: LocalLimits
    time: Callable[[], float]
    """Seconds that really pass: the clock of the local Autumn may stand still."""
    _windows: dict[tuple[str, str], _Window] = field(default_factory=dict)

    def take(self, group: str, whose: str, limit: Limit | None = None) -> LimitVerdict:
        """Count a request of a group against the limit of `whose`: the organization or a customer."""
        limit = limit or getattr(self.limits, group)
        now = self.time()
        window = self._windows.get((group, whose))
        if window is None or now - window.opened >= limit.seconds:
            self._forget(now)
            window = self._windows[group, whose] = _Window(now)
        window.used += 1
        seconds_left = max(1, math.ceil(limit.seconds - (now - window.opened)))
        headers = {
            "ratelimit-limit": str(limit.requests),
            "ratelimit-policy": f"{limit.requests};w={limit.seconds}",
            "ratelimit-remaining": str(max(0, limit.requests - window.used)),
            "ratelimit-reset": str(seconds_left),
        }
        if window.used <= limit.requests:
            return LimitVerdict(True, headers)
        return LimitVerdict(False, {**headers, "retry-after": str(seconds_left)})

    def clear(self) -> None:
        self._windows.clear()

    def _forget(self, now: float) -> None:
        if len(self._windows) > 10_000:
            self._windows = {key: window for key, window in self._windows.items() if now - window.opened < 60}
