"""Rows about subscriptions, shared by several sections."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bot.autumn.bulk import ListedCustomer, ListedSubscription, moment
from bot.digests.items import PLAN_NAMES, ReportItem, ScannedCustomer, StoredItem, stored
from bot.digests.sections import cells
from bot.digests.sections.section import Viewpoint
from bot.kit import blocks

SCHEDULED = "scheduled"
"""The status of a subscription that has not begun."""


def started(customer: ListedCustomer) -> Iterator[ListedSubscription]:
    """The customer's subscriptions, without those that are only scheduled."""
    for subscription in customer.get("subscriptions") or ():
        if subscription.get("status") != SCHEDULED:
            yield subscription


def start_by_plan(customer: ListedCustomer) -> dict[str, datetime]:
    """When the customer got each product, by its id."""
    return {
        plan_id: since
        for subscription in customer.get("subscriptions") or ()
        if (plan_id := subscription.get("plan_id")) and (since := moment(subscription.get("started_at")))
    }


def subscription_item(
    section: str,
    customer: ListedCustomer,
    subscription: ListedSubscription,
    at: datetime | None,
    **columns: Any,
) -> StoredItem:
    """`columns`: besides the product and the time; `details` are added to the product's name."""
    plan_id = subscription.get("plan_id")
    name = (subscription.get("plan") or {}).get("name")
    details = {**({PLAN_NAMES: [name]} if name else {}), **columns.pop("details", {})}
    plans = [plan_id] if plan_id else []
    return stored(section, ScannedCustomer.of(customer), at=at, plans=plans, details=details, **columns)


def subscription_cells(item: ReportItem, _seen: Viewpoint) -> list[blocks.Cell]:
    """Whose, of what, and since or until when."""
    return [cells.customer_cell(item), cells.plans_cell(item), cells.day_cell(item.at)]
