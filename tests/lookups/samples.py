"""Sample customers and answers."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.autumn.events import Event
from bot.autumn.models import (
    Balance,
    BalanceRow,
    Customer,
    Feature,
    Flag,
    Invoice,
    InvoicePreview,
    Plan,
    PlanDisplay,
    PlanPrice,
    PreviewLine,
    Reset,
    Subscription,
)
from bot.lookups.feature.bins import Bin, Usage
from bot.lookups.invoices import facts
from bot.lookups.invoices.card import InvoiceList

NOW = datetime(2026, 11, 22, 15, 6, tzinfo=UTC)
LATER = NOW + timedelta(days=10)
BEFORE = NOW - timedelta(days=20)


def plan(plan_id: str = "pro", **changes: Any) -> Plan:
    price = PlanPrice(
        amount=Decimal(20),
        interval="month",
        currency="usd",
        display=PlanDisplay(primary_text="$20", secondary_text="per month"),
    )
    return Plan(**{"id": plan_id, "name": plan_id.title(), "price": price, **changes})


def subscription(plan_id: str = "pro", **changes: Any) -> Subscription:
    fields = {
        "id": "sub_1",
        "plan_id": plan_id,
        "plan": plan(plan_id),
        "status": "active",
        "started_at": BEFORE,
        "current_period_start": BEFORE,
        "current_period_end": LATER,
        "scope": "customer",
    }
    return Subscription(**{**fields, **changes})


def balance(
    feature_id: str = "messages", remaining: int = 700, granted: int = 1000, **changes: Any
) -> Balance:
    fields = {
        "feature_id": feature_id,
        "feature": Feature(id=feature_id, name=feature_id.title()),
        "granted": Decimal(granted),
        "remaining": Decimal(remaining),
        "usage": Decimal(granted - remaining),
        "next_reset_at": LATER,
        "breakdown": [row(granted=granted, remaining=remaining)],
    }
    return Balance(**{**fields, **changes})


def row(plan_id: str | None = "pro", granted: int = 1000, remaining: int = 700, **changes: Any) -> BalanceRow:
    fields = {
        "id": "row_1",
        "plan_id": plan_id,
        "included_grant": Decimal(granted),
        "remaining": Decimal(max(0, remaining)),
        "usage": Decimal(granted - remaining),
        "reset": Reset(interval="month", resets_at=LATER),
    }
    return BalanceRow(**{**fields, **changes})


def invoice(status: str = "paid", total: str = "20", **changes: Any) -> Invoice:
    fields = {
        "id": "inv_1",
        "plan_ids": ["pro"],
        "status": status,
        "total": Decimal(total),
        "currency": "usd",
        "created_at": BEFORE,
        "hosted_invoice_url": "https://api.useautumn.com/invoices/hosted_invoice_url/inv_1",
    }
    return Invoice(**{**fields, **changes})


def invoice_list(*newest: Invoice, more: bool = False) -> InvoiceList:
    return InvoiceList(newest, more, facts.unpaid(newest, more=more))


def preview(**changes: Any) -> InvoicePreview:
    line = PreviewLine(description="Pro - Base Price", total=Decimal(20))
    fields = {
        "plan_ids": ["pro"],
        "invoice_at": LATER,
        "currency": "usd",
        "total": Decimal(20),
        "line_items": [line],
    }
    return InvoicePreview(**{**fields, **changes})


def event(feature_id: str = "messages", **changes: Any) -> Event:
    fields = {"id": "evt_1", "timestamp": BEFORE, "feature_id": feature_id, "value": Decimal(3)}
    return Event(**{**fields, **changes})


def flag(feature_id: str = "sso", **changes: Any) -> Flag:
    return Flag(**{"feature_id": feature_id, "plan_id": "pro", **changes})


def customer(**changes: Any) -> Customer:
    fields = {
        "id": "cus_1",
        "name": "Acme Ltd",
        "email": "ops@acme.com",
        "created_at": BEFORE,
        "env": "sandbox",
        "stripe_id": "cus_S1",
        "subscriptions": [subscription()],
        "balances": {"messages": balance()},
        "flags": {"sso": flag()},
    }
    return Customer(**{**fields, **changes})


def balances(number: int) -> dict[str, Balance]:
    return {f"f{index:03}": balance(f"f{index:03}") for index in range(number)}


def usage(*values: int, step: timedelta = timedelta(days=1), events: int | None = None) -> Usage:
    bins = tuple(
        Bin(BEFORE + index * step, BEFORE + (index + 1) * step, Decimal(value))
        for index, value in enumerate(values)
    )
    total = Decimal(sum(values))
    return Usage(bins, total, len(values) if events is None else events, BEFORE, NOW)
