"""What a customer's next invoices may come to with another coupon.

Autumn's own previews take the customer's discount off each invoice by itself. In truth a coupon for one
invoice is spent on the earliest, invoice credit lasts until it is used up, and an amount counts only in its
own currency: the previews are corrected for that before they are compared.
"""

import calendar
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from bot import money
from bot.autumn.models import Coupon, Customer, Discount, InvoicePreview, PreviewLine
from bot.changes.canon import ZERO
from bot.changes.model import Facts
from bot.changes.rewards import coupon_of, own_discount
from bot.lookups.answers import Billing

_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Next:
    at: datetime | None
    currency: str
    before: Decimal
    after: Decimal
    without: Decimal
    """With no coupon of the customer's own."""
    apart: bool
    """Its subscription has a discount of its own, which keeps the customer's away."""


@dataclass(frozen=True, slots=True)
class _Offer:
    """A discount that the customer has or may get."""

    percent: bool
    value: Decimal
    currency: str
    """Of an amount; empty if not known, and then taken to be that of the invoice."""
    once: bool
    """For one invoice only."""
    rolls_over: bool
    """What one invoice leaves of it goes to the next."""
    ends: datetime | None = None
    plan_ids: Collection[str] | None = None


@dataclass(slots=True)
class _Left:
    """What is left of an offer after some invoices."""

    offer: _Offer
    value: Decimal
    used: bool = False

    def for_invoice(self, currency: str, at: datetime | None) -> Decimal:
        """Its value for this invoice: percent, or an amount."""
        offer = self.offer
        if (offer.once and self.used) or (at is not None and offer.ends is not None and offer.ends <= at):
            return ZERO
        if not offer.percent and offer.currency and offer.currency.upper() != currency.upper():
            return ZERO
        return self.value

    def spend(self, amount: Decimal) -> None:
        if amount > 0:
            self.used = True
            if self.offer.rolls_over:
                self.value -= amount


def estimates(facts: Facts, coupon: Coupon | None) -> tuple[Next, ...]:
    """The next invoices with `coupon` as the customer's own discount, or with none; in Autumn's order."""
    billing = facts.billing or Billing((), None)
    upcoming = billing.upcoming or ()
    own = own_discount(facts)
    theirs = {one.id for one in billing.discounts if one.subscription_id is not None}
    now = None if own is None else _left(_of_discount(own, facts))
    then = None if coupon is None else _left(_of_coupon(coupon, facts))
    found: dict[int, Next] = {}
    for index in sorted(range(len(upcoming)), key=lambda one: upcoming[one].invoice_at or _LAST):
        preview = upcoming[index]
        if _has(preview, theirs):
            total = preview.total
            found[index] = Next(preview.invoice_at, preview.currency, total, total, total, apart=True)
        else:
            found[index] = _next(preview, own, now, then)
    return tuple(found[index] for index in range(len(upcoming)))


def currency_of(facts: Facts) -> str:
    """The currency that the company's coupons are in: its own. Empty if nothing tells."""
    discounts = facts.billing.discounts if facts.billing else ()
    known = [one.currency for one in discounts if one.currency and one.type != "percentage_discount"]
    return next((one.upper() for one in (*known, *_of_prices(facts.customer)) if one), "")


def _of_prices(customer: Customer) -> Iterator[str]:
    """Autumn writes a plan's price in the company's own currency, whatever the customer pays in."""
    for held in customer.subscriptions:
        price = held.plan.price if held.plan else None
        if price is not None:
            yield price.currency
            yield money.currency_in(price.display.primary_text) if price.display else ""


def _of_discount(own: Discount, facts: Facts) -> _Offer:
    known = coupon_of(own.id, facts)
    return _Offer(
        percent=own.type == "percentage_discount",
        value=own.discount_value,
        currency=own.currency or "",
        once=own.duration_type == "one_off" and own.type != "invoice_credits",
        rolls_over=own.type == "invoice_credits",
        ends=own.end,
        plan_ids=known.plan_ids if known else None,
    )


def _of_coupon(coupon: Coupon, facts: Facts) -> _Offer:
    duration = coupon.duration
    months = duration.length if duration is not None and duration.type == "months" else None
    return _Offer(
        percent=coupon.type == "percentage_discount",
        value=coupon.value,
        currency=currency_of(facts),
        once=duration is not None and duration.type == "one_off" and coupon.type != "invoice_credits",
        rolls_over=coupon.type == "invoice_credits",
        ends=_later(facts.read_at, months) if months else None,
        plan_ids=coupon.plan_ids,
    )


def _left(offer: _Offer) -> _Left:
    return _Left(offer, offer.value)


def _next(preview: InvoicePreview, own: Discount | None, now: _Left | None, then: _Left | None) -> Next:
    """The lines are given back what the customer's discount takes off now, as far as it really does."""
    own_id = None if own is None else own.id
    taken = [_taken(line, own_id) for line in preview.line_items]
    without = preview.total + sum(taken, ZERO)
    before = without
    if now is not None:
        real = _allowed(now, sum(taken, ZERO), preview)
        now.spend(real)
        before -= real
    after = without
    if then is not None:
        lines = [(line, line.total + off) for line, off in zip(preview.line_items, taken, strict=True)]
        off = sum(_off(then, lines, preview), ZERO)
        then.spend(off)
        after -= off
    return Next(preview.invoice_at, preview.currency, before, after, without, apart=False)


def _has(preview: InvoicePreview, rewards: Collection[str]) -> bool:
    return any(off.reward_id in rewards for line in preview.line_items for off in line.discounts)


def _taken(line: PreviewLine, reward_id: str | None) -> Decimal:
    """Never more than the line was reduced by: Autumn may tell a larger share than the line had left."""
    if reward_id is None:
        return ZERO
    told = sum((off.amount_off or ZERO for off in line.discounts if off.reward_id == reward_id), ZERO)
    return min(told, line.subtotal - line.total) if line.subtotal > line.total else told


def _allowed(now: _Left, taken: Decimal, preview: InvoicePreview) -> Decimal:
    """How much of what Autumn's preview takes off will be taken off."""
    value = now.for_invoice(preview.currency, preview.invoice_at)
    if not value:
        return ZERO
    return taken if now.offer.percent else min(taken, value)


def _off(
    then: _Left, lines: Sequence[tuple[PreviewLine, Decimal]], preview: InvoicePreview
) -> Iterator[Decimal]:
    offer = then.offer
    left = then.for_invoice(preview.currency, preview.invoice_at)
    for line, total in lines:
        if total <= 0 or (offer.plan_ids is not None and line.plan_id not in offer.plan_ids):
            continue
        if offer.percent:
            yield money.rounded(total * left / 100, preview.currency)
        else:
            yield min(left, total)
            left -= min(left, total)


def _later(at: datetime, months: int) -> datetime:
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, calendar.monthrange(year, month + 1)[1]))
