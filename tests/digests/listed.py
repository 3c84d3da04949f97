"""Rows as Autumn lists them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.autumn import bulk
from bot.digests.items import ScanWindow, StoredItem
from bot.digests.sections import of_customer

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
SPAN = ScanWindow(START, START + timedelta(days=7), since=START)


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def days(count: float) -> int:
    """This many days from the start, as Autumn writes it."""
    return ms(START + timedelta(days=count))


def at(count: float) -> datetime:
    return START + timedelta(days=count)


def customer(**fields: Any) -> bulk.ListedCustomer:
    """A customer as read from an answer of Autumn."""
    row = {"id": "cus_1", "name": "Acme", "stripe_id": "cus_stripe", **fields}
    (listed,) = bulk.customers(json.dumps({"list": [row]}).encode()).rows()
    return listed


def subscription(**fields: Any) -> dict[str, Any]:
    """A monthly plan for 49, billed in three days."""
    return {
        "plan_id": "pro",
        "plan": {"name": "Pro", "price": {"amount": 49, "interval": "month"}, "items": [{"price": None}]},
        "status": "active",
        "past_due": False,
        "trial_ends_at": None,
        "current_period_start": days(-27),
        "current_period_end": days(3),
        "expires_at": None,
        "quantity": 1,
        **fields,
    }


def balance(*rows: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "feature": {"id": "messages", "name": "Messages"},
        "granted": 100,
        "remaining": 40,
        "unlimited": False,
        "next_reset_at": None,
        "breakdown": list(rows),
        **fields,
    }


def balance_row(resets: float | None, **fields: Any) -> dict[str, Any]:
    """A row of a balance that resets in this many days."""
    reset = {"interval": "month", "resets_at": None if resets is None else days(resets)}
    return {
        "plan_id": "pro",
        "included_grant": 100,
        "prepaid_grant": 0,
        "remaining": 40,
        "unlimited": False,
        "reset": reset,
        **fields,
    }


def stored_rows(listed: bulk.ListedCustomer) -> list[StoredItem]:
    return list(of_customer(listed, SPAN))
