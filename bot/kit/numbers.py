"""Quantities in words."""

import math
from decimal import ROUND_FLOOR, Decimal

_HUGE = Decimal("1e15")
_SMALL = Decimal("1e-6")
_EXACT = 2**53


def number(value: Decimal) -> str:
    """`1,234`, `0.5`; with an exponent where the digits would say nothing."""
    size = abs(value)
    if size >= _HUGE or 0 < size < _SMALL:
        return f"{value:.3E}"
    if value == value.to_integral_value():
        return f"{int(value):,}"
    return f"{value:,.6f}".rstrip("0").rstrip(".")


def ordinal(value: int) -> str:
    """`1st`, `2nd`, `11th`."""
    if value % 100 in (11, 12, 13):
        return f"{value}th"
    return f"{value}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(value % 10, 'th') }"


def compact(value: Decimal) -> str:
    """`999`, `1.2K`, `3.4M`: for places with little room."""
    size = abs(value)
    for unit, letter in (
        (Decimal(10**12), "T"),
        (Decimal(10**9), "B"),
        (Decimal(10**6), "M"),
        (Decimal(10**3), "K"),
    ):
        if unit <= size < _HUGE:
            return f"{float(value / unit):.1f}".removesuffix(".0") + letter
    return number(value)


def bar(part: Decimal, whole: Decimal, width: int = 10) -> str:
    """`▰▰▰▱▱`: how much of the whole. Empty when there is no whole.

    A little is never shown as nothing, and nearly all never as all.
    """
    if whole <= 0:
        return ""
    share = min(Decimal(1), max(Decimal(0), part) / whole)
    filled = min(width - 1, math.ceil(share * width)) if share < 1 else width
    return "▰" * filled + "▱" * (width - filled)


def percent(part: Decimal, whole: Decimal) -> str:
    """`62%`, rounded down, yet a little is never shown as nothing. Of a whole above zero."""
    share = max(Decimal(0), part) / whole * 100
    return f"{number(share.to_integral_value(ROUND_FLOOR) if share >= 1 or not share else Decimal(1))}%"


def finite(value: Decimal) -> int | float:
    """For JSON: an exact integer where possible, never infinity."""
    if abs(value) < _EXACT and value == value.to_integral_value():
        return int(value)
    approximate = float(value)
    return approximate if math.isfinite(approximate) else math.copysign(1.7e308, approximate)
