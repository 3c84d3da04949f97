from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views import links, money, numbers, times
from tests.views.examples import examples


@pytest.mark.parametrize(
    ("value", "shown"),
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
def test_number(value: str, shown: str) -> None:
    assert numbers.number(Decimal(value)) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("999", "999"),
        ("1200", "1.2K"),
        ("-3000000", "-3M"),
        ("2.5E+9", "2.5B"),
        ("7E+12", "7T"),
        ("1E+20", "1.000E+20"),
    ],
)
def test_compact(value: str, shown: str) -> None:
    assert numbers.compact(Decimal(value)) == shown


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
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
def test_bar(part: int, whole: int, shown: str) -> None:
    assert numbers.bar(Decimal(part), Decimal(whole), 5) == shown


@pytest.mark.parametrize(
    ("value", "found"),
    [("3", 3), ("0.5", 0.5), ("1E+400", 1.7e308), ("-1E+400", -1.7e308), ("1E+20", 1e20)],
)
def test_finite(value: str, found: float) -> None:
    assert numbers.finite(Decimal(value)) == found


@given(st.decimals(allow_nan=False, allow_infinity=False))
@examples(200)
def test_any_number_can_be_said(value: Decimal) -> None:
    assert len(numbers.number(value)) < 30
    assert len(money.money(value, "usd")) < 40
    assert len(money.price(value, "JPY")) < 40


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("29.99", "usd", "$29.99"),
        ("1234", "EUR", "€1,234.00"),
        ("500", "jpy", "¥500"),
        ("1.25", "bhd", "BHD 1.250"),
        ("-10", "usd", "$10.00 credit"),
        ("0", "usd", "$0.00"),
        ("0.001", "usd", "$0.001"),
        ("12", "", "12.00"),
        ("0.002", "", "0.002"),
        ("12", "xq1", "12.00 XQ1"),
        ("12", "<!channel>", "12.00 CHANNEL"),
        ("1E+16", "usd", "1.000E+16 USD"),
        ("1E+16", "", "1.000E+16"),
    ],
)
def test_money(amount: str, currency: str, shown: str) -> None:
    assert money.money(Decimal(amount), currency) == shown


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("0.0005", "usd", "$0.0005"),
        ("20", "usd", "$20.00"),
        ("-1", "usd", "$1.00 credit"),
        ("0.0125", "", "0.0125"),
    ],
)
def test_unit_price(amount: str, currency: str, shown: str) -> None:
    assert money.price(Decimal(amount), currency) == shown


def test_sums_are_told_by_currency_the_largest_first() -> None:
    owed = [(Decimal(5), "eur"), (Decimal(10), "usd"), (Decimal(2), "EUR")]
    assert money.sums(owed) == "$10.00 and €7.00"


def test_times_are_drawn_by_slack_with_utc_to_fall_back_on() -> None:
    at = datetime(2025, 6, 15, 17, 6, 40, tzinfo=timezone(timedelta(hours=2)))
    assert times.moment(at) == "<!date^1750000000^{date_short_pretty} at {time}|2025-06-15 15:06 UTC>"
    assert times.day(at) == "<!date^1750000000^{date_short}|2025-06-15>"
    assert times.milliseconds(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == 1000


@pytest.mark.parametrize(
    ("env", "found"),
    [
        ("live", "https://app.useautumn.com/customers/a%2Fb%20c"),
        ("sandbox", "https://app.useautumn.com/sandbox/customers/a%2Fb%20c"),
    ],
)
def test_autumn_link(env: str, found: str) -> None:
    assert links.autumn("a/b c", env) == found


def test_stripe_link() -> None:
    assert links.stripe("cus_S", "live") == "https://dashboard.stripe.com/customers/cus_S"
    assert links.stripe("cus_S", "sandbox") == "https://dashboard.stripe.com/test/customers/cus_S"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://a.example/x?y=1", "https://a.example/x?y=1"),
        ("https://a.example/<!channel>|x", "https://a.example/%3C!channel%3E%7Cx"),
        ("javascript:alert(1)", ""),
        ("https://", ""),
        ("http://[", ""),
        ("", ""),
        (None, ""),
        ("https://a.example/" + "x" * 700, ""),
        ("https://a.example/" + "&" * 300, ""),
    ],
)
def test_only_web_addresses_are_linked(url: str | None, found: str) -> None:
    assert links.web(url) == found
    assert links.linked(url, "Open") == (f"<{found}|Open>" if found else "Open")
