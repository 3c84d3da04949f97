"""What Slack limits: how fast an app may post into a channel, and how long a trigger opens a modal."""

import math
import secrets
from dataclasses import dataclass

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
        tokens, since = self._buckets.get(channel, (float(self.burst), now))
        tokens = min(float(self.burst), tokens + max(0.0, now - since) * self.per_second)
        # A caller that waited for Retry-After must pass in spite of rounding.
        if tokens < 1 - ROUNDING:
            self._buckets[channel] = (tokens, now)
            wait = max(1, math.ceil((1 - tokens) / self.per_second)) if self.per_second else 60
            raise SlackError("ratelimited", status=429, headers={"Retry-After": str(wait)})
        self._buckets[channel] = (max(0.0, tokens - 1), now)


@dataclass(slots=True)
class Trigger:
    user: str
    at: float
    view: str | None
    """The view the person was in."""
    used: bool = False


class Triggers:
    def __init__(self, clock: SlackClock) -> None:
        self.life = 3.0
        """Seconds in which a trigger can be used."""
        self._clock = clock
        self._issued: dict[str, Trigger] = {}

    def issue(self, user: str, *, view: str | None = None) -> str:
        trigger_id = f"{len(self._issued) + 1}.{int(self._clock.now() * 1000)}.{secrets.token_hex(16)}"
        self._issued[trigger_id] = Trigger(user, self._clock.now(), view)
        return trigger_id

    def check(self, trigger_id: str) -> Trigger:
        """Raises invalid_trigger_id, expired_trigger_id, exchanged_trigger_id."""
        trigger = self._issued.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self._clock.now() - trigger.at > self.life:
            raise SlackError("expired_trigger_id")
        return trigger
