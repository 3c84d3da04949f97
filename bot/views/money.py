"""Amounts of money, always given in major units (29.99 is $29.99)."""

import re
from decimal import Decimal
from functools import lru_cache

from babel.numbers import format_currency, is_currency

from bot.views import numbers, words

_LOCALE = "en_US"
_HUGE = Decimal("1e15")
_TINY = Decimal("1e-6")
_DIGITS = 9
"""What is kept of a fraction where none should be lost."""


def money(amount: Decimal, currency: str) -> str:
    """A total: `$29.99`, `¥500`, `BHD 1.250`; a negative one is a credit. Bare if the currency is unknown."""
    shown = _shown(abs(amount), currency, exact=False)
    return words.credit(shown) if amount < 0 else shown


def price(amount: Decimal, currency: str) -> str:
    """What one unit costs: as `money`, with every digit of fractions such as $0.0005."""
    shown = _shown(abs(amount), currency, exact=True)
    return words.credit(shown) if amount < 0 else shown


def sums(amounts: list[tuple[Decimal, str]]) -> str:
    """Totals by currency, the largest first: `$120.00 and €15.00`."""
    totals: dict[str, Decimal] = {}
    for amount, currency in amounts:
        totals[currency.upper()] = totals.get(currency.upper(), Decimal(0)) + amount
    ranked = sorted(totals.items(), key=lambda item: -item[1])
    return words.joined([money(amount, currency) for currency, amount in ranked])


def _shown(size: Decimal, currency: str, *, exact: bool) -> str:
    code = re.sub(r"[^A-Z0-9]", "", currency.upper())[:8]
    if size >= _HUGE or 0 < size < _TINY:
        return f"{numbers.number(size)} {code}".rstrip()
    if not _known(code):
        return f"{_bare(size, exact=exact)} {code}".rstrip()
    digits = round(size, _DIGITS) if exact else size
    rounded: str = format_currency(digits, code, locale=_LOCALE, decimal_quantization=not exact)
    if size and not exact and not re.search("[1-9]", rounded):
        return _shown(size, currency, exact=True)  # never show a little money as none
    return re.sub(r"^([A-Z]+)(?=\d)", r"\1 ", rounded.replace("\xa0", " "))


def _bare(size: Decimal, *, exact: bool) -> str:
    return numbers.number(size) if exact or 0 < size < Decimal("0.01") else f"{size:,.2f}"


@lru_cache(maxsize=256)
def _known(code: str) -> bool:
    return bool(is_currency(code, _LOCALE))
