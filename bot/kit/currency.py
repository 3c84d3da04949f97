"""Arithmetic on amounts of money, in major units (29.99 is $29.99).

How many decimals a currency has is Stripe's to say, because Stripe bills it: CLDR's figures, which Babel
formats with, leave out the decimals that people do not use in cash.
"""

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from babel.numbers import get_currency_symbol, list_currencies

LOCALE = "en_US"
"""In which amounts are written, by Autumn as by Maple."""

# Stripe's zero-decimal currencies, and ISK, which Stripe takes with two decimals that must be 00. HUF and
# TWD are whole in payouts only: their charges have two decimals.
_NO_DECIMALS = frozenset(
    "BIF CLP DJF GNF ISK JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF".split()  # noqa: SIM905
)
# Stripe's three-decimal currencies, and those of ISO 4217 that Stripe does not bill in.
_THREE_DECIMALS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())  # noqa: SIM905

_LARGEST_ROUNDED = Decimal("1e24")
"""Beyond it an amount has more digits than can be rounded, and no fraction that matters."""


def decimals(currency: str) -> int:
    """How many decimals an amount in this currency has; two for one that is not known."""
    code = currency.upper()
    if code in _NO_DECIMALS:
        return 0
    return 3 if code in _THREE_DECIMALS else 2


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the smallest unit that can be charged in this currency."""
    if abs(amount) >= _LARGEST_ROUNDED:
        return amount
    return amount.quantize(Decimal(1).scaleb(-decimals(currency)), ROUND_HALF_UP)


def currency_in(price: str) -> str:
    """The currency of a price as Autumn writes it, such as `$20` or `RSD 1,200`; empty if it is not told."""
    match = re.match(r"([^\d\s]+)\s?\d", price)
    return _by_symbol().get(match.group(1), "") if match else ""


@cache
def _by_symbol() -> dict[str, str]:
    codes = sorted(list_currencies())
    return {code: code for code in codes} | {get_currency_symbol(code, LOCALE): code for code in codes}


def totals(amounts: Iterable[tuple[Decimal, str]]) -> list[tuple[Decimal, str]]:
    """One total a currency (in capitals), the largest first. Currencies are never added to each other."""
    by_currency: dict[str, Decimal] = {}
    for amount, currency in amounts:
        code = currency.upper()
        by_currency[code] = by_currency.get(code, Decimal(0)) + amount
    return sorted(((total, code) for code, total in by_currency.items()), key=lambda entry: -entry[0])
