"""When a digest is due, and which time its post is about: pure functions of its schedule, the rules of its
time zone, and the clock.

A due day is a local date. It is due when the clocks of the zone first show the digest's time that day, or,
where they are put forward over it, at the first moment after.
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
"""A post does not make up for more than this, however long there was none."""
_NOWHERE = frozenset({"Factory", "localtime", "posixrules"})


@dataclass(frozen=True, slots=True)
class Window:
    """The time that a post is about: from `start` on, and before `end`."""

    start: datetime
    end: datetime

    @classmethod
    def ahead(cls, start: datetime, horizon: datetime, days: int) -> "Window":
        """So many days from the start of a scan, as far as it looked."""
        return cls(start, min(start + timedelta(days=days), horizon))

    def days(self, zone: str) -> list[date]:
        """The local days of which some lies in it, in order."""
        tz = ZoneInfo(zone)
        first = self.start.astimezone(tz).date()
        last = (self.end - timedelta(microseconds=1)).astimezone(tz).date()
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def window(
    schedule: Schedule, *, due: datetime, read_at: datetime, days: int, covered: datetime | None
) -> Window:
    """What a post of the run due at `due` is about, such that the posts of a digest leave no gap.

    It begins where the last post's window ended (`covered`; None for the first post), if that is past
    already: when this post is late, or days were skipped. It looks `days` ahead of `read_at`, when Autumn
    was read, and at least until the next post is due.
    """
    start = max(min(read_at, due if covered is None else covered), read_at - FURTHEST_BACK)
    end = max(read_at + timedelta(days=days), next_due(schedule, max(due, read_at)))
    return Window(start, end)


def due_at(schedule: Schedule, day: date) -> datetime:
    """When this local date is due, in UTC, whatever the weekday. Of a time that comes twice, the first."""
    return _first(ZoneInfo(schedule.zone), datetime.combine(day, schedule.at))


def next_due(schedule: Schedule, after: datetime) -> datetime:
    """The first due time strictly after this one."""
    return next(at for _, at in _from(schedule, after) if at > after)


def due_between(schedule: Schedule, first: datetime, until: datetime) -> Iterator[tuple[date, datetime]]:
    """Local dates due at `first` at the earliest and at `until` at the latest, and when; in order."""
    for day, at in takewhile(lambda due: due[1] <= until, _from(schedule, first)):
        if at >= first:
            yield day, at


def local_day(schedule: Schedule, at: datetime) -> date:
    """The date in the schedule's zone at this moment."""
    return at.astimezone(ZoneInfo(schedule.zone)).date()


@cache
def zones() -> tuple[str, ...]:
    """The names of the time zones, in the order of the alphabet. Looks on the disk the first time."""
    return tuple(sorted(available_timezones() - _NOWHERE))


def known_zone(name: str) -> bool:
    """Whether there is a time zone of this very name."""
    return name in zones()


def _from(schedule: Schedule, first: datetime) -> Iterator[tuple[date, datetime]]:
    """Due dates and times without end, beginning somewhat before `first`."""
    zone = ZoneInfo(schedule.zone)
    # Where the clocks are put forward over midnight, yesterday may be due today.
    day = local_day(schedule, first) - _DAY
    while True:
        if day.weekday() in schedule.weekdays and _exists(zone, day):
            yield day, due_at(schedule, day)
        day += _DAY


def _exists(zone: ZoneInfo, day: date) -> bool:
    """False for a date that was left out, as when Samoa went over the date line."""
    return _shown(zone, _first(zone, datetime.combine(day, time.min))).date() == day


def _first(zone: ZoneInfo, wall: datetime) -> datetime:
    """The first moment at which the clocks show this time, or a later one without having shown it."""
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if _shown(zone, moment) == wall:
        return moment
    # Never shown. By the offset before the jump it is that moment, by the one after it an earlier one, and
    # the jump lies between.
    early = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    seconds = range((moment - early) // timedelta(seconds=1))
    past = bisect_left(
        seconds, True, key=lambda second: _shown(zone, early + timedelta(seconds=second)) >= wall
    )
    return early + timedelta(seconds=past)


def _shown(zone: ZoneInfo, moment: datetime) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)
