"""Giving a plan to a customer or an entity, now or at the end of the period of the one it replaces."""

from dataclasses import dataclass, field

from sandbox.autumn import invoices, products, rewards
from sandbox.autumn.billing import subjects
from sandbox.autumn.billing.effects import Effects, coming, going, prorated, unused
from sandbox.autumn.errors import ApiError
from sandbox.autumn.model import Json, LocalCustomer, LocalDiscount, LocalPlan, Product, Reward, Row
from sandbox.autumn.numbers import clean
from sandbox.autumn.state import AutumnState

_MONTHS = {"week": 0.25, "month": 1, "quarter": 3, "semi_annual": 6, "year": 12}


@dataclass(frozen=True, slots=True)
class CarryOver:
    """What is kept of the plan that is replaced: nothing, unless it is asked for."""

    balances: bool = False
    usages: bool = False
    balance_features: list[str] | None = None
    usage_features: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Attach:
    plan: LocalPlan
    entity_id: str | None = None
    subscription_id: str | None = None
    bought: dict[str, float] = field(default_factory=dict)
    schedule: str | None = None
    """immediate or end_of_cycle; None for what fits."""
    trial: bool = False
    charged: bool = True
    own_subscription: bool = False
    discounts: list[Reward] = field(default_factory=list)
    carry: CarryOver = CarryOver()


def check(state: AutumnState, customer: LocalCustomer, order: Attach) -> None:
    """Raises 409 for a main plan that the customer has, also while a switch is pending."""
    current = subjects.running(state, customer, order.plan, order.entity_id)
    if current is not None and current.plan_id == order.plan.id:
        message = (
            f"Cannot attach because the customer's current product '{order.plan.name}' "
            "is the same as the product being attached"
        )
        raise ApiError(409, "plan_already_attached", message)


def apply(state: AutumnState, customer: LocalCustomer, order: Attach) -> Effects:
    current = subjects.running(state, customer, order.plan, order.entity_id)
    if current is not None and _waits(state, current, order):
        return _at_the_end(state, customer, current, order)
    return _now(state, customer, current, order)


def _waits(state: AutumnState, current: Product, order: Attach) -> bool:
    """Whether the switch waits for the end of the period: a cheaper plan does, unless it is requested now."""
    if current.stripe_subscription is None or current.period_end is None or order.schedule == "immediate":
        return False
    return order.schedule == "end_of_cycle" or _cheaper(order.plan, state.plan_of(current))


def _cheaper(plan: LocalPlan, than: LocalPlan) -> bool:
    """A longer interval is never cheaper."""
    ours, theirs = _MONTHS.get(plan.interval or "", 0), _MONTHS.get(than.interval or "", 0)
    if ours != theirs:
        return ours < theirs
    return float((plan.price or {}).get("amount", 0)) < float((than.price or {}).get("amount", 0))


def _at_the_end(state: AutumnState, customer: LocalCustomer, current: Product, order: Attach) -> Effects:
    plan, end = order.plan, current.period_end
    assert end is not None  # noqa: S101
    effects = Effects(outgoing=[going(state, current, end)], paid_plan=True)
    subjects.drop_pending(state, customer, plan, order.entity_id)
    terms = products.PlanTerms(
        status="scheduled",
        started_at=end,
        prepaid=order.bought,
        entity_id=order.entity_id,
        joining=current,
        custom=order.plan,
        external_id=order.subscription_id,
    )
    scheduled = products.give(state, customer, plan, terms)
    current.canceled_at, current.expires_at = state.now, end
    effects.incoming = [
        coming(state, scheduled, effective_at=end),
        coming(state, current, canceled_at=state.now, expires_at=end),
    ]
    effects.product = current
    return effects


