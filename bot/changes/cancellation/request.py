"""A cancellation, as it is requested, and why it is refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, assert_never

from pydantic import AwareDatetime

from bot.autumn.models import Customer, Purchase, Subscription
from bot.autumn.write import Write
from bot.changes import canonical
from bot.changes.billing import quote, subscriptions
from bot.changes.billing.subscriptions import listed_subscription
from bot.changes.billing.words import BillingNote
from bot.changes.cancellation import words
from bot.changes.cancellation.words import CancellationAction, CancellationNote, Settlement
from bot.changes.canonical import ZERO, same_time
from bot.changes.common import entity_of, identity_refusals, joined
from bot.changes.line_form import LineForm, LineReader
from bot.changes.model import ChangeInput, Facts, Judgement, Snapshot
from bot.changes.notes import CommonNote, Note
from bot.lookups.products.subscriptions import Cost, cost

_PICKED = "#bought:"
"""Before the product's id, in the field where a subscription is picked."""
REFUNDS = (Settlement.REFUND_UNUSED, Settlement.REFUND_ALL)


class CancellationInput(ChangeInput):
    kind: Literal["cancellation"] = "cancellation"
    subscription: str
    """Its id; empty for a one-time purchase."""
    product: str
    """The id of its plan."""
    action: CancellationAction
    settlement: Settlement | None = None
    """Only for NOW, and not for a one-time purchase."""
    one_time: bool = False
    """Whether it is a one-time purchase, which is removed now. No money moves."""
    bought_at: AwareDatetime | None = None
    """For the undo of a purchase: when that one was bought."""


# One-time purchases: Autumn gives them no id, so one is meant by its product alone


def offered_purchases(facts: Facts) -> list[Subscription]:
    """As entries of the form, each product once."""
    return list(
        {purchase.plan_id: _listed_purchase(purchase) for purchase in subscriptions.purchases(facts)}.values()
    )


def any_purchase_removable(customer: Customer) -> bool:
    """Whether one may be: the customer's own, or one of their entities'."""
    plans = [purchase.plan_id for purchase in customer.purchases if purchase.scope != "entity"]
    return len(plans) < len(customer.purchases) or any(plans.count(plan_id) == 1 for plan_id in plans)


def purchase_meant(picked: str) -> str:
    """The id of the product; empty for a subscription."""
    return picked.removeprefix(_PICKED) if picked.startswith(_PICKED) else ""


def removable_purchase(plan_id: str, facts: Facts) -> Subscription | Note:
    """The purchase, or why it cannot be removed. By its product Autumn removes the newest that it finds."""
    bought = [purchase for purchase in subscriptions.purchases(facts) if purchase.plan_id == plan_id]
    if not bought:
        return Note(CancellationNote.PURCHASE_GONE)
    subscribed = any(subscription.plan_id == plan_id for subscription in subscriptions.own(facts))
    if subscribed or len(bought) > 1:
        return Note(CancellationNote.BOUGHT_TWICE)
    return _listed_purchase(bought[0])


def purchase_removal(request: ChangeInput, plan_id: str) -> Write:
    body = {
        "customer_id": request.customer,
        "plan_id": plan_id,
        **entity_of(request),
        "cancel_action": "cancel_immediately",
    }
    return Write("billing.update", "POST", "/v1/billing.update", body, per_customer=True)


def purchase_snapshot(plan_id: str, facts: Facts) -> Snapshot:
    bought = sum(purchase.plan_id == plan_id for purchase in subscriptions.purchases(facts))
    return {"of_product": str(bought)}


def _listed_purchase(purchase: Purchase) -> Subscription:
    return Subscription(
        id=f"{_PICKED}{purchase.plan_id}",
        plan_id=purchase.plan_id,
        plan=purchase.plan,
        add_on=True,
        started_at=purchase.started_at,
    )


# Why not, and what to know before it


