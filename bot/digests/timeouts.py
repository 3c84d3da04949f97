"""How long the steps of a digest may take."""

from dataclasses import dataclass, field
from datetime import timedelta

from bot.digests.scan.pacing import ScanPace


@dataclass(frozen=True, slots=True)
class DigestTimeouts:
    """In seconds. One value, so that tests can shorten it."""

    tick: float = 2.0
    """Between two checks of what is due."""
    lease: float = 30.0
    """A process that has not renewed its lease for this long is considered dead. Far longer than `call`."""
    renew: float = 10.0
    """Between renewals of a lease."""
    call: float = 10.0
    """For one post, from when it is marked as about to be sent."""
    at_once: int = 32
    """Runs that one process delivers at a time; the others wait in the database."""
    channel: float = 1.05
    """Between two posts into one channel. Slack takes about one a second."""
    overall: float = 0.1
    """Between two posts anywhere. Slack takes some hundred a minute."""
    again: float = 60.0
    """Before the next attempt when Autumn or Slack fails; doubles each time."""
    longest: float = 600.0
    """The longest such wait."""
    doubt: float = 15.0
    """Before a post that may have gone out is looked for: the request may still be on its way to Slack."""

    scan: ScanPace = field(default_factory=ScanPace)
    """How fast Autumn is read."""

    @property
    def lease_time(self) -> timedelta:
        return timedelta(seconds=self.lease)

    def wait(self, tries: int, first: float = 0.0) -> float:
        """Seconds before the next attempt, after `tries`. `first`: after the first one; `again` unless
        given."""
        return min((first or self.again) * 2.0 ** min(max(tries, 1) - 1, 16), self.longest)
