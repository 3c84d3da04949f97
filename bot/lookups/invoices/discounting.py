"""How far a discount goes over a customer's coming invoices. Pure.

Autumn previews each invoice by itself: it takes the customer's coupon off every one of them, even a coupon
that is for one invoice, credit beyond what there is of it, and dollars off euros. Stripe spends a coupon for
one invoice on the earliest, Autumn carries over what is left of credit, and an amount counts only in its own
currency. `settled` corrects the previews for that, for everything that shows them.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from bot.autumn.models import Discount, InvoicePreview, LineDiscount, PreviewLine

_ZERO = Decimal(0)
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Offer:
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
class Left:
    """What is left of an offer after some invoices."""

    offer: Offer
    value: Decimal
    used: bool = False

    @classmethod
    def whole(cls, offer: Offer) -> "Left":
        return cls(offer, offer.value)

    def for_invoice(self, preview: InvoicePreview) -> Decimal:
        """Its value for this invoice: percent, or an amount."""
        offer, at = self.offer, preview.invoice_at
        if (offer.once and self.used) or (at is not None and offer.ends is not None and offer.ends <= at):
            return _ZERO
        if not offer.percent and offer.currency and offer.currency.upper() != preview.currency.upper():
            return _ZERO
        return self.value

    def spend(self, amount: Decimal) -> None:
        if amount > 0:
            self.used = True
            if self.offer.rolls_over:
                self.value -= amount


def own_discount(discounts: Iterable[Discount]) -> Discount | None:
    """The customer's own discount, of which Stripe keeps one; those of subscriptions are apart."""
    return next((one for one in discounts if one.subscription_id is None), None)


def earliest_first(previews: Sequence[InvoicePreview]) -> list[int]:
    """Their places in the list, in the order in which they will be made."""
    return sorted(range(len(previews)), key=lambda index: previews[index].invoice_at or _LAST)


def apart(preview: InvoicePreview, discounts: Iterable[Discount]) -> bool:
    """Whether its subscription has a discount of its own, which keeps the customer's away."""
    theirs = {one.id for one in discounts if one.subscription_id is not None}
    return any(off.reward_id in theirs for line in preview.line_items for off in line.discounts)


def taken(line: PreviewLine, reward_id: str) -> Decimal:
    """Never more than the line was reduced by: Autumn may tell a larger share than the line had left."""
    told = sum((off.amount_off or _ZERO for off in line.discounts if off.reward_id == reward_id), _ZERO)
    return min(told, line.subtotal - line.total) if line.subtotal > line.total else told


def doubtful(previews: Sequence[InvoicePreview]) -> bool:
    """Whether `settled` may have something to correct: a discount on several invoices, or an amount."""
    seen: set[str | None] = set()
    for preview in previews:
        found = [off for line in preview.line_items for off in line.discounts]
        rewards = {off.reward_id for off in found}
        if rewards & seen or any(off.percent_off is None for off in found):
            return True
        seen |= rewards
    return False


def settled(previews: Sequence[InvoicePreview], discounts: Sequence[Discount]) -> tuple[InvoicePreview, ...]:
    """The previews with the customer's own discount taken off as far as it goes, in the order given."""
    own = own_discount(discounts)
    if own is None:
        return tuple(previews)
    left = Left.whole(_offer(own))
    found = list(previews)
    for index in earliest_first(previews):
        if not apart(previews[index], discounts):
            found[index] = _settle(previews[index], own.id, left)
    return tuple(found)


def _offer(own: Discount) -> Offer:
    return Offer(
        percent=own.type == "percentage_discount",
        value=own.discount_value,
        currency=own.currency or "",
        once=own.duration_type == "one_off" and own.type != "invoice_credits",
        rolls_over=own.type == "invoice_credits",
        ends=own.end,
    )


def _settle(preview: InvoicePreview, reward_id: str, left: Left) -> InvoicePreview:
    told = sum((taken(line, reward_id) for line in preview.line_items), _ZERO)
    value = left.for_invoice(preview)
    real = min(told, value) if value and not left.offer.percent else told if value else _ZERO
    left.spend(real)
    if real == told:
        return preview
    lines = []
    for line in preview.line_items:
        was = taken(line, reward_id)
        off = min(was, real)
        real -= off
        lines.append(line if off == was else _with(line, reward_id, was, off))
    back = sum((line.total for line in lines), _ZERO) - sum((one.total for one in preview.line_items), _ZERO)
    return preview.model_copy(update={"total": preview.total + back, "line_items": lines})


def _with(line: PreviewLine, reward_id: str, was: Decimal, off: Decimal) -> PreviewLine:
    """The line with so much of the discount taken off instead."""
    others: list[LineDiscount] = [one for one in line.discounts if one.reward_id != reward_id]
    (mine, *_) = [one for one in line.discounts if one.reward_id == reward_id]
    kept = [mine.model_copy(update={"amount_off": off})] if off else []
    return line.model_copy(update={"total": line.total + was - off, "discounts": [*others, *kept]})