def guard(request: CancellationInput, facts: Facts) -> Judgement:
    if notes := identity_refusals(request, facts, old_ids=True):
        return Judgement(notes)
    subscription = (
        removable_purchase(request.product, facts)
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
            free = cost(subscription) is Cost.FREE
            return Note(CancellationNote.FREE_HAS_NO_PERIOD) if free else None
        case CancellationAction.NOW:
            if request.settlement is None:
                return Note(CancellationNote.NO_SETTLEMENT)
            refund = facts.quote.refund if facts.quote else None
            empty = facts.quote is not None and (refund is None or refund.amount <= 0)
            return (
                Note(CancellationNote.NOTHING_TO_REFUND) if empty and request.settlement in REFUNDS else None
            )
        case _:
            assert_never(request.action)


def _warnings(request: CancellationInput, subscription: Subscription, facts: Facts) -> Iterator[Note]:
    if (switch := subscriptions.scheduled_switch(subscription, facts)) is not None:
        yield Note(BillingNote.DROPS_SWITCH, {"product": switch.plan_id})
    if request.action is CancellationAction.TAKE_BACK:
        return
    follows = quote.following(subscription.plan_id, facts)
    if facts.quote is not None and follows is None and not subscription.add_on:
        yield Note(_without_successor(subscription, facts))
    if not subscription.add_on:
        yield from subscriptions.add_ons_at_risk(facts)
    yield from _add_ons_that_go_on(subscription, facts)
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
    return not subscription.add_on and cost(subscription) is Cost.FREE


def _without_successor(subscription: Subscription, facts: Facts) -> CancellationNote:
    switch = subscriptions.scheduled_switch(subscription, facts)
    others = (held for held in subscriptions.own(facts) if held is not subscription and held is not switch)
    if any(not held.add_on for held in others):
        return CancellationNote.NO_SUCCESSOR
    return CancellationNote.ENTITY_SHARES if facts.scope else CancellationNote.NO_PRODUCT_LEFT


def _add_ons_that_go_on(subscription: Subscription, facts: Facts) -> Iterator[Note]:
    """Those that run alongside it, and are not cancelled themselves."""
    add_ons = [
        held
        for held in facts.customer.subscriptions
        if held.add_on and not subscription.add_on and held.status != "scheduled" and held.canceled_at is None
    ]
    if add_ons:
        billed = [held.plan_id for held in add_ons if cost(held) is Cost.PAID]
        others = [held.plan_id for held in add_ons if held.plan_id not in billed]
        products = {"products": joined(billed), "others": joined(others)}
        yield Note(CancellationNote.ADD_ONS_GO_ON, products)


def _overage(subscription: Subscription, facts: Facts) -> Iterator[tuple[str, Decimal]]:
    for balance in facts.customer.balances.values():
        rows = [row for row in balance.breakdown if row.plan_id == subscription.plan_id]
        by_use = [row for row in rows if row.billed_by_use]
        units = sum((row.overage for row in by_use), ZERO)
        if units:
            yield balance.feature_id, units


# As a line of a list


_ACTIONS = {
    (CancellationAction.AT_PERIOD_END, None): ("at the end", "at the end of the period"),
    (CancellationAction.TAKE_BACK, None): ("take back", "take the cancellation back"),
    (CancellationAction.NOW, Settlement.CREDIT): ("now with credit",),
    (CancellationAction.NOW, Settlement.REFUND_UNUSED): ("now with refund of the unused time",),
    (CancellationAction.NOW, Settlement.REFUND_ALL): ("now with refund of the last payment",),
    (CancellationAction.NOW, Settlement.NOTHING): ("now with nothing",),
}


@dataclass(frozen=True, slots=True)
class ListedCancellation:
    product: str
    action: CancellationAction
    settlement: Settlement | None


def read_line(line: LineReader) -> ListedCancellation:
    line.takes_no_amount()
    action, settlement = line.action(_ACTIONS)
    return ListedCancellation(line.about("product"), action, settlement)


def fill_line(listed: ListedCancellation, facts: Facts, unique: str) -> CancellationInput | Note:  # noqa: ARG001 - as all kinds
    subscription = listed_subscription(listed.product, facts)
    if isinstance(subscription, Note):
        return subscription
    return CancellationInput(
        customer=facts.customer.id or "",
        subscription=subscription.id,
        product=subscription.plan_id,
        action=listed.action,
        settlement=listed.settlement,
    )


LINE = LineForm(words.LINE_USAGE, read_line, fill_line)
