"""When subscriptions are billed and balances reset, next and last, and what that may come to. Pure.

What it will come to Autumn itself tells, one customer at a time (`within`); an estimate decides who is
asked about first, and stands in for whoever is not.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.autumn.bulk import ListedCustomer, ListedSource, ListedSubscription, moment
from bot.autumn.models import InvoicePreview, Reset
from bot.lookups.feature.bins import cycle_start

MOST_PREVIEWS = 500
"""Customers that one scan asks about; others stay estimates. Each costs Autumn several calls of Stripe."""


@dataclass(frozen=True, slots=True)
class Estimate:
    at: datetime
    amount: Decimal | None
    """The base price; None when only usage will be billed."""
    currency: str
    """Empty when not known: the list tells a plan's price in the organisation's own currency without naming
    it, and not what the customer pays in."""


def estimate(customer: ListedCustomer, held: ListedSubscription) -> Estimate | None:
    """The subscription's next invoice; None when none is coming.

    Autumn bills through Stripe: who is not a customer there gets no invoice.
    """
    at = moment(held.get("current_period_end")) or moment(held.get("trial_ends_at"))
    ends = moment(held.get("expires_at"))
    return None if at is None else _billed(customer, held, at, renews=ends is None or ends > at)


def last_billed(customer: ListedCustomer, held: ListedSubscription) -> Estimate | None:
    """The invoice with which the current period began; None for a subscription's first period, whose invoice
    came with the purchase."""
    at, began = moment(held.get("current_period_start")), moment(held.get("started_at"))
    if at is None or began is None or began >= at:
        return None
    return _billed(customer, held, at, renews=True)


def last_reset(row: ListedSource, began: datetime | None, now: datetime) -> datetime | None:
    """When a plan's balance was last reset; None when it never was, is overdue, or that cannot be said.

    `began`: when the customer got the plan.
    """
    reset = row.get("reset") or {}
    following = moment(reset.get("resets_at"))
    if following is None or began is None or following <= now:
        return None
    known = Reset(
        interval=reset.get("interval") or "",
        interval_count=reset.get("interval_count"),
        resets_at=following,
    )
    at = cycle_start(known, now)
    if at is None:
        return None
    if at.day == following.day < began.day and following.day == _last_day(following):
        # It resets at the end of a short month only for want of the day on which the plan began.
        at = at.replace(day=min(began.day, _last_day(at)))
    return at if began < at else None


def _last_day(at: datetime) -> int:
    return monthrange(at.year, at.month)[1]


def _billed(
    customer: ListedCustomer, held: ListedSubscription, at: datetime, *, renews: bool
) -> Estimate | None:
    if not customer.get("stripe_id") or held.get("status") == "scheduled":
        return None
    plan = held.get("plan")
    price = (plan or {}).get("price") or {}
    by_usage = plan is None or any(item.get("price") is not None for item in plan.get("items") or ())
    by_usage = by_usage or _usage_priced(customer, held.get("plan_id"))
    base = price.get("amount") if renews else None
    if not base and not by_usage:
        return None
    quantity = held.get("quantity")
    amount = base * (Decimal(1) if quantity is None else quantity) if base else None
    # Where a plan has prices in several currencies, the list does not tell which one the customer pays.
    currency = "" if price.get("additional_currencies") else price.get("currency") or ""
    return Estimate(at, amount, currency.lower())


def _usage_priced(customer: ListedCustomer, plan_id: str | None) -> bool:
    balances = (customer.get("balances") or {}).values()
    rows = (row for balance in balances for row in balance.get("breakdown") or ())
    return any(row.get("price") is not None and row.get("plan_id") == plan_id for row in rows)


def within(previews: Sequence[InvoicePreview], start: datetime, end: datetime) -> Iterator[InvoicePreview]:
    """Those of a customer's next invoices that come within this time."""
    for one in previews:
        if one.invoice_at is not None and start <= one.invoice_at <= end:
            yield one
