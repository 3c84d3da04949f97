"""A customer's billing controls, as Autumn reports them."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.autumn.models import Customer

Entry = Mapping[str, Any]

SPEND, USAGE, OVERAGE = "spend_limits", "usage_limits", "overage_allowed"
_ON_UNLESS_SAID = (USAGE, "usage_alerts")


def entries(control: str, customer: Customer) -> list[Entry]:
    """All entries of a list, a product's too."""
    listed = customer.billing_controls.get(control)
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []


def enabled(control: str, entry: Entry) -> bool:
    return bool(entry.get("enabled", control in _ON_UNLESS_SAID))


def in_force(control: str, features: frozenset[str], customer: Customer) -> list[Entry]:
    """Those that count for one of these features."""
    return [
        entry
        for entry in entries(control, customer)
        if entry.get("feature_id") in features and enabled(control, entry)
    ]


def number(value: Any) -> Decimal | None:
    """A figure of an entry; None if the value is not a number."""
    try:
        figure = Decimal(str(value))
    except InvalidOperation:
        return None
    return figure if figure.is_finite() else None
