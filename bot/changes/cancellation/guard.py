"""Why a subscription cannot be cancelled, and what to know before it is."""

from collections.abc import Iterator
from decimal import Decimal
from typing import assert_never

from bot.autumn.models import Subscription
from bot.changes import canonical
from bot.changes.billing import quote, subscriptions
from bot.changes.billing.words import BillingNote
from bot.changes.cancellation import purchases
from bot.changes.cancellation.input import CancellationInput
from bot.changes.cancellation.words import CancellationAction, CancellationNote, Settlement
from bot.changes.canonical import ZERO, same_time
from bot.changes.common import identity_refusals, joined
from bot.changes.common_notes import CommonNote
from bot.changes.model import Facts, Judgement
from bot.changes.notes import Note
from bot.lookups.products.subscriptions import is_free

REFUNDS = (Settlement.REFUND_UNUSED, Settlement.REFUND_ALL)


def guard(request: CancellationInput, facts: Facts) -> Judgement:
    if notes := identity_refusals(request, facts, old_ids=True):
        return Judgement(notes)
    subscription = (
        purchases.removable(request.product, facts)
        if request.one_time
        else subscriptions.changeable(request.subscription, facts)
    )
    if isinstance(subscription, Note):
        return Judgement((subscription,))
    refusal = _refusal(request, subscription, facts) or subscriptions.refused_quote(facts)
    if refusal is not None:
        return Judgement((refusal,))
    return Judgement((), tuple(_warnings(request, subscription, facts)))


def _refusal(request: CancellationInput, subscription: Subscription, facts: Facts) -> Note | None:
    if request.one_time:
        if request.bought_at is not None and not same_time(request.bought_at, subscription.started_at):
            return Note(CancellationNote.PURCHASE_GONE)
        return None if request.action is CancellationAction.NOW else Note(CancellationNote.ONE_TIME_ENDS_NOW)
    match request.action:
        case CancellationAction.TAKE_BACK:
            return None if subscription.canceled_at else Note(CancellationNote.NOT_CANCELLED)
        case CancellationAction.AT_PERIOD_END:
            if subscriptions.cancels(subscription, facts):
                at = canonical.time_or_none(subscription.expires_at) or ""
                return Note(CancellationNote.ALREADY_CANCELLED, {"at": at})
            free = subscription.plan is not None and is_free(subscription.plan)
            return Note(CancellationNote.FREE_HAS_NO_PERIOD) if free else None
        case CancellationAction.NOW:
            if request.settlement is None:
                return Note(CancellationNote.NO_SETTLEMENT)
            refund = facts.quote.refund if facts.quote else None
            empty = facts.quote is not None and (refund is None or refund.amount <= 0)
            return (
                Note(CancellationNote.NOTHING_TO_REFUND) if empty and request.settlement in REFUNDS else None
            )
        case _:  # pragma: no cover - mypy sees to it that there is no other action
            assert_never(request.action)


def _warnings(request: CancellationInput, subscription: Subscription, facts: Facts) -> Iterator[Note]:
    if (switch := subscriptions.scheduled_switch(subscription, facts)) is not None:
        yield Note(BillingNote.DROPS_SWITCH, {"product": switch.plan_id})
    if request.action is CancellationAction.TAKE_BACK:
        return
    follows = quote.following(subscription.plan_id, facts)
    if facts.quote is not None and follows is None and not subscription.add_on:
        code = CancellationNote.ENTITY_SHARES if facts.scope else CancellationNote.NO_PRODUCT_LEFT
        yield Note(code)
    if not subscription.add_on:
        yield from subscriptions.add_ons_at_risk(facts)
    if add_ons := _add_ons(subscription, facts):
        yield Note(CancellationNote.ADD_ONS_GO_ON, {"products": joined(add_ons)})
    if request.action is CancellationAction.NOW:
        yield from _right_away(request, subscription, facts)
    elif subscription.past_due:
        yield Note(CancellationNote.SETTLED_OTHERWISE)


def _right_away(request: CancellationInput, subscription: Subscription, facts: Facts) -> Iterator[Note]:
    for feature, units in _overage(subscription, facts):
        yield Note(CancellationNote.USAGE_UNBILLED, {"feature": feature, "units": canonical.number(units)})
    yield Note(CancellationNote.BALANCES_LOST)
    if request.one_time:
        yield Note(CancellationNote.NO_MONEY_BACK)
    elif request.settlement is not Settlement.NOTHING:
        if subscription.past_due:
            yield Note(CancellationNote.CREDIT_FOR_UNPAID)
        yield Note(BillingNote.SHOWN_BY_TIME)
    refund = facts.quote.refund if facts.quote else None
    if refund is not None:
        figures = {
            "total": canonical.number(refund.invoice.total),
            "refunded": canonical.number(refund.invoice.current_refunded_amount),
            "currency": refund.invoice.currency,
        }
        yield Note(CancellationNote.REFUNDED_INVOICE, figures)
    yield Note(CancellationNote.USAGE_IS_LOST if free_main(subscription) else CommonNote.NO_UNDO)


def free_main(subscription: Subscription) -> bool:
    """Whether giving the product again undoes its end: nothing is billed for it."""
    return not subscription.add_on and subscription.plan is not None and is_free(subscription.plan)


def _add_ons(subscription: Subscription, facts: Facts) -> list[str]:
    """Those that run beside it and stay."""
    return [
        each.plan_id
        for each in facts.customer.subscriptions
        if each.add_on and not subscription.add_on and each.status != "scheduled"
    ]


def _overage(subscription: Subscription, facts: Facts) -> Iterator[tuple[str, Decimal]]:
    for balance in facts.customer.balances.values():
        rows = [row for row in balance.breakdown if row.plan_id == subscription.plan_id]
        by_use = [row for row in rows if row.price and row.price.billing_method == "usage_based"]
        units = sum((row.overage for row in by_use), ZERO)
        if units:
            yield balance.feature_id, units
