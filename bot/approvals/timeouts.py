"""How long the steps of a change may take."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class ChangeTimeouts:
    """In seconds; tests shorten them."""

    lease: float = 60.0
    """A process that has not renewed its lease for this long is taken to be dead. Longer than any write
    takes, since the database may be out of reach for the whole of one."""
    renew: float = 5.0
    """Between renewals of a lease."""
    polls: tuple[float, ...] = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
    """Before each read-back: organizations whose balances change through a queue lag behind."""
    verify: float = 8.0
    """For all read-backs of one change."""
    turn: float = 45.0
    """How long a change waits at most for another one of the same customer."""
    turns: float = 0.25
    """Between attempts to get a turn."""
    limited: float = 20.0
    """How long the writes of one change may wait for Autumn's rate limit."""
    limited_pause: float = 1.0
    """Before a write is sent again, unless Autumn says how long to wait."""
    sweep: float = 5.0
    """Between sweeps."""

    @property
    def lease_time(self) -> timedelta:
        return timedelta(seconds=self.lease)
