"""How long a read may take, and when it is worth asking again. All times in seconds."""

from dataclasses import dataclass

from bot.autumn.errors import AutumnError, RateLimited, TimedOut, Unavailable, Unreachable

_PASSING = (502, 503, 504)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    connect: float = 5.0
    attempt: float = 10.0
    """One request, from sending it to the last byte of its answer."""
    whole: float = 15.0
    """A whole read: its turn at the throttle, every attempt, every pause between them."""
    attempts: int = 3
    backoff: float = 0.25
    """The first pause when Autumn names none; it doubles each time."""
    part: float = 8.0
    """A part of a card that may fail alone, so that it does not keep the rest waiting."""
    write: float = 30.0
    """A write, from having its connection to the last byte of its answer. It is never sent again."""

    @property
    def longest_write(self) -> float:
        """From asking to send a write to knowing what became of it: its turn, its connection, its answer."""
        return self.whole + self.connect + self.write


def passing(error: AutumnError) -> bool:
    """Whether the same question, asked again, may well be answered.

    A time-out is not: the next attempt would most likely take as long, and a person is waiting.
    """
    if isinstance(error, Unavailable):
        return error.status in _PASSING
    return isinstance(error, RateLimited) or (
        isinstance(error, Unreachable) and not isinstance(error, TimedOut)
    )


def pause(patience: RetryPolicy, error: AutumnError, *, attempt: int, elapsed: float) -> float | None:
    """Seconds to wait before attempt `attempt + 1`, or None to give up with `error`.

    What Autumn asks for in Retry-After is kept to. When that goes past the end of the whole read, waiting
    would help nobody, so the error is passed on at once.
    """
    if attempt >= patience.attempts or not passing(error):
        return None
    asked = getattr(error, "retry_after", None)
    wait: float = patience.backoff * 2 ** (attempt - 1) if asked is None else asked
    return wait if elapsed + wait < patience.whole else None
