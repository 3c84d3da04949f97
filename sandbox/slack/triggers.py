"""Trigger ids: each opens one modal within three seconds."""

import secrets
from dataclasses import dataclass

from sandbox.slack.clock import SlackClock
from sandbox.slack.errors import SlackError

LIFE = 3.0
"""Seconds."""


@dataclass(slots=True)
class Trigger:
    user: str
    at: float
    view: str | None
    """The view the person was in."""
    used: bool = False


class Triggers:
    def __init__(self, clock: SlackClock) -> None:
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
        if self._clock.now() - trigger.at > LIFE:
            raise SlackError("expired_trigger_id")
        return trigger
