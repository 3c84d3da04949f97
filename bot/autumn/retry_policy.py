"""How long a request may take, and when a read is retried. All times are in seconds."""

from dataclasses import dataclass

from bot.autumn.errors import AutumnError, RateLimited, TimedOut, Unavailable, Unreachable

_PASSING = (502, 503, 504)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    connect: float = 5.0
    attempt: float = 10.0
    """One request, from sending it to the last byte of the answer."""
    whole: float = 15.0
    """A whole read: waiting for its turn, every attempt and every pause."""
    attempts: int = 3
    backoff: float = 0.25
    """The first pause, if Autumn names none; it doubles each time."""
    part: float = 8.0
    """A part of a card that may fail on its own, so that the rest does not wait for it."""
    write: float = 30.0
    """A write, from getting a connection to the last byte of the answer. It is not retried here."""

    @property
    def longest_write(self) -> float:
        """The longest time a write takes: its turn, its connection and its answer."""
        return self.whole + self.connect + self.write


def passing(error: AutumnError) -> bool:
    """Whether a retry is likely to succeed.

    Not after a timeout: the next attempt would probably take as long, and a person is waiting.
    """
    if isinstance(error, Unavailable):
        return error.status in _PASSING
    return isinstance(error, RateLimited) or (
        isinstance(error, Unreachable) and not isinstance(error, TimedOut)
    )


def pause(retry_policy: RetryPolicy, error: AutumnError, *, attempt: int, elapsed: float) -> float | None:
    """Seconds to wait before attempt `attempt + 1`, or None to give up with `error`.

    Retry-After is honored. If it exceeds the time left for the whole read, the read fails at once.
    """
    if attempt >= retry_policy.attempts or not passing(error):
        return None
    retry_after = getattr(error, "retry_after", None)
    wait: float = retry_policy.backoff * 2 ** (attempt - 1) if retry_after is None else retry_after
    return wait if elapsed + wait < retry_policy.whole else None
