from calendar import monthrange
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.autumn.models import Reset
from bot.lookups.feature.bins import DAY, HOUR, MOST, Point, cycle_start, merged
from tests.examples import examples

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def bins_back_from(last: datetime, count: int, width: timedelta) -> list[Point]:
    """As Autumn answers: bins going back from the last one, each with one unit."""
    return [(last - width * index, Decimal(1)) for index in range(count)]


@pytest.mark.parametrize(
    ("points", "width", "count", "length"),
    [
        pytest.param(bins_back_from(NOON, 25, HOUR), HOUR, 13, 2 * HOUR, id="24 hours"),
        pytest.param(bins_back_from(NOON, 24, HOUR), HOUR, 12, 2 * HOUR, id="24 hours and none over"),
        pytest.param(bins_back_from(MIDNIGHT, 8, DAY), DAY, 8, DAY, id="7 days"),
        pytest.param(bins_back_from(MIDNIGHT, 20, DAY), DAY, 20, DAY, id="as many as fit"),
        pytest.param(bins_back_from(MIDNIGHT, 21, DAY), DAY, 11, 2 * DAY, id="one too many"),
        pytest.param(bins_back_from(MIDNIGHT, 31, DAY), DAY, 16, 2 * DAY, id="30 days"),
        pytest.param(bins_back_from(MIDNIGHT, 91, DAY), DAY, 13, 7 * DAY, id="90 days: weeks"),
        pytest.param(bins_back_from(MIDNIGHT, 366, DAY), DAY, 13, 30 * DAY, id="a year"),
        pytest.param(
            bins_back_from(MIDNIGHT, 800, DAY), DAY, 20, 40 * DAY, id="longer than any round number"
        ),
        pytest.param(bins_back_from(NOON, 1, HOUR), HOUR, 1, None, id="one"),
    ],
)
def test_bins_have_a_round_length(
    points: list[Point], width: timedelta, count: int, length: timedelta | None
) -> None:
    bins = merged(points, width, NOW)
    assert len(bins) == count
    assert {bin_.end - bin_.start for bin_ in bins[:-1]} == ({length} if length else set())
    assert bins[-1].end == NOW


def test_no_span_has_no_bins() -> None:
    assert merged([], DAY, NOW) == ()


def test_first_bin_starts_with_the_cycle() -> None:
    began = MIDNIGHT - 3 * DAY + 5 * HOUR
    bins = merged(bins_back_from(MIDNIGHT, 4, DAY), DAY, NOW, began)
    assert bins[0].start == began
    assert bins[1].start == MIDNIGHT - 2 * DAY


def test_past_bin_keeps_its_end() -> None:
    (bin_,) = merged([(MIDNIGHT - DAY, Decimal(3))], DAY, NOW)
    assert (bin_.start, bin_.end) == (MIDNIGHT - DAY, MIDNIGHT)


def test_bins_near_the_last_date_do_not_overflow() -> None:
    last = datetime(9999, 12, 31, 12, tzinfo=UTC)
    bins = merged([(MIDNIGHT, Decimal(1)), (last, Decimal(2))], DAY, NOW)
    assert sum(bin_.value for bin_ in bins) == 3
    assert len(bins) <= MOST


MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
POINTS = st.lists(st.tuples(MOMENTS, st.decimals(-1000, 1000, places=2)), max_size=40)


@examples(150)
@given(points=POINTS, width=st.sampled_from([HOUR, DAY]), now=MOMENTS, since=st.none() | MOMENTS)
def test_bins_are_few_adjacent_and_complete(
    points: list[Point], width: timedelta, now: datetime, since: datetime | None
) -> None:
    bins = merged(points, width, now, since)
    assert len(bins) <= MOST
    assert sum(bin_.value for bin_ in bins) == sum(value for _, value in points)
    assert all(bin_.start < bin_.end for bin_ in bins)
    assert [bin_.end for bin_ in bins[:-1]] == [bin_.start for bin_ in bins[1:]]
    if points and since is None:
        assert bins[0].start == min(points)[0]
        assert bins[-1].end in (now, max(points)[0] + width)


