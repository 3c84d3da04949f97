"""An estimate of a customer's next invoices with another coupon."""

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.autumn.models import Coupon, Discount, InvoicePreview, PreviewLine
from bot.changes.canonical import ZERO
from bot.changes.model import Facts
from bot.kit import money
from bot.lookups import names
from bot.lookups.answers import Billing
from bot.lookups.invoices.discounting import (
    Left,
    Offer,
    amount_taken,
    earliest_first,
    has_own_discount,
    own_discount,
)


@dataclass(frozen=True, slots=True)
class Next:
    at: datetime | None
    currency: str
    before: Decimal
    after: Decimal
    without: Decimal
    """With no coupon of the customer's own."""
    apart: bool
    """Its subscription has its own discount, which takes the place of the customer's."""


def estimates(facts: Facts, coupon: Coupon | None) -> tuple[Next, ...]:
    """The next invoices with `coupon` as the customer's own discount, or with none; in Autumn's order."""
    billing = facts.billing or Billing((), None)
    upcoming = billing.upcoming or ()
    own = own_discount(billing.discounts)
    then = None if coupon is None else Left.whole(_offer(coupon, facts))
    estimated: dict[int, Next] = {}
    for index in earliest_first(upcoming):
        preview = upcoming[index]
        if has_own_discount(preview, billing.discounts):
            total = preview.total
            estimated[index] = Next(preview.invoice_at, preview.currency, total, total, total, apart=True)
        else:
            estimated[index] = _next(preview, own, then)
    return tuple(estimated[position] for position in range(len(upcoming)))


def currency_of(facts: Facts) -> str:
    """The currency that the company's coupons are in: its own. Empty if unknown."""
    discounts = facts.billing.discounts if facts.billing else ()
    currencies = [discount.currency for discount in discounts if discount.type != "percentage_discount"]
    currencies.append(names.company_currency(facts.customer))
    return next((currency.upper() for currency in currencies if currency), "")


def _offer(coupon: Coupon, facts: Facts) -> Offer:
    duration = coupon.duration
    months = duration.length if duration is not None and duration.type == "months" else None
    return Offer(
        percent=coupon.type == "percentage_discount",
        value=coupon.value,
        currency=currency_of(facts),
        once=duration is not None and duration.type == "one_off" and coupon.type != "invoice_credits",
        rolls_over=coupon.type == "invoice_credits",
        ends=_later(facts.read_at, months) if months else None,
        plan_ids=coupon.plan_ids,
    )


def _next(preview: InvoicePreview, own: Discount | None, then: Left | None) -> Next:
    """The new coupon is taken off the lines as they are without the customer's present discount."""
    off_now = [(line, ZERO if own is None else amount_taken(line, own.id)) for line in preview.line_items]
    without = preview.total + sum((line_off for _, line_off in off_now), ZERO)
    after = without
    if then is not None:
        lines = [(line, line.total + line_off) for line, line_off in off_now]
        off = sum(_off(then, lines, preview), ZERO)
        then.spend(off)
        after -= off
    return Next(preview.invoice_at, preview.currency, preview.total, after, without, apart=False)


def _off(
    then: Left, lines: Sequence[tuple[PreviewLine, Decimal]], preview: InvoicePreview
) -> Iterator[Decimal]:
    offer = then.offer
    remaining = then.for_invoice(preview)
    for line, total in lines:
        if offer.plan_ids is not None and line.plan_id not in offer.plan_ids:
            continue
        billed = max(ZERO, total)
        if offer.percent:
            yield money.rounded(billed * remaining / 100, preview.currency)
        else:
            yield min(remaining, billed)
            remaining -= min(remaining, billed)


def _later(at: datetime, months: int) -> datetime:
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, calendar.monthrange(year, month + 1)[1]))
