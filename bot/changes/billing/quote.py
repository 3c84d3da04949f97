"""Autumn's own preview of a change: as lines on the form and the card, and whether it still holds."""

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from bot.access.limits import Worth, worth_in
from bot.autumn.models import PlanMove, Quote
from bot.changes import canonical
from bot.changes.billing import words
from bot.changes.billing.words import BillingLine
from bot.changes.canonical import ZERO
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import Facts, Snapshot
from bot.kit import money as kit_money

_MOST_LINES = 8
_QUOTE = "quote:"
_TOLERANCE = Decimal("0.02")
_RELATIVE = Decimal("0.001")


def snapshot(facts: Facts) -> Snapshot:
    """Empty before the quote was asked for, and when a change is read back."""
    quote = facts.quote
    if quote is None:
        return {}
    refund = quote.refund
    return {
        f"{_QUOTE}at": canonical.time_or_none(facts.quoted_at),
        f"{_QUOTE}currency": _currency(quote),
        f"{_QUOTE}lines": json.dumps(
            [[line.plan_id, line.feature_id, canonical.number(line.total)] for line in quote.line_items]
        ),
        f"{_QUOTE}total": canonical.number(quote.total),
        f"{_QUOTE}refund": canonical.number(refund.amount) if refund else None,
        f"{_QUOTE}invoice": refund.invoice.stripe_id if refund else None,
        f"{_QUOTE}refunded": canonical.number(refund.invoice.current_refunded_amount) if refund else None,
        f"{_QUOTE}checkout": "yes" if quote.redirect_to_checkout else None,
    }


def money_moved(before: Snapshot) -> Decimal | None:
    """The amount charged, credited or refunded now, for the policy: without its sign. None if unknown."""
    if f"{_QUOTE}lines" not in before:
        return None
    if (refund := before[f"{_QUOTE}refund"]) is not None:
        return Decimal(refund)
    return abs(kit_money.rounded(_billed(before), before[f"{_QUOTE}currency"] or ""))


def worth(amount: Decimal | None, before: Snapshot) -> Worth | None:
    """`money_moved` with its currency."""
    return worth_in(amount, before.get(f"{_QUOTE}currency"))


def holds(previewed: Snapshot, current: Snapshot) -> bool:
    """Whether this is still the change that was previewed. Prorated amounts may shrink with the time left;
    everything else must be equal."""
    fixed = ("currency", "invoice", "refunded", "checkout")
    if _other(previewed) != _other(current) or any(
        previewed.get(_QUOTE + name) != current.get(_QUOTE + name) for name in fixed
    ):
        return False
    amounts, amounts_now = _amounts(previewed), _amounts(current)
    if [about for about, _ in amounts] != [about for about, _ in amounts_now]:
        return False
    if not amounts:
        return True
    share_left = _share_left(previewed, current)
    pairs = zip(amounts, amounts_now, strict=True)
    return _no_more(previewed, current) and all(
        _drifted(was, now, share_left) for (_, was), (_, now) in pairs
    )


def lines(facts: Facts) -> Iterator[Line]:
    quote = facts.quote
    if quote is None:
        return
    currency = _currency(quote)

    def money(label: BillingLine, amount: Decimal, about: str = "") -> Line:
        value = canonical.number(kit_money.rounded(amount, currency))
        return Line(label, None, value, ValueFormat.MONEY, currency=currency, about=about)

    for line in quote.line_items[:_MOST_LINES]:
        yield money(BillingLine.CHARGE, line.total, line.description or line.display_name)
    if more := quote.line_items[_MOST_LINES:]:
        total = sum((line.total for line in more), ZERO)
        yield money(BillingLine.CHARGE, total, words.more_charges(len(more)))
    if quote.refund is not None:
        yield money(BillingLine.REFUND, quote.refund.amount)
    elif credit := _paid_from_credit(quote, currency):
        yield money(BillingLine.TOTAL, quote.total + credit)
        yield money(BillingLine.PAID_FROM_CREDIT, credit)
        yield money(BillingLine.CHARGED, quote.total)
    else:
        yield money(BillingLine.TOTAL, quote.total)
    if quote.next_cycle is not None:
        at = canonical.time_or_none(quote.next_cycle.starts_at) or ""
        by_use = bool(quote.next_cycle.usage_line_items)
        label = BillingLine.NEXT_BEFORE_USAGE if by_use else BillingLine.NEXT_TOTAL
        yield money(label, quote.next_cycle.total, at)


