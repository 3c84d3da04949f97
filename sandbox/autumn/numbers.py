"""Numbers as the API writes them."""

ZERO_DECIMAL = frozenset(
    {"bif", "clp", "djf", "gnf", "isk", "jpy", "kmf", "krw"}
    | {"mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"}
)
THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})


def clean(value: float) -> float:
    """Rounded to 10 places, and whole numbers without a fraction."""
    rounded = round(value, 10)
    return int(rounded) if rounded == int(rounded) else rounded


def money(value: float, currency: str) -> float:
    """Rounded to what the currency can pay."""
    decimals = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    return clean(round(value, decimals))
