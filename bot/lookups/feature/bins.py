"""A feature's usage over time: a chart's bins, and when a billing cycle began. Pure."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import TypeAlias

from bot.autumn.models import Reset

Point: TypeAlias = tuple[datetime, Decimal]
"""The start of a piece of time, and how much was used in it."""

MOST = 20
"""What Slack's charts can show."""

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

_ROUND = {HOUR: (1, 2, 3, 4, 6, 12, 24), DAY: (1, 2, 3, 7, 14, 30)}

_FIXED = {
    "minute": timedelta(minutes=1),
    "hour": HOUR,
    "day": DAY,
    "week": timedelta(days=7),
}
_MONTHS = {"month": 1, "quarter": 3, "semi_annual": 6, "year": 12}


@dataclass(frozen=True, slots=True)
class Bin:
    start: datetime
    end: datetime
    value: Decimal


@dataclass(frozen=True, slots=True)
class Spending:
    """What one metered feature took from a credit system."""

    feature_id: str
    name: str
    credits: tuple[Decimal, ...]
    """For each of the usage's bins; empty when it is not known how much was taken from this system."""
    units: Decimal
    """What was used of the feature itself."""
    events: int


@dataclass(frozen=True, slots=True)
class Usage:
    """A feature's usage over a span in at most 20 bins, oldest first."""

    bins: tuple[Bin, ...]
    total: Decimal
    events: int
    start: datetime
    end: datetime
    spent_by: tuple[Spending, ...] = ()
    """For a credit system, the features it was spent by, the one that took most first."""


def merged(
    points: Iterable[Point], width: timedelta, now: datetime, since: datetime | None = None
) -> tuple[Bin, ...]:
    """The points in at most 20 bins of equal length, oldest first, without gaps.

    `width` is how long each point lasts. The first bin begins no earlier than `since`, and the last ends
    no later than `now`.
    """
    ordered = sorted(points)
    if not ordered:
        return ()
    first, last = ordered[0][0], _after(ordered[-1][0], width)
    step = width * _per_bin(ceil((last - first) / width), width)
    values = [Decimal(0)] * ceil((last - first) / step)
    for moment, amount in ordered:
        values[(moment - first) // step] += amount
    edges = [_after(first, step * index) for index in range(len(values))]
    ends = [*edges[1:], now if edges[-1] < now < last else last]
    if since is not None and edges[0] < since < ends[0]:
        edges[0] = since
    return tuple(Bin(start, end, value) for start, end, value in zip(edges, ends, values, strict=True))


def cycle_start(reset: Reset | None, now: datetime, *, anchor: datetime | None) -> datetime | None:
    """When the cycle began that ends at this reset; None when it does not repeat in a known rhythm.

    `anchor`: when the plan began, if known. Its cycles begin on that day of the month, or on the last day of
    a month that lacks it.
    """
    if reset is None or reset.resets_at is None:
        return None
    if reset.resets_at <= now:
        return reset.resets_at
    times = reset.interval_count or 1
    try:
        if reset.interval in _FIXED:
            return reset.resets_at - _FIXED[reset.interval] * times
        if reset.interval in _MONTHS:
            return _months_before(reset.resets_at, _MONTHS[reset.interval] * times, anchor)
    except (OverflowError, ValueError):
        pass
    return None


def _per_bin(count: int, width: timedelta) -> int:
    """How many points go into a bin: a number that people count in, as long as one is large enough."""
    least = ceil(count / MOST)
    return next((size for size in _ROUND[width] if size >= least), least)


def _after(start: datetime, time: timedelta) -> datetime:
    try:
        return start + time
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _months_before(at: datetime, months: int, anchor: datetime | None) -> datetime:
    """The same day of an earlier month, or that month's last: 31 March less one is 28 February.

    The last day of a month may stand for a later day, the anchor's: 28 February less one is then 31 January.
    """
    year, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    day = at.day
    if anchor is not None and at.day == _last_day(at.year, at.month):
        day = max(day, anchor.astimezone(at.tzinfo).day)
    return at.replace(year=year, month=month + 1, day=min(day, _last_day(year, month + 1)))


def _last_day(year: int, month: int) -> int:
    return monthrange(year, month)[1]
