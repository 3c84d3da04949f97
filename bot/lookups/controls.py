"""The billing controls of a customer or an entity, as Autumn reports them."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from bot.autumn.models import Balance, Customer, Entity

Holder: TypeAlias = Customer | Entity
Entry = Mapping[str, Any]

SPEND, USAGE, OVERAGE, TOP_UPS = "spend_limits", "usage_limits", "overage_allowed", "auto_topups"
_ON_UNLESS_SAID = (USAGE, "usage_alerts")


def entries(control: str, holder: Holder) -> list[Entry]:
    """All entries of a list, a product's too."""
    listed = holder.billing_controls.get(control)
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []


def enabled(control: str, entry: Entry) -> bool:
    return bool(entry.get("enabled", control in _ON_UNLESS_SAID))


def in_force(control: str, features: frozenset[str], *holders: Holder) -> list[Entry]:
    """Those that count for one of these features, in the order of the holders."""
    return [
        entry
        for holder in holders
        for entry in entries(control, holder)
        if entry.get("feature_id") in features and enabled(control, entry)
    ]


def skips_overage(feature: str, holder: Holder) -> bool:
    """Whether a spend limit keeps the feature's overage off the invoices."""
    limits = in_force(SPEND, frozenset({feature}), holder)
    return any(limit.get("skip_overage_billing") is True for limit in limits)


def billed_overage(balance: Balance, *holders: Holder) -> Decimal:
    """How much of the overage is billed: only that of sources whose price is for it, and none of it where a
    spend limit of one of the holders keeps it off the invoices."""
    if any(skips_overage(balance.feature_id, holder) for holder in holders):
        return Decimal(0)
    return sum((row.overage for row in balance.breakdown if row.billed_by_use), Decimal(0))


def number(value: Any) -> Decimal | None:
    """A figure of an entry; None if the value is not a number."""
    try:
        figure = Decimal(str(value))
    except InvalidOperation:
        return None
    return figure if figure.is_finite() else None
