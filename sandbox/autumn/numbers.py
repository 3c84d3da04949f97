"""Numbers as the API writes them."""

ZERO_DECIMAL = frozenset({"jpy", "krw", "vnd", "clp"})


def clean(value: float) -> float:
    """Rounded to 10 places, and whole numbers without a fraction."""
    rounded = round(value, 10)
    return int(rounded) if rounded == int(rounded) else rounded


def money(value: float, currency: str) -> float:
    """Rounded to what the currency can pay."""
    return clean(round(value, 0 if currency in ZERO_DECIMAL else 2))
