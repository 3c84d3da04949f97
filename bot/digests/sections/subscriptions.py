"""Rows about a subscription, for the sections that have them."""

from datetime import datetime
from typing import Any

from bot.autumn.bulk import ListedCustomer, ListedSubscription
from bot.digests.items import PLAN_NAMES, ScannedCustomer, StoredItem, join_plans, stored

SCHEDULED = "scheduled"
"""The status of a subscription that has not begun."""


def subscription_row(
    section: str,
    customer: ListedCustomer,
    subscription: ListedSubscription,
    at: datetime | None,
    **columns: Any,
) -> StoredItem:
    """`columns`: those beyond the product and the moment; `details` adds to the product's name."""
    plan_id = subscription.get("plan_id")
    name = (subscription.get("plan") or {}).get("name")
    details = {**({PLAN_NAMES: [name]} if name else {}), **columns.pop("details", {})}
    plans = join_plans([plan_id] if plan_id else [])
    return stored(section, ScannedCustomer.of(customer), at=at, plans=plans, details=details, **columns)
