"""How long the steps of a batch may take, and how many lines go on at a time."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class BatchTimeouts:
    """In seconds; tests shorten them."""

    lease: float = 60.0
    """A process that has not renewed its lease for this long is taken to be dead."""
    renew: float = 5.0
    """Between renewals of a lease."""
    tick: float = 5.0
    """Between looks for batches to carry on with."""
    redraw: float = 2.0
    """Between redraws of a card while lines are applied."""
    waits: tuple[float, ...] = (1.0, 3.0, 10.0)
    """Before a line is tried again that Autumn or Slack could not be asked about; after the last, the batch
    is stopped."""
    poll: float = 0.5
    """Between looks at a change that another process works on."""
    per_second: float = 10.0
    """Lines that begin. Autumn limits changes of balances for each customer alone, but the organization's own
    backend makes them as well."""
    at_once: int = 8
    """Customers whose lines are applied, or checked, at the same time."""

    @property
    def lease_time(self) -> timedelta:
        return timedelta(seconds=self.lease)