def _now(state: AutumnState, customer: LocalCustomer, current: Product | None, order: Attach) -> Effects:
    plan, now = order.plan, state.now
    effects = Effects(plan_ids=[plan.id], paid_plan=plan.interval is not None)
    ends_trial = current is not None and current.trial_ends_at is not None
    joined = None if order.own_subscription else current if ends_trial else subjects.billed(customer)
    replaced_rows: list[Row] = []
    if current is not None:
        effects.outgoing = [going(state, current, now)]
        effects.lines = unused(state, customer, current) + _used(state, customer, current)
        replaced_rows = [row for row in customer.rows if row.product_id == current.id]
        _replace(state, customer, current)
    anchor = joined.period_start if joined else None
    if plan.interval is None and current is not None:
        anchor = current.anchor
    if ends_trial and joined is not None and not order.trial:
        joined.period_start, anchor, effects.starts_cycle = now - now % 1000, None, True
        joined.period_end = None
    product = _give(state, customer, order, joined, anchor)
    effects.product, effects.incoming = product, [coming(state, product)]
    if product.stripe_subscription is not None and joined is None:
        effects.new_subscription, effects.starts_cycle = True, not order.trial
    effects.lines += _first_lines(
        state, customer, product, order, whole=joined is None or effects.starts_cycle
    )
    for reward in order.discounts:
        rewards.put(state, customer, reward, product.stripe_subscription)
    _carry(state, customer, replaced_rows, product, order.carry)
    if not order.charged:
        effects.lines = []
    return effects


def _give(
    state: AutumnState, customer: LocalCustomer, order: Attach, joined: Product | None, anchor: int | None
) -> Product:
    if order.plan.interval is None:
        joined = None
    if joined is not None and joined.period_end is None:
        whole = products.PlanTerms(prepaid=order.bought, entity_id=order.entity_id, custom=order.plan)
        product = products.give(state, customer, order.plan, whole)
        product.stripe_subscription = joined.stripe_subscription
    else:
        terms = products.PlanTerms(
            prepaid=order.bought,
            entity_id=order.entity_id,
            trial=order.trial,
            joining=joined,
            anchor=anchor,
            custom=order.plan,
            external_id=order.subscription_id,
        )
        product = products.give(state, customer, order.plan, terms)
    return product


def _replace(state: AutumnState, customer: LocalCustomer, current: Product) -> None:
    """The plan that ran goes, and what was scheduled after it."""
    subjects.drop_pending(state, customer, state.plan_of(current), current.entity_id)
    products.take_away(customer, current, state.now)
    if current.stripe_subscription is None:
        customer.products.remove(current)


def _used(state: AutumnState, customer: LocalCustomer, current: Product) -> list[Json]:
    """Usage above the grant, which a switch bills right away."""
    plan = state.plan_of(current)
    rows = [row for row in customer.rows if row.product_id == current.id]
    return [line for row in rows for line in invoices.overage(state, customer, plan, current, row)]


def _first_lines(
    state: AutumnState, customer: LocalCustomer, product: Product, order: Attach, *, whole: bool
) -> list[Json]:
    """What the plan costs for the period, or for the rest of it. A trial has no lines."""
    if order.plan.interval is None or product.trial_ends_at is not None:
        return []
    now = state.now
    discounts_before = customer.discounts
    customer.discounts = discounts_before + [
        LocalDiscount(reward.id, now // 1000, None, product.stripe_subscription) for reward in order.discounts
    ]
    lines = invoices.lines_of(state, customer, product, starting=now, renewing=False)
    customer.discounts = discounts_before
    if whole or product.period_start is None or product.period_end is None:
        return lines
    length = product.period_end - product.period_start
    return prorated(lines, (product.period_end - now) / length, {"start": now, "end": product.period_end})


def _carry(
    state: AutumnState, customer: LocalCustomer, replaced_rows: list[Row], product: Product, carry: CarryOver
) -> None:
    """Units held (seats) are always carried; what was used or left of the rest only when asked for."""
    before = {
        replaced.feature_id: replaced
        for replaced in replaced_rows
        if not replaced.flag and not replaced.unlimited
    }
    for row in [held for held in customer.rows if held.product_id == product.id]:
        old = before.get(row.feature_id)
        if old is None or row.unlimited or row.flag:
            continue
        carried_always = not state.feature(row.feature_id).consumable
        if carried_always or (carry.usages and row.feature_id in (carry.usage_features or before)):
            row.balance = clean(row.balance - (old.grant - old.balance))
    if not carry.balances:
        return
    for feature_id, old in before.items():
        carried = clean(max(0.0, old.balance))
        if (
            carried
            and state.feature(feature_id).consumable
            and feature_id in (carry.balance_features or before)
        ):
            customer.rows.append(
                Row(
                    id=state.ids.autumn("cus_ent"),
                    feature_id=feature_id,
                    created_at=state.now,
                    included=carried,
                    balance=carried,
                    expires_at=old.resets_at,
                    entity_id=old.entity_id,
                )
            )
