"""How long the steps of a change may take, and where a test can stop the process."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class ChangeTimeouts:
    """In seconds. Given as one value so that tests can shorten it."""

    lease: float = 60.0
    """A process that has not renewed its lease for so long is taken to be dead. Longer than any write takes
    (`bot.autumn.patience`), since the database may be out of reach for the whole of one."""
    renew: float = 5.0
    """Between renewals, while at work."""
    polls: tuple[float, ...] = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
    """Before each reading back: an organization whose balances are changed through a queue lags behind."""
    verify: float = 8.0
    """For all the readings back of one change."""
    turn: float = 45.0
    """A change waits so long at most while another of the same customer is under way."""
    turns: float = 0.25
    """Between attempts to have a turn."""
    limited: float = 20.0
    """For all the waiting of one change while Autumn's limits turn its write away."""
    limited_pause: float = 1.0
    """Before it is sent again, where Autumn does not say how long to wait."""
    sweep: float = 5.0
    """Between sweeps."""

    @property
    def lease_time(self) -> timedelta:
        return timedelta(seconds=self.lease)
