"""The rate limit for posting into a channel."""

import math

from sandbox.slack.clock import SlackClock
from sandbox.slack.errors import SlackError

ROUNDING = 1e-6


class PostLimit:
    """A token bucket per channel: about one message a second after a burst."""

    def __init__(self, clock: SlackClock, *, per_second: float = 1.0, burst: int = 10) -> None:
        self.per_second = per_second
        self.burst = burst
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, channel: str) -> None:
        """Raises ratelimited (HTTP 429 with Retry-After in whole seconds)."""
        now = self._clock.now()
        left, since = self._buckets.get(channel, (float(self.burst), now))
        left = min(float(self.burst), left + max(0.0, now - since) * self.per_second)
        # A caller that waited for Retry-After must pass in spite of rounding.
        if left < 1 - ROUNDING:
            self._buckets[channel] = (left, now)
            wait = max(1, math.ceil((1 - left) / self.per_second)) if self.per_second else 60
            raise SlackError("ratelimited", status=429, headers={"Retry-After": str(wait)})
        self._buckets[channel] = (max(0.0, left - 1), now)
