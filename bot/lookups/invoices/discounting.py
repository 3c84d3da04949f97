"""How far a discount goes across a customer's coming invoices. Pure.

Autumn previews each invoice on its own: it takes the customer's coupon off every one of them, even a coupon
for one invoice, more credit than is left, and dollars off euros. Stripe spends a coupon for one invoice on
the earliest, Autumn carries over what is left of credit, and an amount counts only in its own currency.
`settled` corrects the previews for that, for everything that shows them.
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
    """The customer's own discount, of which Stripe keeps one; those of subscriptions are separate."""
    return next((discount for discount in discounts if discount.subscription_id is None), None)


def earliest_first(previews: Sequence[InvoicePreview]) -> list[int]:
    """Their places in the list, in the order in which they will be made."""
    return sorted(range(len(previews)), key=lambda index: previews[index].invoice_at or _LAST)


def has_own_discount(preview: InvoicePreview, discounts: Iterable[Discount]) -> bool:
    """Whether its subscription has its own discount, which takes the place of the customer's."""
    reward_ids = {discount.id for discount in discounts if discount.subscription_id is not None}
    return any(
        discount_taken.reward_id in reward_ids
        for line in preview.line_items
        for discount_taken in line.discounts
    )


def amount_taken(line: PreviewLine, reward_id: str) -> Decimal:
    """Never more than the line was reduced by: Autumn may state a larger share than the line had left."""
    amount = sum((off.amount_off or _ZERO for off in line.discounts if off.reward_id == reward_id), _ZERO)
    return min(amount, line.subtotal - line.total) if line.subtotal > line.total else amount


def doubtful(previews: Sequence[InvoicePreview]) -> bool:
    """Whether `settled` may have something to correct: a discount on several invoices, or an amount."""
    earlier: set[str | None] = set()
    for preview in previews:
        discounts = [discount for line in preview.line_items for discount in line.discounts]
        rewards = {discount.reward_id for discount in discounts}
        if rewards & earlier or any(discount.percent_off is None for discount in discounts):
            return True
        earlier |= rewards
    return False


def settled(previews: Sequence[InvoicePreview], discounts: Sequence[Discount]) -> tuple[InvoicePreview, ...]:
    """The previews with the customer's own discount taken off as far as it goes, in the order given."""
    own = own_discount(discounts)
    if own is None:
        return tuple(previews)
    left = Left.whole(_offer(own))
    corrected = list(previews)
    for index in earliest_first(previews):
        if not has_own_discount(previews[index], discounts):
            corrected[index] = _settle(previews[index], own.id, left)
    return tuple(corrected)


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
    previewed = sum((amount_taken(item, reward_id) for item in preview.line_items), _ZERO)
    value = left.for_invoice(preview)
    allowed = min(previewed, value) if value and not left.offer.percent else previewed if value else _ZERO
    left.spend(allowed)
    if allowed == previewed:
        return preview
    lines = []
    for line in preview.line_items:
        line_amount = amount_taken(line, reward_id)
        line_allowed = min(line_amount, allowed)
        allowed -= line_allowed
        lines.append(
            line if line_allowed == line_amount else _with(line, reward_id, line_amount, line_allowed)
        )
    back = sum((settled.total for settled in lines), _ZERO) - sum(
        (item.total for item in preview.line_items), _ZERO
    )
    return preview.model_copy(update={"total": preview.total + back, "line_items": lines})


def _with(line: PreviewLine, reward_id: str, previewed: Decimal, allowed: Decimal) -> PreviewLine:
    """The line with so much of the discount taken off instead."""
    other_discounts: list[LineDiscount] = [
        discount for discount in line.discounts if discount.reward_id != reward_id
    ]
    (own, *_) = [discount for discount in line.discounts if discount.reward_id == reward_id]
    own_remaining = [own.model_copy(update={"amount_off": allowed})] if allowed else []
    return line.model_copy(
        update={"total": line.total + previewed - allowed, "discounts": [*other_discounts, *own_remaining]}
    )
