"""How long the steps of an alert may take."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class AlertTimeouts:
    """In seconds. Given as one value so that tests can shorten it."""

    tick: float = 5.0
    """Between looks at what is due; a message of Autumn's is seen to at once."""
    lease: float = 60.0
    """A process that holds a delivery for so long is taken to be dead. Longer than `call` by far."""
    call: float = 10.0
    """For one post, from when it is noted that it will be sent."""
    at_once: int = 16
    """Deliveries that one process carries at a time; the others wait in the database."""
    channel: float = 1.05
    """Between two posts into one channel. Slack takes about one a second."""
    overall: float = 0.1
    """Between two posts into any. Slack takes some hundred a minute."""
    again: float = 30.0
    """Before it is tried again when Autumn or Slack fails; twice as long each time."""
    longest: float = 600.0
    """As long at most."""
    doubt: float = 15.0
    """Before a post that may have been taken is looked for: a request may still be under way to Slack."""
    poll: float = 3600.0
    """Between two looks through Autumn's customers for what it sends no message about."""

    @property
    def lease_time(self) -> timedelta:
        return timedelta(seconds=self.lease)

    def wait(self, tries: int, first: float = 0.0) -> float:
        """Seconds before the next attempt, after so many. `first`: after the first; `again` unless given."""
        return min((first or self.again) * 2.0 ** min(max(tries, 1) - 1, 16), self.longest)
