"""Figures and times as canonical text, for snapshots, and as numbers for a request's body."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

ZERO = Decimal(0)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLACES = 10
"""Autumn rounds its figures to as many decimals."""

_WHOLE = Decimal("1e15")
_ABSOLUTE = Decimal("0.0000005")
_RELATIVE = Decimal("1e-14")


def number(value: Decimal) -> str:
    """Plain, without trailing zeros: `1250`, `-40`, `0.5`."""
    rounded = _rounded(value)
    return format(rounded.normalize(), "f") if rounded else "0"


def time(at: datetime) -> str:
    """ISO 8601 in UTC, to the millisecond, which is as fine as Autumn has it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def time_or_none(at: datetime | None) -> str | None:
    return None if at is None else time(at)


def milliseconds(at: datetime) -> int:
    """Since the epoch, as Autumn takes times."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def figure(value: Decimal) -> int | float:
    """For JSON: whole numbers stay whole."""
    rounded = _rounded(value)
    return int(rounded) if rounded == rounded.to_integral_value() else float(rounded)


def _rounded(value: Decimal) -> Decimal:
    # A figure this large has no fraction that a float could hold, and more digits than rounding takes.
    return value if abs(value) >= _WHOLE else round(value, _PLACES)


def near(first: Decimal, second: Decimal) -> bool:
    """The same figure, except for rounding: Autumn counts in binary fractions."""
    return abs(first - second) <= max(_ABSOLUTE, _RELATIVE * max(abs(first), abs(second)))


def same_time(first: datetime | None, second: datetime | None) -> bool:
    return time_or_none(first) == time_or_none(second)
