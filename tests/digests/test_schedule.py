"""Due times depend only on the schedule, the zone and the clock."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, combinations

import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from bot.digests.model import EVERY_DAY, Schedule
from bot.digests.schedule import due_at, due_between, known_zone, local_day, next_due, zones
from tests.digests import clocks
from tests.examples import examples

_MASKS = [
    frozenset(mask) for mask in chain.from_iterable(combinations(range(7), size) for size in range(1, 8))
]
_SINGLE_DAYS = _MASKS[:7]
_FIRST = date(2026, 1, 1)
_YEAR = [_FIRST + timedelta(days=number) for number in range(365)]

times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
small_hours = st.builds(time, st.integers(0, 3), st.sampled_from([0, 1, 15, 29, 30, 31, 45, 59]))
schedules = st.builds(
    Schedule, st.sampled_from(_MASKS), st.one_of(times, small_hours), st.sampled_from(clocks.ZONES)
)
_MINUTE = timedelta(minutes=1)
moments = st.builds(
    lambda minutes, microseconds: _utc("2026-01-01") + minutes * _MINUTE + microseconds,
    st.integers(0, 353 * 1440),
    st.timedeltas(timedelta(0), _MINUTE),
)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "at", "day", "expected"),
    [
        ("UTC", time(9), "2026-03-29", "2026-03-29 09:00"),
        ("Asia/Kolkata", time(2, 30), "2026-03-29", "2026-03-28 21:00"),
        # Forward: 02:00 to 03:00.
        ("Europe/Berlin", time(1, 59), "2026-03-29", "2026-03-29 00:59"),
        ("Europe/Berlin", time(2), "2026-03-29", "2026-03-29 01:00"),
        ("Europe/Berlin", time(2, 30), "2026-03-29", "2026-03-29 01:00"),
        ("Europe/Berlin", time(3), "2026-03-29", "2026-03-29 01:00"),
        ("Europe/Berlin", time(3, 1), "2026-03-29", "2026-03-29 01:01"),
        ("America/New_York", time(2, 30), "2026-03-08", "2026-03-08 07:00"),
        ("Australia/Lord_Howe", time(2, 15), "2026-10-04", "2026-10-03 15:30"),
        # Back: 03:00 to 02:00, so 02:30 comes twice.
        ("Europe/Berlin", time(2, 30), "2026-10-25", "2026-10-25 00:30"),
        ("Europe/Berlin", time(3), "2026-10-25", "2026-10-25 02:00"),
        ("America/New_York", time(1, 30), "2026-11-01", "2026-11-01 05:30"),
        ("Australia/Lord_Howe", time(1, 45), "2026-04-05", "2026-04-04 14:45"),
        # Forward over midnight, and back over it.
        ("America/Nuuk", time(23, 30), "2026-03-28", "2026-03-29 01:00"),
        ("America/Nuuk", time(23, 30), "2026-10-24", "2026-10-25 00:30"),
    ],
)
def test_due_time_across_clock_changes(zone: str, at: time, day: str, expected: str) -> None:
    assert due_at(Schedule(EVERY_DAY, at, zone), date.fromisoformat(day)) == _utc(expected)


@pytest.mark.parametrize("zone", clocks.ZONES)
def test_weekdays_hold_around_clock_changes(zone: str) -> None:
    at = time(2, 15)
    for changed in clocks.CHANGES[zone]:
        days = [changed + timedelta(days=number) for number in range(-8, 9)]
        dues = {day: clocks.due_moment(Schedule(EVERY_DAY, at, zone), day) for day in days}
        for mask in (*_SINGLE_DAYS, frozenset({0, 2, 5, 6}), EVERY_DAY):
            due_days = dict(due_between(Schedule(mask, at, zone), dues[days[0]], dues[days[-1]]))
            assert due_days == {day: due for day, due in dues.items() if day.weekday() in mask}


@examples(40)
@given(schedules)
def test_year_has_each_of_its_days_once(schedule: Schedule) -> None:
    dues = {day: clocks.due_moment(schedule, day) for day in _YEAR if day.weekday() in schedule.weekdays}
    due_days = list(due_between(schedule, min(dues.values()), max(dues.values())))
    assert due_days == list(dues.items())
    assert sorted(at for _, at in due_days) == [at for _, at in due_days]


@examples(150)
@given(schedules, moments)
def test_next_due_is_the_first_after_now(schedule: Schedule, after: datetime) -> None:
    near = (after.date() + timedelta(days=number) for number in range(-2, 10))
    dues = [clocks.due_moment(schedule, day) for day in near if day.weekday() in schedule.weekdays]
    assert next_due(schedule, after) == min(at for at in dues if at > after)


@examples(100)
@given(schedules, moments)
def test_next_due_at_the_due_moment_is_another_day(schedule: Schedule, after: datetime) -> None:
    due = next_due(schedule, after)
    assert next_due(schedule, due - timedelta(microseconds=1)) == due
    assert next_due(schedule, due) > due + timedelta(hours=22)
    assert [at for _, at in due_between(schedule, due, due)] == [due]


@examples(100)
@given(schedules, moments)
def test_local_day_is_what_the_clocks_show(schedule: Schedule, at: datetime) -> None:
    assert local_day(schedule, at) == clocks.local_time(schedule.zone, at).date()


def test_time_past_midnight_belongs_to_its_day() -> None:
    schedule = Schedule(EVERY_DAY, time(23, 30), "America/Nuuk")
    due_days = due_between(schedule, _utc("2026-03-28 00:00"), _utc("2026-03-30 12:00"))
    assert [day.isoformat() for day, _ in due_days] == ["2026-03-27", "2026-03-28", "2026-03-29"]


def test_skipped_date_is_not_due() -> None:
    schedule = Schedule(EVERY_DAY, time(9), "Pacific/Apia")
    due_days = due_between(schedule, _utc("2011-12-29 12:00"), _utc("2011-12-31 23:00"))
    assert [day.isoformat() for day, _ in due_days] == ["2011-12-29", "2011-12-31", "2012-01-01"]


def test_clock_of_the_machine_does_not_matter() -> None:
    schedule = Schedule(EVERY_DAY, time(2, 30), "Europe/Berlin")

    def asked() -> Iterator[object]:
        yield next_due(schedule, _utc("2026-03-28 12:00"))
        yield due_at(schedule, date(2026, 10, 25))
        yield local_day(schedule, _utc("2026-03-28 23:30"))

    answers = list(asked())
    with freeze_time("2026-03-29 00:59:59"):
        assert list(asked()) == answers


def test_zones() -> None:
    assert list(zones()) == sorted(zones())
    assert all(map(known_zone, (*clocks.ZONES, "UTC", "US/Pacific", "Asia/Calcutta")))
    assert not any(
        map(known_zone, ("", "Factory", "localtime", "europe/berlin", "../passwd", "Mars/Olympus"))
    )
