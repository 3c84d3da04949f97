import re
from decimal import Decimal

import pytest
from babel.numbers import list_currencies
from hypothesis import given
from hypothesis import strategies as st

from bot.kit import money
from tests.examples import examples


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
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
        # Currencies that CLDR rounds to whole units, but Stripe bills in hundredths.
        ("1299.5", "rsd", "RSD 1,299.50"),
        ("24.5", "afn", "AFN 24.50"),
        ("0.75", "lbp", "LBP 0.75"),
        ("10.5", "all", "ALL 10.50"),
        ("10.5", "lak", "LAK 10.50"),
        ("10.5", "mmk", "MMK 10.50"),
        ("10.5", "sos", "SOS 10.50"),
        ("10.5", "yer", "YER 10.50"),
        ("10.45", "huf", "HUF 10.45"),
        ("10.45", "twd", "NT$10.45"),
        # Stripe bills these in whole units.
        ("5", "isk", "ISK 5"),
        ("5", "ugx", "UGX 5"),
        ("1234", "xof", "F CFA 1,234"),
        ("1.2345", "kwd", "KWD 1.235"),
        ("0.4", "jpy", "¥0.4"),
        ("19.99998", "usd", "$20.00"),
    ],
)
def test_amount_follows_its_currency(amount: str, currency: str, expected: str) -> None:
    assert money.money(Decimal(amount), currency) == expected


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("0.0005", "usd", "$0.0005"),
        ("20", "usd", "$20.00"),
        ("-1", "usd", "$1.00 credit"),
        ("0.0125", "", "0.0125"),
    ],
)
def test_unit_price_keeps_its_fractions(amount: str, currency: str, expected: str) -> None:
    assert money.price(Decimal(amount), currency) == expected


def test_sums_are_by_currency_the_largest_first() -> None:
    owed = [(Decimal(5), "eur"), (Decimal(10), "usd"), (Decimal(2), "EUR")]
    assert money.sums(owed) == "$10.00 and €7.00"


def test_small_amounts_add_up_exactly() -> None:
    assert money.sums([(Decimal("0.40"), "rsd")] * 4) == "RSD 1.60"


_CURRENCIES = st.sampled_from(sorted(list_currencies()))


@given(st.decimals(min_value=0, max_value=10**9, places=3), _CURRENCIES)
@examples(300)
def test_every_currency_is_shown_with_the_decimals_it_is_billed_in(amount: Decimal, currency: str) -> None:
    written = money.money(amount, currency.lower())
    digits = re.sub(r"^[^0-9]+", "", written)
    fraction = digits.partition(".")[2]
    billed = money.rounded(amount, currency)
    assert Decimal(digits.replace(",", "")) == (billed if billed or not amount else amount)
    assert len(fraction) == money.decimals(currency) or not billed


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("1039.6", "rsd", "1039.60"),
        ("0.005", "usd", "0.01"),
        ("-0.005", "usd", "-0.01"),
        ("0.5", "JPY", "1"),
        ("1.0005", "bhd", "1.001"),
        ("1E+30", "usd", "1E+30"),
    ],
)
def test_amounts_are_rounded_to_what_can_be_charged(amount: str, currency: str, rounded: str) -> None:
    assert str(money.rounded(Decimal(amount), currency)) == rounded


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("40", "USD", "$40"),
        ("39.99", "USD", "$39.99"),
        ("2.5", "USD", "$2.50"),
        ("99.996", "USD", "$100"),
        ("100.5", "USD", "$101"),
        ("1234.49", "EUR", "€1,234"),
        ("0.004", "USD", "$0.004"),
        ("0", "USD", "$0"),
        ("500", "JPY", "¥500"),
        ("40", "XYZ", "40 XYZ"),
        ("2e20", "USD", "2E+20 USD"),
    ],
)
def test_rough_amounts(amount: str, currency: str, expected: str) -> None:
    assert money.rough(Decimal(amount), currency) == expected
