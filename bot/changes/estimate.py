"""What a customer's next invoices may come to with another coupon."""

import calendar
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot import money
from bot.autumn.models import Coupon, InvoicePreview, PreviewLine
from bot.changes.canon import ZERO
from bot.changes.model import Facts
from bot.lookups.answers import Billing


@dataclass(frozen=True, slots=True)
class Next:
    at: datetime | None
    currency: str
    before: Decimal
    after: Decimal


def estimates(facts: Facts, coupon: Coupon | None) -> tuple[Next, ...]:
    """The next invoices with `coupon` as the customer's own discount, or with none."""
    billing = facts.billing or Billing((), None)
    own = {one.id for one in billing.discounts if one.subscription_id is None}
    theirs = {one.id for one in billing.discounts if one.subscription_id is not None}
    return tuple(
        Next(
            preview.invoice_at,
            preview.currency,
            preview.total,
            # A subscription with a discount of its own ignores the customer's.
            preview.total if _has(preview, theirs) else _with(preview, own, coupon, facts.read_at),
        )
        for preview in billing.upcoming or ()
    )


def _has(preview: InvoicePreview, rewards: Collection[str]) -> bool:
    return any(off.reward_id in rewards for line in preview.line_items for off in line.discounts)


def _with(preview: InvoicePreview, own: Collection[str], coupon: Coupon | None, now: datetime) -> Decimal:
    lines = [(line, line.total + _taken(line, own)) for line in preview.line_items]
    without = preview.total + sum((_taken(line, own) for line in preview.line_items), ZERO)
    if coupon is None or _over(coupon, preview.invoice_at, now):
        return without
    return without - sum(_off(coupon, lines, preview.currency), ZERO)


def _taken(line: PreviewLine, rewards: Collection[str]) -> Decimal:
    return sum((off.amount_off or ZERO for off in line.discounts if off.reward_id in rewards), ZERO)


def _off(coupon: Coupon, lines: list[tuple[PreviewLine, Decimal]], currency: str) -> Iterator[Decimal]:
    left = coupon.value
    for line, total in lines:
        if total <= 0 or (coupon.plan_ids is not None and line.plan_id not in coupon.plan_ids):
            continue
        if coupon.type == "percentage_discount":
            yield money.rounded(total * coupon.value / 100, currency)
        else:
            yield min(left, total)
            left -= min(left, total)


def _over(coupon: Coupon, invoice_at: datetime | None, now: datetime) -> bool:
    """Whether it will have ended by the time of the invoice."""
    duration = coupon.duration
    if duration is None or duration.type != "months" or not duration.length or invoice_at is None:
        return False
    return _later(now, duration.length) <= invoice_at


def _later(at: datetime, months: int) -> datetime:
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, calendar.monthrange(year, month + 1)[1]))
