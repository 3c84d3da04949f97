"""A coupon on one subscription: why not, what it reaches, and whether it is there.

Autumn puts it on the subscription in Stripe that bills the product, next to other coupons there. A discount
that is read back names that subscription by Stripe's id, which Autumn gives for none of the customer's
subscriptions. So Maple adds a coupon only while none of them has it: one that appears is the one added.
"""

import json
from collections.abc import Iterator, Sequence

from bot.autumn.models import Coupon, InvoicePreview, Subscription
from bot.changes import canonical
from bot.changes.billing import quote, subscriptions
from bot.changes.billing.form import SubscriptionPicker
from bot.changes.common import joined
from bot.changes.lines import Line
from bot.changes.model import Facts, Judgement, Snapshot, Verdict
from bot.changes.notes import Note
from bot.changes.reward.rewards import appeared, coupon_of, name_of, own_discount, subscription_discounts
from bot.changes.reward.words import RewardLine, RewardNote
from bot.lookups.invoices import discounting
from bot.lookups.products.subscriptions import Cost, cost

_THERE = "attached"


def _is_billed(subscription: Subscription) -> bool:
    return cost(subscription) is not Cost.FREE


PICKER = SubscriptionPicker(lambda subscription, _facts: _is_billed(subscription))


def guard(reward_id: str, subscription_id: str, facts: Facts) -> Judgement:
    if not reward_id:
        return _no(RewardNote.NO_REWARD)
    coupon = coupon_of(reward_id, facts)
    if coupon is None:
        return _no(RewardNote.REWARD_UNKNOWN, reward=reward_id)
    subscription = subscriptions.changeable(subscription_id, facts)
    if isinstance(subscription, Note):
        return Judgement((subscription,))
    if not _is_billed(subscription):
        return _no(RewardNote.NOT_BILLED)
    if coupon.plan_ids is not None and subscription.plan_id not in coupon.plan_ids:
        return _no(RewardNote.NOT_FOR_PRODUCT, plans=joined(coupon.plan_ids))
    if _holders(coupon.id, facts):
        return _no(RewardNote.ALREADY_ATTACHED, name=name_of(coupon))
    if (refused := subscriptions.refused_quote(facts)) is not None:
        return Judgement((refused,))
    return Judgement((), tuple(_warnings(coupon, subscription, facts)))


def snapshot(reward_id: str, subscription_id: str, product: str, facts: Facts) -> Snapshot:
    held = subscriptions.snapshot(subscriptions.find(subscription_id, facts), product, facts)
    holders, own = json.dumps(_holders(reward_id, facts)), own_discount(facts)
    cycle = facts.quote.next_cycle if facts.quote else None
    total = canonical.number(cycle.total) if cycle else None
    figures = {_THERE: holders, "own": own.id if own else None, "next_total": total}
    return {**held, **figures, **quote.snapshot(facts)}


def preview(reward_id: str, product: str, facts: Facts) -> Iterator[Line]:
    coupon = coupon_of(reward_id, facts)
    yield Line(RewardLine.ATTACHED, None, name_of(coupon) if coupon else None, about=product)
    yield from quote.lines(facts)


def verify(before: Snapshot, after: Snapshot) -> Verdict:
    return appeared(before[_THERE], after[_THERE])


def is_there(after: Snapshot) -> bool:
    """On any subscription."""
    return bool(json.loads(after.get(_THERE) or "[]"))


def _warnings(coupon: Coupon, subscription: Subscription, facts: Facts) -> Iterator[Note]:
    upcoming = (facts.billing.upcoming if facts.billing else None) or ()
    invoices = [invoice for invoice in upcoming if subscription.plan_id in invoice.plan_ids]
    if other_plans := _billed_together(coupon, subscription, invoices):
        yield Note(RewardNote.BILLED_TOGETHER, {"products": joined(other_plans)})
    own, apart = own_discount(facts), subscription_discounts(facts)
    if own is not None and not any(discounting.has_own_discount(invoice, apart) for invoice in invoices):
        yield Note(RewardNote.OWN_STEPS_ASIDE, {"name": name_of(own)})
    if facts.quote is not None and facts.quote.next_cycle is None:
        yield Note(RewardNote.NO_EFFECT)
    yield Note(RewardNote.STAYS_ATTACHED)


def _billed_together(
    coupon: Coupon, subscription: Subscription, invoices: Sequence[InvoicePreview]
) -> list[str]:
    """Other products on the same invoice, which the coupon is for as well."""
    plans = dict.fromkeys(plan for invoice in invoices for plan in invoice.plan_ids)
    other_plans = [plan for plan in plans if plan != subscription.plan_id]
    return [plan for plan in other_plans if coupon.plan_ids is None or plan in coupon.plan_ids]


def _holders(reward_id: str, facts: Facts) -> list[str]:
    """Stripe's ids of the subscriptions that have it."""
    held = subscription_discounts(facts)
    return sorted(discount.subscription_id or "" for discount in held if discount.id == reward_id)


def _no(code: RewardNote, **details: str) -> Judgement:
    return Judgement((Note(code, details),))
