from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.changes import canonical
from bot.changes.model import key


@pytest.mark.parametrize(
    ("value", "text", "figure"),
    [
        ("1250", "1250", 1250), ("-40", "-40", -40), ("0.50", "0.5", 0.5), ("-0", "0", 0), ("0e5", "0", 0),
        ("1e3", "1000", 1000), ("0.1234567890123", "0.123456789", 0.123456789), ("1e-12", "0", 0),
        ("999999999999.5", "999999999999.5", 999999999999.5), ("1e20", "1" + "0" * 20, 10**20),
    ],
)  # fmt: skip
def test_canonical_numbers(value: str, text: str, figure: float) -> None:
    assert canonical.number(Decimal(value)) == text
    assert canonical.figure(Decimal(value)) == figure
    assert type(canonical.figure(Decimal(value))) is type(figure)


def test_numbers_equal_but_for_binary_fractions() -> None:
    assert canonical.near(Decimal("0.1") + Decimal("0.2"), Decimal("0.30000000000000004"))
    assert canonical.near(Decimal("1e15"), Decimal("1e15") + 1)
    assert not canonical.near(Decimal("1.000001"), Decimal(1))
    assert not canonical.near(Decimal("1e12"), Decimal("1e12") + 1)
    assert not canonical.near(Decimal(-1), Decimal(1))


@given(st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_times_in_text_and_in_milliseconds_agree(at: datetime) -> None:
    parsed = datetime.fromisoformat(canonical.time(at))
    assert canonical.milliseconds(parsed) == canonical.milliseconds(at)
    assert timedelta(0) <= at - parsed < timedelta(milliseconds=1)
    assert canonical.same_time(at, parsed)
    assert canonical.time(at.astimezone(timezone(timedelta(hours=-7)))) == canonical.time(at)


def test_invalid_times() -> None:
    assert canonical.time_or_none(None) is None
    assert canonical.same_time(None, None)
    assert not canonical.same_time(None, datetime(2026, 1, 1, tzinfo=UTC))


def test_idempotency_key_of_a_write() -> None:
    assert key("chg_1", 0) == "maple:chg_1:0"


def test_numbers_are_compared_as_precisely_as_autumn_counts() -> None:
    half = Decimal("0.0000005")
    assert canonical.near(Decimal(1), 1 + half)
    assert not canonical.near(Decimal(1), 1 + 2 * half)
