"""Where a balance will be at its reset if usage continues as it was."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.autumn.models import Reset
from bot.kit import blocks
from bot.lookups.feature import words
from bot.lookups.feature.bins import MOST, Bin, Usage
from bot.lookups.feature.pace import Beyond, beyond, pace
from tests.examples import examples
from tests.lookups.samples import BEFORE, LATER, NOW, balance, customer, row

DAY = timedelta(days=1)


def usage(*amounts: int, start: Any = BEFORE) -> Usage:
    """A bin for each day since the start of the cycle, the last one up to now."""
    bins = tuple(
        Bin(start + DAY * number, min(NOW, start + DAY * (number + 1)), Decimal(amount))
        for number, amount in enumerate(amounts)
    )
    return Usage(bins, Decimal(sum(amounts)), len(amounts), start, NOW)


# A cycle of 30 days, of which 20 have passed.
STEADY = usage(*[15] * 20)


def test_steady_usage_continues_until_the_reset() -> None:
    expected = pace(balance(remaining=700, granted=1000), STEADY, NOW, Beyond.OVERAGE)
    assert expected is not None
    assert [expected.at_reset, expected.granted] == [450, 1000]
    assert expected.used_up_at is None
    assert expected.resets_at == LATER
    assert expected.points[-1] == (LATER, Decimal(450))
    assert len(expected.points) == MOST


def test_balance_that_will_not_last_has_its_last_day() -> None:
    expected = pace(balance(remaining=75, granted=375), STEADY, NOW, Beyond.OVERAGE)
    assert expected is not None
    assert expected.at_reset == 450
    assert expected.used_up_at == NOW + 5 * DAY


@pytest.mark.parametrize(
    ("remaining", "after", "at_reset", "then"),
    [
        (75, Beyond.STOPS, 375, Beyond.STOPS),
        (0, Beyond.STOPS, 375, Beyond.STOPS),
        (75, Beyond.OVERAGE, 450, Beyond.OVERAGE),
        (75, Beyond.TOPPED_UP, 450, Beyond.TOPPED_UP),
        (-25, Beyond.LIMITED_OVERAGE, 550, Beyond.LIMITED_OVERAGE),
        (200, Beyond.STOPS, 325, None),
    ],
)
def test_projection_ends_at_the_allowance_where_use_stops(
    remaining: int, after: Beyond, at_reset: int, then: Beyond | None
) -> None:
    expected = pace(balance(remaining=remaining, granted=375), STEADY, NOW, after)
    assert expected is not None
    assert [expected.at_reset, expected.beyond] == [Decimal(at_reset), then]
    assert max(used for _, used in expected.points) == at_reset


def test_projection_that_stops_shows_the_whole_allowance() -> None:
    expected = pace(balance(remaining=75, granted=1234), STEADY, NOW, Beyond.STOPS)
    assert expected is not None
    assert expected.at_reset == 1234, "not rounded to three digits"


ON = [{"feature_id": "messages", "enabled": True}]
OTHERS = [{"feature_id": "credits", "enabled": True}, {"feature_id": "messages", "enabled": False}]


@pytest.mark.parametrize(
    ("fields", "billing_controls", "after"),
    [
        ({}, {}, Beyond.STOPS),
        ({}, {"overage_allowed": OTHERS, "auto_topups": OTHERS}, Beyond.STOPS),
        ({}, {"spend_limits": ON}, Beyond.STOPS),
        ({}, {"overage_allowed": ON}, Beyond.OVERAGE),
        ({"overage_allowed": True}, {"spend_limits": OTHERS}, Beyond.OVERAGE),
        ({"overage_allowed": True}, {"spend_limits": ON}, Beyond.LIMITED_OVERAGE),
        ({"overage_allowed": True, "max_purchase": Decimal(50)}, {}, Beyond.LIMITED_OVERAGE),
        ({}, {"auto_topups": ON}, Beyond.TOPPED_UP),
    ],
)
def test_balance_and_controls_say_whether_use_goes_on(
    fields: dict[str, Any], billing_controls: dict[str, Any], after: Beyond
) -> None:
    assert beyond(balance(**fields), customer(billing_controls=billing_controls)) is after


@pytest.mark.parametrize(
    ("used_up", "after", "sentence"),
    [
        ("", None, "*At this pace* usage reaches 9 of 8 by the reset on May 9."),
        (
            "May 5",
            Beyond.STOPS,
            "*At this pace* it runs out around May 5, and usage stops until the reset on May 9.",
        ),
        ("", Beyond.STOPS, "*Nothing is left*, and usage stops until the reset on May 9."),
        (
            "May 5",
            Beyond.TOPPED_UP,
            "*At this pace* it runs out around May 5, and usage reaches 9 of 8 by the reset on May 9.",
        ),
        (
            "",
            Beyond.OVERAGE,
            f"*At this pace* usage reaches 9 of 8 by the reset on May 9. {words.OVERAGE_GOES_ON}",
        ),
        (
            "",
            Beyond.LIMITED_OVERAGE,
            f"*At this pace* usage reaches 9 of 8 by the reset on May 9. {words.OVERAGE_LIMITED}",
        ),
    ],
)
def test_sentence_says_what_becomes_of_use(used_up: str, after: Beyond | None, sentence: str) -> None:
    assert words.pace("9", "8", day="May 9", used_up=used_up, beyond=after) == sentence


def test_usage_so_far_follows_the_events() -> None:
    front_loaded = usage(200, *[0] * 19)
    expected = pace(balance(remaining=800, granted=1000), front_loaded, NOW, Beyond.OVERAGE)
    assert expected is not None
    by_moment = dict(expected.points)
    assert by_moment[BEFORE + 3 * DAY] == 200
    assert by_moment[BEFORE + timedelta(days=19.5)] == 200
    half_a_bin = pace(balance(remaining=800, granted=1000), usage(*[10] * 20), NOW, Beyond.OVERAGE)
    assert half_a_bin is not None
    assert dict(half_a_bin.points)[BEFORE + timedelta(days=1.5)] == 15


def test_corrected_usage_counts_from_the_start() -> None:
    expected = pace(balance(remaining=500, granted=1000), STEADY, NOW, Beyond.OVERAGE)
    assert expected is not None
    assert expected.points[0][1] > 200, "200 more than the events explain"
    assert expected.at_reset == 650


@pytest.mark.parametrize(
    ("changes", "cycle"),
    [
        ({"unlimited": True}, STEADY),
        ({"granted": Decimal(0)}, STEADY),
        ({"next_reset_at": None}, STEADY),
        ({"next_reset_at": NOW}, STEADY),
        ({"breakdown": [row(), row(reset=Reset(interval="week", resets_at=NOW + DAY))]}, STEADY),
        ({}, Usage((), Decimal(0), 0, BEFORE, NOW)),
        ({}, usage(5, start=NOW - timedelta(hours=6))),
    ],
    ids=["unlimited", "no grant", "no reset", "reset due", "two cycles", "no bins", "too early"],
)
def test_no_pace_without_enough_data(changes: dict[str, Any], cycle: Usage) -> None:
    assert pace(balance(**changes), cycle, NOW, Beyond.OVERAGE) is None


def test_sources_that_never_reset_are_ignored() -> None:
    rows = [row(), row(None, reset=None), row(None, reset=Reset(interval="one_off"))]
    assert pace(balance(breakdown=rows), STEADY, NOW, Beyond.OVERAGE) is not None


@pytest.mark.parametrize("amounts", [[0] * 20, [-5] * 20])
def test_unused_balance_never_runs_out(amounts: list[int]) -> None:
    expected = pace(balance(remaining=700, granted=1000), usage(*amounts), NOW, Beyond.OVERAGE)
    assert expected is not None
    assert expected.at_reset == 300
    assert expected.used_up_at is None


def test_bin_without_length_counts_at_its_time() -> None:
    cycle = usage(*[15] * 19)
    at_once = Bin(NOW, NOW, Decimal(15))
    expected = pace(
        balance(), Usage((*cycle.bins, at_once), Decimal(300), 20, BEFORE, NOW), NOW, Beyond.OVERAGE
    )
    assert expected is not None


@examples(150)
@given(
    amounts=st.lists(st.integers(0, 10**6), min_size=2, max_size=20),
    granted=st.integers(1, 10**9),
    remaining=st.integers(0, 10**9),
    after=st.sampled_from(Beyond),
)
def test_usage_never_falls_and_fits_into_a_chart(
    amounts: list[int], granted: int, remaining: int, after: Beyond
) -> None:
    expected = pace(
        balance(remaining=remaining, granted=granted),
        usage(*amounts, start=NOW - DAY * len(amounts)),
        NOW,
        after,
    )
    if expected is None:
        return
    used = [amount for _, amount in expected.points]
    assert used == sorted(used)
    assert 2 <= len(used) <= blocks.CHART_POINTS
    assert used[-1] == expected.at_reset
    assert (expected.used_up_at is None) or NOW < expected.used_up_at < expected.resets_at
