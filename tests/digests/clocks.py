"""When clocks show a time, found by brute force: minute by minute, from the zone's offset."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from bot.digests.model import Schedule

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
"""Two that change their clocks on different days, one that changes by half an hour, and one that
never does."""

CHANGES = {
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Australia/Lord_Howe": (date(2026, 10, 4), date(2026, 4, 5)),
    "Asia/Kolkata": (date(2026, 3, 29), date(2026, 10, 25)),
}
"""The days in 2026 on which clocks go forward and back."""

_BEGIN = datetime(2025, 11, 1, tzinfo=UTC)
_HALF_HOURS = 48 * 800


def due_moment(schedule: Schedule, day: date) -> datetime:
    """The first minute at which the clocks show the schedule's time, or a later one, on this day."""
    return _first(schedule.zone, day, schedule.at)


def local_time(zone: str, at: datetime) -> datetime:
    """The local time in the zone."""
    minutes = (at - _BEGIN) // timedelta(minutes=1)
    return (at + timedelta(minutes=_offsets(zone)[minutes // 30])).replace(tzinfo=None)


@cache
def _first(zone: str, day: date, at: time) -> datetime:
    offsets = _offsets(zone)
    minutes = (datetime.combine(day, at, UTC) - _BEGIN) // timedelta(minutes=1)
    minute = minutes - _furthest(zone)
    while minute + offsets[minute // 30] < minutes:
        minute += 1
    return _BEGIN + timedelta(minutes=minute)


@cache
def _furthest(zone: str) -> int:
    return max(_offsets(zone))


@cache
def _offsets(zone: str) -> list[int]:
    """Minutes ahead of UTC, for every half hour, which is when clocks change."""
    info = ZoneInfo(zone)
    step = timedelta(minutes=30)
    ahead = ((_BEGIN + step * number).astimezone(info).utcoffset() for number in range(_HALF_HOURS))
    return [offset // timedelta(minutes=1) for offset in ahead if offset is not None]
