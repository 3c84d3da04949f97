"""Upcoming invoices: when subscriptions are billed, and for how much.

Autumn previews the amount, one customer at a time. An estimate, the base price alone, decides whose preview
is asked for first, and stands in for a missing preview.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.autumn.bulk import ListedCustomer, ListedSubscription, moment
from bot.autumn.models import InvoicePreview
from bot.digests import items
from bot.digests.items import ReportItem, ScannedCustomer, ScanWindow, StoredItem, stored
from bot.digests.sections import cells
from bot.digests.sections.section import DigestSection, PlanNames, Timing, Viewpoint
from bot.digests.sections.subscriptions import SCHEDULED, subscription_item
from bot.kit import blocks, text

_KEY = "invoices"
_UNDATED = "date unknown"


@dataclass(frozen=True, slots=True)
class Estimate:
    at: datetime | None
    """None if Autumn gives no date."""
    amount: Decimal | None
    """The base price; None when only usage will be billed, and for an entity's product."""
    currency: str
    """Empty if unknown: Autumn's list has a plan's price in the organization's own currency, without its
    name."""
    of_entity: bool = False
    """Autumn lists the products of a customer's entities without their price and number."""


def of_preview(customer: ScannedCustomer, preview: InvoicePreview, plan_names: PlanNames) -> StoredItem:
    """The row that replaces an estimate."""
    return stored(
        _KEY,
        customer,
        at=preview.invoice_at,
        amount=preview.total,
        currency=preview.currency.lower(),
        plans=preview.plan_ids,
        details={
            items.PLAN_NAMES: [plan_names.get(plan, plan) for plan in preview.plan_ids],
            items.LINES: len(preview.line_items),
        },
    )


def within(previews: Sequence[InvoicePreview], start: datetime, end: datetime) -> Iterator[InvoicePreview]:
    """A customer's next invoices that are due in this time, or whose date Autumn does not give."""
    for preview in previews:
        if preview.invoice_at is None or start <= preview.invoice_at <= end:
            yield preview


def estimate(customer: ListedCustomer, subscription: ListedSubscription) -> Estimate | None:
    """The subscription's next invoice, if there will be one.

    Autumn bills through Stripe, so a customer who is unknown there gets no invoice.
    """
    at = moment(subscription.get("current_period_end")) or moment(subscription.get("trial_ends_at"))
    if subscription.get("status") == SCHEDULED:
        # Its first one.
        at = moment(subscription.get("trial_ends_at")) or moment(subscription.get("started_at"))
        return _billed(customer, subscription, at, renews=True)
    if at is None and (not _of_entity(subscription) or subscription.get("auto_enable")):
        # Free.
        return None
    ends = moment(subscription.get("expires_at"))
    renews = ends is None or (at is not None and ends > at)
    return _billed(customer, subscription, at, renews=renews)


def last_billed(customer: ListedCustomer, subscription: ListedSubscription) -> Estimate | None:
    """The invoice at the start of the current period; None in a subscription's first period, which was
    invoiced with the purchase."""
    at, began = moment(subscription.get("current_period_start")), moment(subscription.get("started_at"))
    if at is None or began is None or began >= at or subscription.get("status") == SCHEDULED:
        return None
    return _billed(customer, subscription, at, renews=True)


def _collect(customer: ListedCustomer, window: ScanWindow) -> Iterator[StoredItem]:
    for subscription in customer.get("subscriptions") or ():
        coming = estimate(customer, subscription)
        if coming is not None and (coming.at is None or coming.at in window):
            yield _estimated(customer, subscription, coming)
        last = last_billed(customer, subscription)
        if last is not None and window.passed(last.at):
            yield _estimated(customer, subscription, last, passed=True)


def _estimated(
    customer: ListedCustomer, subscription: ListedSubscription, expected: Estimate, *, passed: bool = False
) -> StoredItem:
    by_entity_or_later = expected.of_entity or subscription.get("status") == SCHEDULED
    details = {
        items.ESTIMATE: not expected.of_entity,
        items.PASSED: passed,
        # An entity's product without a date is most likely free: previews that don't name it replace it too.
        items.ONLY_IF_NAMED: by_entity_or_later and expected.at is not None,
    }
    return subscription_item(
        _KEY,
        customer,
        subscription,
        expected.at,
        amount=expected.amount,
        currency=expected.currency,
        details={name: True for name, is_so in details.items() if is_so},
    )


def _billed(
    customer: ListedCustomer, subscription: ListedSubscription, at: datetime | None, *, renews: bool
) -> Estimate | None:
    if not customer.get("stripe_id"):
        return None
    if _of_entity(subscription):
        return Estimate(at, None, "", of_entity=True) if renews else None
    plan = subscription.get("plan")
    price = (plan or {}).get("price") or {}
    by_usage = plan is None
    if plan is not None and subscription.get("status") != SCHEDULED:
        by_usage = any(item.get("price") is not None for item in plan.get("items") or ())
        by_usage = by_usage or _usage_priced(customer, subscription.get("plan_id"))
    base = price.get("amount") if renews else None
    if not base and not by_usage:
        return None
    quantity = subscription.get("quantity")
    amount = base * (Decimal(1) if quantity is None else quantity) if base else None
    # If a plan has prices in several currencies, the list does not tell which one the customer pays.
    currency = "" if price.get("additional_currencies") else price.get("currency") or ""
    return Estimate(at, amount, currency.lower())


def _of_entity(subscription: ListedSubscription) -> bool:
    return subscription.get("scope") == "entity"


def _usage_priced(customer: ListedCustomer, plan_id: str | None) -> bool:
    balances = (customer.get("balances") or {}).values()
    rows = (row for balance in balances for row in balance.get("breakdown") or ())
    return any(row.get("price") is not None and row.get("plan_id") == plan_id for row in rows)


def _cells(item: ReportItem, _seen: Viewpoint) -> list[blocks.Cell]:
    return [
        cells.customer_cell(item),
        cells.plans_cell(item),
        cells.day_cell(item.at) if item.at else blocks.cell(_UNDATED),
        cells.amount_cell(item),
    ]


def _facts(item: ReportItem, viewpoint: Viewpoint) -> list[str]:
    day = cells.day(item) or _UNDATED
    return [
        cells.plans(item, text.mrkdwn),
        f"was due {day}" if cells.is_past(item, viewpoint) else day,
        cells.amount(item),
    ]


SECTION = DigestSection(
    key=_KEY,
    title="Upcoming invoices",
    hint="What will be charged, from Autumn's own previews",
    short_name="invoices",
    unit=("invoice", "invoices"),
    none_text="no upcoming invoices",
    columns=("Customer", "Products", "When", "Amount"),
    cells=_cells,
    facts=_facts,
    timing=Timing.WITHIN_WINDOW,
    collect=_collect,
    money=True,
    first="next",
    upcoming=True,
)
