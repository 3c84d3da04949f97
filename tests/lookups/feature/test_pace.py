"""Where a balance will be at its reset if usage continues as it was."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.autumn.models import Reset
from bot.kit import blocks
from bot.lookups.feature.bins import MOST, Bin, Usage
from bot.lookups.feature.pace import pace
from tests.examples import examples
from tests.lookups.samples import BEFORE, LATER, NOW, balance, row

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
    expected = pace(balance(remaining=700, granted=1000), STEADY, NOW)
    assert expected is not None
    assert [expected.at_reset, expected.granted] == [450, 1000]
    assert expected.used_up_at is None
    assert expected.resets_at == LATER
    assert expected.points[-1] == (LATER, Decimal(450))
    assert len(expected.points) == MOST


def test_balance_that_will_not_last_has_its_last_day() -> None:
    expected = pace(balance(remaining=75, granted=375), STEADY, NOW)
    assert expected is not None
    assert expected.at_reset == 450
    assert expected.used_up_at == NOW + 5 * DAY


def test_usage_so_far_follows_the_events() -> None:
    front_loaded = usage(200, *[0] * 19)
    expected = pace(balance(remaining=800, granted=1000), front_loaded, NOW)
    assert expected is not None
    by_moment = dict(expected.points)
    assert by_moment[BEFORE + 3 * DAY] == 200
    assert by_moment[BEFORE + timedelta(days=19.5)] == 200
    half_a_bin = pace(balance(remaining=800, granted=1000), usage(*[10] * 20), NOW)
    assert half_a_bin is not None
    assert dict(half_a_bin.points)[BEFORE + timedelta(days=1.5)] == 15


def test_corrected_usage_counts_from_the_start() -> None:
    expected = pace(balance(remaining=500, granted=1000), STEADY, NOW)
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
    assert pace(balance(**changes), cycle, NOW) is None


def test_sources_that_never_reset_are_ignored() -> None:
    rows = [row(), row(None, reset=None), row(None, reset=Reset(interval="one_off"))]
    assert pace(balance(breakdown=rows), STEADY, NOW) is not None


@pytest.mark.parametrize("amounts", [[0] * 20, [-5] * 20])
def test_unused_balance_never_runs_out(amounts: list[int]) -> None:
    expected = pace(balance(remaining=700, granted=1000), usage(*amounts), NOW)
    assert expected is not None
    assert expected.at_reset == 300
    assert expected.used_up_at is None


def test_bin_without_length_counts_at_its_time() -> None:
    cycle = usage(*[15] * 19)
    at_once = Bin(NOW, NOW, Decimal(15))
    expected = pace(balance(), Usage((*cycle.bins, at_once), Decimal(300), 20, BEFORE, NOW), NOW)
    assert expected is not None


@examples(150)
@given(
    amounts=st.lists(st.integers(0, 10**6), min_size=2, max_size=20),
    granted=st.integers(1, 10**9),
    remaining=st.integers(0, 10**9),
)
def test_usage_never_falls_and_fits_into_a_chart(amounts: list[int], granted: int, remaining: int) -> None:
    expected = pace(
        balance(remaining=remaining, granted=granted), usage(*amounts, start=NOW - DAY * len(amounts)), NOW
    )
    if expected is None:
        return
    used = [amount for _, amount in expected.points]
    assert used == sorted(used)
    assert 2 <= len(used) <= blocks.CHART_POINTS
    assert used[-1] == expected.at_reset
    assert (expected.used_up_at is None) or NOW < expected.used_up_at < expected.resets_at
