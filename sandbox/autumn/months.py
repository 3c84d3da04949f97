"""Calendar arithmetic on epoch milliseconds, in UTC."""

import calendar
from datetime import UTC, datetime, timedelta

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_FIXED = {"minute": MINUTE, "hour": HOUR, "day": DAY, "week": 7 * DAY}
_MONTHS = {"month": 1, "quarter": 3, "semi_annual": 6, "year": 12}

ORDER = ("minute", "hour", "day", "week", "month", "quarter", "semi_annual", "year")
"""Intervals from the shortest to the longest."""


def at(ms: int) -> datetime:
    """The aware UTC time of an epoch in milliseconds."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=ms)


def to_ms(when: datetime) -> int:
    return round(when.timestamp() * 1000)


def add_months(ms: int, months: int) -> int:
    """The same day and time some months later, or the month's last day when there is no such day."""
    when = at(ms)
    year, month = divmod(when.year * 12 + when.month - 1 + months, 12)
    day = min(when.day, calendar.monthrange(year, month + 1)[1])
    return to_ms(when.replace(year=year, month=month + 1, day=day))


def add(ms: int, interval: str, count: int = 1) -> int:
    """`count` intervals after `ms`. Intervals that never repeat (one_off, lifetime) do not move it."""
    if interval in _FIXED:
        return ms + _FIXED[interval] * count
    return add_months(ms, _MONTHS.get(interval, 0) * count)


def repeats(interval: str | None) -> bool:
    return interval in _FIXED or interval in _MONTHS


def next_after(ms: int, interval: str, count: int, now: int) -> int:
    """The first time after `now` among `ms` and every interval after it, which must repeat."""
    if not repeats(interval):
        raise ValueError(f"{interval} does not repeat")
    longest = _FIXED.get(interval, _MONTHS.get(interval, 1) * 31 * DAY) * count
    steps = max(0, (now - ms) // longest)
    while (moment := add(ms, interval, count * steps)) <= now:
        steps += 1
    return moment
