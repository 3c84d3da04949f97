"""Cells and facts that several sections share.

All their days are on the billing calendar: the same for everyone, whatever the digest's zone.
"""

from datetime import datetime
from decimal import Decimal, InvalidOperation

from bot.digests import items
from bot.digests.items import ReportItem
from bot.digests.sections.section import Viewpoint
from bot.kit import blocks, layout, money, numbers, text, times
from bot.lookups import labels
from bot.lookups.invoices.facts import InvoiceState

NAME_LENGTH = 40
NO_AMOUNT = "not known"
_MOST_PLANS = 10
_STATUS_LENGTH = 30


# Facts


def customer(item: ReportItem, safe: layout.Safe) -> str:
    return safe(item.customer, NAME_LENGTH) or safe(item.customer_id or "", NAME_LENGTH) or labels.NO_NAME


def plan_names(item: ReportItem) -> list[str]:
    """The id if there is no name; not escaped yet."""
    stored = item.details.get(items.PLAN_NAMES)
    names = [str(name) for name in stored] if isinstance(stored, list | tuple) else []
    return [
        (names[index] if index < len(names) else "") or plan_id for index, plan_id in enumerate(item.plans)
    ]


def plans(item: ReportItem, safe: layout.Safe) -> str:
    return safe(", ".join(plan_names(item)[:_MOST_PLANS]), NAME_LENGTH)


def amount(item: ReportItem) -> str:
    """In words if there is no amount."""
    is_estimate = bool(item.details.get(items.ESTIMATE))
    if item.amount is None:
        return labels.BILLED_BY_USE if is_estimate else NO_AMOUNT
    formatted = money.money(item.amount, item.currency)
    return f"≈ {formatted}" if is_estimate else formatted


def units(item: ReportItem, name: str) -> Decimal | None:
    """How much of the feature is left (`REMAINING`) or was granted (`GRANTED`); None if unknown."""
    try:
        number = Decimal(detail(item, name))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def status(item: ReportItem, safe: layout.Safe) -> str:
    """The status of an invoice."""
    stored = detail(item, items.STATUS)
    try:
        state = InvoiceState(stored)
    except ValueError:
        return safe(stored, _STATUS_LENGTH)
    return labels.INVOICE_STATES.get(state, "")


def detail(item: ReportItem, name: str) -> str:
    return str(item.details.get(name) or "")


def feature(item: ReportItem, safe: layout.Safe) -> str:
    return safe(detail(item, items.FEATURE_NAME) or item.feature, NAME_LENGTH)


def left(item: ReportItem) -> str:
    """What is left of the feature: `1,500 of 10,000`; empty if unknown."""
    remaining, granted = units(item, items.REMAINING), units(item, items.GRANTED)
    if remaining is None:
        return ""
    return (
        f"{numbers.number(remaining)} of {numbers.number(granted)}" if granted else numbers.number(remaining)
    )


def day(item: ReportItem) -> str:
    """Empty if unknown."""
    return times.billing_day(item.at) if item.at else ""


def is_past(item: ReportItem, viewpoint: Viewpoint) -> bool:
    return item.at is not None and item.at < viewpoint.read_at


# Cells


def customer_cell(item: ReportItem) -> blocks.Cell:
    return blocks.cell(customer(item, text.literal))


def plans_cell(item: ReportItem) -> blocks.Cell:
    return blocks.cell(plans(item, text.literal))


def day_cell(at: datetime | None) -> blocks.Cell:
    """Sorts by time."""
    return blocks.quantity(times.milliseconds(at), times.billing_day(at)) if at else blocks.cell("")


def amount_cell(item: ReportItem) -> blocks.Cell:
    if item.amount is None:
        return blocks.cell(amount(item))
    return blocks.quantity(numbers.finite(item.amount), amount(item))
