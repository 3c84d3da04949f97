"""The windows of a digest's posts leave no gap: what comes due is reported, in time unless a post
was late."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, combinations, pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.digests.model import EVERY_DAY, MOST_DAYS, WORKDAYS, Schedule
from bot.digests.schedule import FURTHEST_BACK, Window, due_between, window
from tests.digests import clocks
from tests.examples import examples

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
YEAR = 365 * DAY
BEGIN = datetime(2026, 1, 5, 12, tzinfo=UTC)
MASKS = [
    frozenset(mask) for mask in chain.from_iterable(combinations(range(7), size) for size in range(1, 8))
]

schedules = st.builds(
    Schedule,
    st.sampled_from(MASKS),
    st.one_of(
        st.sampled_from([time(0), time(2, 30), time(9), time(23, 59)]),
        st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    ),
    st.sampled_from(clocks.ZONES),
)
# When Autumn was read, from when the post was due: five minutes early at the earliest, six hours late at the
# latest, or never.
delays = st.one_of(
    st.just(timedelta(0)),
    st.just(timedelta(seconds=40)),
    st.timedeltas(timedelta(minutes=-5), 6 * HOUR),
    st.none(),
)


def posts_of_a_year(
    schedule: Schedule, days: int, late_by: list[timedelta | None]
) -> list[tuple[datetime, datetime, Window]]:
    """For a year: when each post was due, when Autumn was read for it, and its window."""
    posts_of_year: list[tuple[datetime, datetime, Window]] = []
    covered: datetime | None = None
    for number, (_, due) in enumerate(due_between(schedule, BEGIN, BEGIN + YEAR)):
        late = late_by[number % len(late_by)]
        if late is None:
            continue
        read_at = due + late
        post_window = window(schedule, due=due, read_at=read_at, days=days, covered=covered)
        covered = post_window.end if covered is None else max(covered, post_window.end)
        posts_of_year.append((due, read_at, post_window))
    return posts_of_year


@examples(60)
@given(schedules, st.sampled_from([1, 2, 7, MOST_DAYS]), st.lists(delays, min_size=1, max_size=12))
@example(Schedule(EVERY_DAY, time(9), "Europe/Berlin"), 1, [timedelta(0)])
@example(Schedule(frozenset({0}), time(9), "Europe/Berlin"), 7, [timedelta(0)])
@example(Schedule(WORKDAYS, time(9), "America/New_York"), 1, [timedelta(seconds=40), 4 * HOUR])
def test_windows_of_a_year_leave_no_gap(
    schedule: Schedule, days: int, late_by: list[timedelta | None]
) -> None:
    posts_of_year = posts_of_a_year(schedule, days, late_by)
    dues = [due for _, due in due_between(schedule, BEGIN, BEGIN + YEAR)]
    for (_, _, before), (_, read_at, after) in pairwise(posts_of_year):
        skipped_for_long = read_at - before.end > FURTHEST_BACK
        assert after.start <= before.end or skipped_for_long
    for due, read_at, post_window in posts_of_year:
        assert post_window.start <= max(due, read_at)
        assert post_window.end >= read_at + days * DAY
        # What comes due between this post and the next due time is reported in time.
        assert post_window.start <= read_at
        assert post_window.end >= next((later for later in dues if later > max(due, read_at)), due)


@examples(100)
@given(
    schedules,
    st.sampled_from([1, 7]),
    st.lists(delays, min_size=1, max_size=12),
    st.lists(st.timedeltas(8 * DAY, YEAR - 40 * DAY), min_size=20, max_size=20),
)
def test_each_invoice_is_in_a_digest(
    schedule: Schedule, days: int, late_by: list[timedelta | None], offsets: list[timedelta]
) -> None:
    """Before it is due, unless that post was late or skipped: then in the next one."""
    posts_of_year = posts_of_a_year(schedule, days, late_by)
    dues = [due for _, due in due_between(schedule, BEGIN, BEGIN + YEAR)]
    read_of = {due: read_at for due, read_at, _ in posts_of_year}
    for offset in offsets:
        at = BEGIN + offset
        holding = [
            read_at for _, read_at, post_window in posts_of_year if post_window.start <= at < post_window.end
        ]
        last_due = max(due for due in dues if due <= at)
        on_time = last_due in read_of and read_of[last_due] <= at
        if on_time:
            assert any(read_at <= at for read_at in holding)
        elif any(at < read_at <= at + FURTHEST_BACK for read_at in read_of.values()) and min(read_of) <= at:
            assert holding, f"{at} is in no post"


@pytest.mark.parametrize(
    ("zone", "weekdays", "days", "due", "end"),
    [
        ("Europe/Berlin", EVERY_DAY, 1, "2026-10-24T07:00", "2026-10-25T08:00"),
        ("Europe/Berlin", frozenset({0}), 7, "2026-10-19T07:00", "2026-10-26T08:00"),
        ("Europe/Berlin", EVERY_DAY, 1, "2026-03-28T08:00", "2026-03-29T08:00"),
        ("UTC", WORKDAYS, 1, "2026-11-27T09:00", "2026-11-30T09:00"),
        ("UTC", WORKDAYS, 7, "2026-11-27T09:00", "2026-12-04T09:00"),
    ],
)
def test_window_reaches_the_next_due_time(
    zone: str, weekdays: frozenset[int], days: int, due: str, end: str
) -> None:
    at = datetime.fromisoformat(due).replace(tzinfo=UTC)
    post_window = window(Schedule(weekdays, time(9), zone), due=at, read_at=at, days=days, covered=None)
    assert post_window == Window(at, datetime.fromisoformat(end).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("covered", "start"),
    [
        (None, timedelta(0)),
        (timedelta(0), timedelta(0)),
        (-2 * DAY, -2 * DAY),
        (3 * HOUR, 3 * HOUR),
        (6 * DAY, 4 * HOUR),
        (-90 * DAY, 4 * HOUR - FURTHEST_BACK),
    ],
)
def test_late_window_starts_where_the_last_one_ended(covered: timedelta | None, start: timedelta) -> None:
    due = datetime(2026, 11, 24, 9, tzinfo=UTC)
    post_window = window(
        Schedule(EVERY_DAY, time(9), "UTC"),
        due=due,
        read_at=due + 4 * HOUR,
        days=1,
        covered=None if covered is None else due + covered,
    )
    assert post_window.start == due + start


def test_days_of_a_window() -> None:
    two_days = Window(datetime(2026, 10, 24, 7, tzinfo=UTC), datetime(2026, 10, 26, 23, tzinfo=UTC))
    assert two_days.days() == [date(2026, 10, day) for day in (24, 25, 26)]
