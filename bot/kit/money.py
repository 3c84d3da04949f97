"""Amounts of money, in numbers and in words, always in major units (29.99 is $29.99).

How many decimals a currency has is Stripe's to say, because Stripe bills it: CLDR's figures, which Babel
formats with, leave out the decimals that people do not use in cash.
"""

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache

from babel.numbers import get_currency_symbol, is_currency, list_currencies

from bot.kit import numbers, phrases

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

_HUGE = Decimal("1e15")
_ROUGH = Decimal(100)
"""From here on a rough amount has no decimals."""
_TINY = Decimal("1e-6")
_MOST_DECIMALS = 9
"""The decimals that are kept of an amount that should not be rounded."""


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
        capitals = currency.upper()
        by_currency[capitals] = by_currency.get(capitals, Decimal(0)) + amount
    return sorted(((total, code) for code, total in by_currency.items()), key=lambda entry: -entry[0])


# In words


def money(amount: Decimal, currency: str) -> str:
    """A total: `$29.99`, `¥500`, `BHD 1.250`; a negative one is a credit. Bare if the currency is unknown."""
    size = _shown(abs(amount), currency, exact=False)
    return phrases.credit(size) if amount < 0 else size


def rough(amount: Decimal, currency: str) -> str:
    """About how much: `$40`, `$2.50`, `$1,235`."""
    whole = abs(amount) >= _ROUGH and abs(amount) < _HUGE
    formatted = money(amount.quantize(Decimal(1), ROUND_HALF_UP) if whole else amount, currency)
    return re.sub(r"\.0+(?=\D|$)", "", formatted)


def price(amount: Decimal, currency: str) -> str:
    """What one unit costs: as `money`, with every digit of fractions such as $0.0005."""
    size = _shown(abs(amount), currency, exact=True)
    return phrases.credit(size) if amount < 0 else size


def sums(amounts: Iterable[tuple[Decimal, str]]) -> str:
    """Totals by currency, the largest first: `$120.00 and €15.00`."""
    return phrases.joined([money(total, currency) for total, currency in totals(amounts)])


def _shown(size: Decimal, currency: str, *, exact: bool) -> str:
    code = re.sub(r"[^A-Z0-9]", "", currency.upper())[:8]
    if size >= _HUGE or 0 < size < _TINY:
        return f"{numbers.number(size)} {code}".rstrip()
    digits = _digits(size, code, exact=exact)
    return f"{_symbol(code)}{digits}" if _known(code) else f"{digits} {code}".rstrip()


def _digits(size: Decimal, code: str, *, exact: bool) -> str:
    least = decimals(code)
    if not exact:
        amount = rounded(size, code)
        if amount or not size:  # a little money is never shown as none
            return f"{amount:,.{least}f}"
    whole, _, fraction = f"{size:,.{_MOST_DECIMALS}f}".partition(".")
    fraction = fraction.rstrip("0").ljust(least, "0")
    return f"{whole}.{fraction}" if fraction else whole


@lru_cache(maxsize=256)
def _known(code: str) -> bool:
    return bool(is_currency(code, LOCALE))


@lru_cache(maxsize=256)
def _symbol(code: str) -> str:
    """`$`, `CA$`; a code or a name ends in a space: `RSD `."""
    symbol = " ".join(str(get_currency_symbol(code, LOCALE)).split())
    return f"{symbol} " if symbol[-1].isalpha() else symbol