def incoming(plan_id: str, facts: Facts) -> PlanMove | None:
    """This product, as the change brings it or leaves it."""
    moves = facts.quote.incoming if facts.quote else []
    return next((move for move in moves if move.plan_id == plan_id), None)


def following(plan_id: str, facts: Facts) -> PlanMove | None:
    """The first other product that the change brings."""
    moves = facts.quote.incoming if facts.quote else []
    return next((move for move in moves if move.plan_id != plan_id), None)


def _currency(quote: Quote) -> str:
    return (quote.currency or (quote.refund.invoice.currency if quote.refund else "")).upper()


def _paid_from_credit(quote: Quote, currency: str) -> Decimal:
    """By how much Autumn's total is below the sum of its lines, if the customer's credit explains it."""
    kept = quote.invoice_credits
    if kept is None or kept.currency.upper() != currency:
        return ZERO
    billed = kit_money.rounded(sum((line.total for line in quote.line_items), ZERO), currency)
    paid = billed - kit_money.rounded(quote.total, currency)
    return paid if paid > 0 and paid == kit_money.rounded(min(billed, kept.balance), currency) else ZERO


def _other(snapshot: Snapshot) -> Snapshot:
    return {name: value for name, value in snapshot.items() if not name.startswith(_QUOTE)}


def _lines(snapshot: Snapshot) -> list[tuple[tuple[str | None, str | None], Decimal]]:
    listed = json.loads(snapshot.get(f"{_QUOTE}lines") or "[]")
    return [((plan_id, feature_id), Decimal(amount)) for plan_id, feature_id, amount in listed]


def _amounts(snapshot: Snapshot) -> list[tuple[tuple[str | None, str | None], Decimal]]:
    refund = snapshot.get(f"{_QUOTE}refund")
    return [*_lines(snapshot), *([((_QUOTE, None), Decimal(refund))] if refund is not None else [])]


def _billed(snapshot: Snapshot) -> Decimal:
    return sum((amount for _, amount in _lines(snapshot)), ZERO)


def _share_left(previewed: Snapshot, current: Snapshot) -> Decimal:
    """The share (1 to 0) still left of the time that remained at the preview; 1 if that is unknown."""
    end = _time(current.get("period_end"))
    then, now = (_time(snapshot[f"{_QUOTE}at"]) for snapshot in (previewed, current))
    if end is None or then is None or now is None:
        return Decimal(1)
    before = Decimal((end - then).total_seconds())
    return max(ZERO, min(Decimal(1), Decimal((end - now).total_seconds()) / before)) if before else ZERO


def _time(stored: str | None) -> datetime | None:
    return None if stored is None else datetime.fromisoformat(stored)


def _drifted(was: Decimal, now: Decimal, share_left: Decimal) -> bool:
    """Whether the amount is unchanged, or shrank only with time."""
    low, high = sorted((was, was * share_left))
    tolerance = _TOLERANCE + _RELATIVE * abs(was)
    return low - tolerance <= now <= high + tolerance


def _no_more(previewed: Snapshot, current: Snapshot) -> bool:
    """Whether no more is charged to the card than was shown: less credit in Stripe would make it more."""
    was, now = (Decimal(snapshot[f"{_QUOTE}total"] or 0) for snapshot in (previewed, current))
    return now <= max(was, was + _billed(current) - _billed(previewed)) + _TOLERANCE
