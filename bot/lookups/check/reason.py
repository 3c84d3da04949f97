"""Why Autumn lets a customer use so many units of a feature, or does not. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from bot.autumn.models import Check
from bot.lookups import controls
from bot.lookups.controls import Entry, Holder


class Why(StrEnum):
    # They may:
    SWITCHED_ON = "switched_on"
    UNLIMITED = "unlimited"
    ENOUGH_LEFT = "enough_left"
    OVERAGE_OF_PRODUCT = "overage_of_product"
    """Because of how the product is set up; overage has a price."""
    OVERAGE_NOT_BILLED = "overage_not_billed"
    """The same, where a spend limit keeps it off the invoices."""
    OVERAGE_ALLOWED = "overage_allowed"
    """By a billing control."""
    AUTUMN_ALLOWS = "autumn_allows"
    # They may not:
    NOT_HELD = "not_held"
    USAGE_LIMIT = "usage_limit"
    SPEND_LIMIT = "spend_limit"
    MOST_TO_BUY = "most_to_buy"
    """The product has a price for overage, up to a number of units."""
    NOT_ENOUGH = "not_enough"
    AUTUMN_REFUSES = "autumn_refuses"


@dataclass(frozen=True, slots=True)
class CheckReason:
    why: Why
    limit: Entry | None = None
    """The billing control that stops it."""


def reason(check: Check, feature: str, units: Decimal, *holders: Holder) -> CheckReason:
    """`feature`, `units`: what was asked about; for a feature that credits pay for, the check is in those.
    `holders`: whose billing controls count, an entity before its customer."""
    balance = check.balance
    features = frozenset({feature, balance.feature_id} if balance else {feature})
    if check.allowed:
        return CheckReason(_allowed(check, features, holders))
    if balance is None:
        return CheckReason(Why.AUTUMN_REFUSES if check.flag else Why.NOT_HELD)
    needed = {balance.feature_id: check.required_balance, feature: units}
    for limit in controls.in_force(controls.USAGE, features, *holders):
        # With a filter it counts events with certain properties only; the check names none.
        if not limit.get("filter") and _exceeds(limit, needed[limit["feature_id"]]):
            return CheckReason(Why.USAGE_LIMIT, limit)
    if balance.unlimited or balance.remaining >= check.required_balance:
        return CheckReason(Why.AUTUMN_REFUSES)
    if not (balance.overage_allowed or controls.in_force(controls.OVERAGE, features, *holders)):
        return CheckReason(Why.NOT_ENOUGH)
    for limit in controls.in_force(controls.SPEND, features, *holders):
        return CheckReason(Why.SPEND_LIMIT, limit)
    return CheckReason(Why.AUTUMN_REFUSES if balance.max_purchase is None else Why.MOST_TO_BUY)


def _allowed(check: Check, features: frozenset[str], holders: Sequence[Holder]) -> Why:
    balance = check.balance
    if balance is None:
        return Why.SWITCHED_ON if check.flag else Why.AUTUMN_ALLOWS
    if balance.unlimited:
        return Why.UNLIMITED
    if balance.remaining >= check.required_balance:
        return Why.ENOUGH_LEFT
    if balance.overage_allowed:
        skipped = any(controls.skips_overage(balance.feature_id, holder) for holder in holders)
        return Why.OVERAGE_NOT_BILLED if skipped else Why.OVERAGE_OF_PRODUCT
    allowed = controls.in_force(controls.OVERAGE, features, *holders)
    return Why.OVERAGE_ALLOWED if allowed else Why.AUTUMN_ALLOWS


def _exceeds(limit: Entry, units: Decimal) -> bool:
    most, used = controls.number(limit.get("limit")), controls.number(limit.get("usage", 0))
    return most is not None and used is not None and used + units > most