def at(month: int, day: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("interval", "times", "resets_at", "expected"),
    [
        ("month", None, at(12, 9), at(11, 9)),
        ("month", None, at(3, 31, 2027), at(2, 28, 2027)),
        ("month", None, at(3, 31, 2028), at(2, 29, 2028)),
        ("month", None, at(5, 31, 2027), at(4, 30, 2027)),
        ("month", 2, at(1, 5, 2027), at(11, 5)),
        ("quarter", None, at(1, 1, 2027), at(10, 1)),
        ("semi_annual", None, at(1, 1, 2027), at(7, 1)),
        ("year", None, at(2, 28, 2027), at(2, 28)),
        ("week", 2, at(12, 1), at(11, 17)),
        ("day", None, at(11, 23), at(11, 22)),
        ("hour", 12, at(11, 23), datetime(2026, 11, 22, 21, tzinfo=UTC)),
        ("minute", None, at(11, 23), datetime(2026, 11, 23, 8, 59, tzinfo=UTC)),
        ("month", None, at(11, 20), at(11, 20)),
        ("one_off", None, at(12, 9), None),
        ("multiple", None, at(12, 9), None),
        ("fortnight", None, at(12, 9), None),
        ("year", 3000, at(12, 9), None),
        ("week", 10**9, at(12, 9), None),
        ("month", None, None, None),
    ],
)
def test_cycle_start_is_one_interval_before_the_reset(
    interval: str, times: int | None, resets_at: datetime | None, expected: datetime | None
) -> None:
    reset = Reset(interval=interval, interval_count=times, resets_at=resets_at)
    assert cycle_start(reset, NOW, anchor=None) == expected


def test_feature_that_never_resets_has_no_cycle() -> None:
    assert cycle_start(None, NOW, anchor=None) is None


@pytest.mark.parametrize(
    ("anchor", "resets_at", "expected"),
    [
        (at(1, 31), at(4, 30, 2027), at(3, 31, 2027)),
        (at(1, 31), at(2, 28, 2027), at(1, 31, 2027)),
        (at(1, 31), at(3, 31, 2027), at(2, 28, 2027)),
        (at(1, 30), at(2, 28, 2027), at(1, 30, 2027)),
        (at(1, 30), at(4, 30, 2027), at(3, 30, 2027)),
        (at(1, 29), at(2, 29, 2028), at(1, 29, 2028)),
        # It was moved since, so the day on which the plan began says nothing.
        (at(1, 31), at(2, 27, 2027), at(1, 27, 2027)),
        (at(1, 9), at(4, 30, 2027), at(3, 30, 2027)),
        (None, at(4, 30, 2027), at(3, 30, 2027)),
    ],
)
def test_cycle_starts_on_the_day_of_the_month_the_plan_began(
    anchor: datetime | None, resets_at: datetime, expected: datetime
) -> None:
    reset = Reset(interval="month", interval_count=1, resets_at=resets_at)
    assert cycle_start(reset, NOW, anchor=anchor) == expected


def months_after(began: datetime, months: int) -> datetime:
    year, month = divmod(began.year * 12 + began.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    return began.replace(year=year, month=month + 1, day=min(began.day, last))


@examples(150)
@given(
    began=MOMENTS,
    cycles=st.integers(1, 40),
    rhythm=st.sampled_from([("month", 1), ("month", 2), ("quarter", 3), ("semi_annual", 6), ("year", 12)]),
)
def test_cycle_starts_at_the_reset_before(began: datetime, cycles: int, rhythm: tuple[str, int]) -> None:
    interval, months = rhythm
    count = 2 if months == 2 else 1
    resets_at = months_after(began, months * cycles)
    reset = Reset(interval=interval, interval_count=count, resets_at=resets_at)
    now = resets_at - timedelta(seconds=1)
    assert cycle_start(reset, now, anchor=began) == months_after(began, months * (cycles - 1))
