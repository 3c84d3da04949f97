"""Amounts of money in words, always given in major units (29.99 is $29.99)."""

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.numbers import get_currency_symbol, is_currency

from bot.kit import currency as arithmetic
from bot.kit import numbers, phrases

_LOCALE = arithmetic.LOCALE
_HUGE = Decimal("1e15")
_ROUGH = Decimal(100)
"""From here on a rough amount has no decimals."""
_TINY = Decimal("1e-6")
_MOST_DECIMALS = 9
"""What is kept of a fraction where none should be lost."""


def money(amount: Decimal, currency: str) -> str:
    """A total: `$29.99`, `¥500`, `BHD 1.250`; a negative one is a credit. Bare if the currency is unknown."""
    size = _shown(abs(amount), currency, exact=False)
    return phrases.credit(size) if amount < 0 else size


def rough(amount: Decimal, currency: str) -> str:
    """About how much: `$40`, `$2.50`, `$1,235`."""
    whole = abs(amount) >= _ROUGH and abs(amount) < _HUGE
    shown = money(amount.quantize(Decimal(1), ROUND_HALF_UP) if whole else amount, currency)
    return re.sub(r"\.0+(?=\D|$)", "", shown)


def price(amount: Decimal, currency: str) -> str:
    """What one unit costs: as `money`, with every digit of fractions such as $0.0005."""
    size = _shown(abs(amount), currency, exact=True)
    return phrases.credit(size) if amount < 0 else size


def sums(amounts: Iterable[tuple[Decimal, str]]) -> str:
    """Totals by currency, the largest first: `$120.00 and €15.00`."""
    return phrases.joined([money(total, currency) for total, currency in arithmetic.totals(amounts)])


def _shown(size: Decimal, currency: str, *, exact: bool) -> str:
    code = re.sub(r"[^A-Z0-9]", "", currency.upper())[:8]
    if size >= _HUGE or 0 < size < _TINY:
        return f"{numbers.number(size)} {code}".rstrip()
    digits = _digits(size, code, exact=exact)
    return f"{_symbol(code)}{digits}" if _known(code) else f"{digits} {code}".rstrip()


def _digits(size: Decimal, code: str, *, exact: bool) -> str:
    least = arithmetic.decimals(code)
    if not exact:
        rounded = arithmetic.rounded(size, code)
        if rounded or not size:  # a little money is never shown as none
            return f"{rounded:,.{least}f}"
    whole, _, fraction = f"{size:,.{_MOST_DECIMALS}f}".partition(".")
    fraction = fraction.rstrip("0").ljust(least, "0")
    return f"{whole}.{fraction}" if fraction else whole


@lru_cache(maxsize=256)
def _known(code: str) -> bool:
    return bool(is_currency(code, _LOCALE))


@lru_cache(maxsize=256)
def _symbol(code: str) -> str:
    """`$`, `CA$`; a code or a name ends in a space: `RSD `."""
    symbol = " ".join(str(get_currency_symbol(code, _LOCALE)).split())
    return f"{symbol} " if symbol[-1].isalpha() else symbol
