"""When a digest is due, and what time its post covers: pure functions of its schedule, its time zone's rules
and the clock.

A due day is a local date. It is due when clocks in the zone first show the digest's time that day or, if they
are put forward past it, at the first moment after.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import takewhile
from zoneinfo import ZoneInfo, available_timezones

from bot.digests.model import MOST_DAYS, Schedule

_DAY = timedelta(days=1)
FURTHEST_BACK = timedelta(days=MOST_DAYS)
"""A post reaches back no further than this, however long there was none."""
_NOT_ZONES = frozenset({"Factory", "localtime", "posixrules"})


@dataclass(frozen=True, slots=True)
class Window:
    """The time a post covers: from `start` until just before `end`."""

    start: datetime
    end: datetime

    @classmethod
    def ahead(cls, start: datetime, horizon: datetime, days: int) -> "Window":
        """`days` days from the start of a scan, but no further than it read."""
        return cls(start, min(start + timedelta(days=days), horizon))

    def days(self) -> list[date]:
        """The days of billing it touches, in order."""
        first = self.start.astimezone(UTC).date()
        last = (self.end - timedelta(microseconds=1)).astimezone(UTC).date()
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def window(
    schedule: Schedule, *, due: datetime, read_at: datetime, days: int, covered: datetime | None
) -> Window:
    """The time covered by the post due at `due`, such that a digest's posts leave no gap.

    It starts where the last post's window ended (`covered`; None for the first post) if that is past already,
    because this post is late or days were skipped. It reaches `days` beyond `read_at`, when Autumn was read,
    and at least until the next post is due.
    """
    start = max(min(read_at, due if covered is None else covered), read_at - FURTHEST_BACK)
    end = max(read_at + timedelta(days=days), next_due(schedule, max(due, read_at)))
    return Window(start, end)


def due_at(schedule: Schedule, day: date) -> datetime:
    """When this local date is due, in UTC, whatever its weekday. If the time comes twice, the first."""
    return _first(ZoneInfo(schedule.zone), datetime.combine(day, schedule.at))


def next_due(schedule: Schedule, after: datetime) -> datetime:
    """The first due time strictly after this one."""
    return next(at for _, at in _from(schedule, after) if at > after)


def due_between(schedule: Schedule, first: datetime, until: datetime) -> Iterator[tuple[date, datetime]]:
    """The local dates due from `first` until `until`, both included, and when; in order."""
    for day, at in takewhile(lambda due: due[1] <= until, _from(schedule, first)):
        if at >= first:
            yield day, at


def local_day(schedule: Schedule, at: datetime) -> date:
    """The date in the schedule's zone at this moment."""
    return at.astimezone(ZoneInfo(schedule.zone)).date()


@cache
def zones() -> tuple[str, ...]:
    """The names of the time zones, sorted. Reads the disk the first time."""
    return tuple(sorted(available_timezones() - _NOT_ZONES))


def known_zone(name: str) -> bool:
    """Whether there is a time zone of exactly this name."""
    return name in zones()


def _from(schedule: Schedule, first: datetime) -> Iterator[tuple[date, datetime]]:
    """Endless due dates and times, starting somewhat before `first`."""
    zone = ZoneInfo(schedule.zone)
    # Where clocks are put forward past midnight, yesterday may be due today.
    day = local_day(schedule, first) - _DAY
    while True:
        if day.weekday() in schedule.weekdays and _exists(zone, day):
            yield day, due_at(schedule, day)
        day += _DAY


def _exists(zone: ZoneInfo, day: date) -> bool:
    """False for a date that was left out, as when Samoa moved across the date line."""
    return _wall_time(zone, _first(zone, datetime.combine(day, time.min))).date() == day


def _first(zone: ZoneInfo, wall: datetime) -> datetime:
    """The first moment at which clocks show this time, or a later one if they never show it."""
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if _wall_time(zone, moment) == wall:
        return moment
    # Never shown: the jump lies between the moments that the offsets after and before it give.
    earliest = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    seconds = range((moment - earliest) // timedelta(seconds=1))
    first = bisect_left(
        seconds, True, key=lambda second: _wall_time(zone, earliest + timedelta(seconds=second)) >= wall
    )
    return earliest + timedelta(seconds=first)


def _wall_time(zone: ZoneInfo, moment: datetime) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)
