"""Quantities in words."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.kit import money, numbers
from tests.examples import examples


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", "0"),
        ("1234567", "1,234,567"),
        ("-40", "-40"),
        ("0.5", "0.5"),
        ("1234.500", "1,234.5"),
        ("0.1234567", "0.123457"),
        ("0.0000001", "1.000E-7"),
        ("1E+15", "1.000E+15"),
        ("12345E+396", "1.234E+400"),
    ],
)
def test_number_is_written_in_full(value: str, expected: str) -> None:
    assert numbers.number(Decimal(value)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (21, "21st"), (112, "112th")],
)
def test_ordinal_has_its_ending(value: int, expected: str) -> None:
    assert numbers.ordinal(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("999", "999"),
        ("1200", "1.2K"),
        ("-3000000", "-3M"),
        ("2.5E+9", "2.5B"),
        ("7E+12", "7T"),
        ("1E+20", "1.000E+20"),
    ],
)
def test_compact_number_has_a_letter_for_its_size(value: str, expected: str) -> None:
    assert numbers.compact(Decimal(value)) == expected


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (0, 10, "▱▱▱▱▱"),
        (1, 1000, "▰▱▱▱▱"),
        (5, 10, "▰▰▰▱▱"),
        (99, 100, "▰▰▰▰▱"),
        (10, 10, "▰▰▰▰▰"),
        (20, 10, "▰▰▰▰▰"),
        (-3, 10, "▱▱▱▱▱"),
        (1, 0, ""),
        (1, -5, ""),
    ],
)
def test_bar_is_full_or_empty_only_at_the_ends(part: int, whole: int, expected: str) -> None:
    assert numbers.bar(Decimal(part), Decimal(whole), 5) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("3", 3), ("0.5", 0.5), ("1E+400", 1.7e308), ("-1E+400", -1.7e308), ("1E+20", 1e20)],
)
def test_number_for_json_is_finite(value: str, expected: float) -> None:
    assert numbers.finite(Decimal(value)) == expected


@given(st.decimals(allow_nan=False, allow_infinity=False))
@examples(200)
def test_any_number_can_be_written(value: Decimal) -> None:
    assert len(numbers.number(value)) < 30
    assert len(money.money(value, "usd")) < 40
    assert len(money.price(value, "JPY")) < 40
