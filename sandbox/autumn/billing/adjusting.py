"""Changing a plan that runs: quantities, price, trial and discounts."""

import math
from dataclasses import dataclass, field, replace

from sandbox.autumn import rewards
from sandbox.autumn.billing.effects import Effects, coming, going, prorated, share_of_period, unused
from sandbox.autumn.errors import ApiError, invalid
from sandbox.autumn.invoices import recurring
from sandbox.autumn.model import Item, Json, LocalCustomer, LocalPlan, Product, Reward
from sandbox.autumn.months import DAY, add, add_months, repeats
from sandbox.autumn.numbers import clean
from sandbox.autumn.state import AutumnState


@dataclass(frozen=True, slots=True)
class Adjustment:
    quantities: dict[str, float] | None = None
    """Units in all by feature, those included too."""
    price: Json | None = None
    trial: Json | None = None
    """{duration_length, duration_type}, or {} to end it now."""
    discounts: list[Reward] = field(default_factory=list)
    charged: bool = True
    """Whether the difference is charged or credited now."""
    anchored: bool = False
    """Whether the request restarts the billing period."""


def apply(state: AutumnState, customer: LocalCustomer, product: Product, change: Adjustment) -> Effects:
    effects = Effects()
    if change.anchored and product.trial_ends_at is not None:
        raise invalid("billing_cycle_anchor cannot be used together with a free trial")
    if change.quantities:
        effects = _quantities(state, customer, product, change)
    elif change.trial is not None:
        effects = _trial(state, customer, product, change.trial)
    elif change.price is not None:
        effects = _price(state, customer, product, change.price)
    if product.stripe_subscription is not None:
        for reward in change.discounts:
            rewards.put(state, customer, reward, product.stripe_subscription)
    effects.product, effects.plan_ids = product, [product.plan_id]
    effects.paid_plan = state.plan_of(product).interval is not None
    effects.starts_cycle = effects.starts_cycle or change.anchored
    if not change.charged:
        effects.lines = []
    return effects


def units(item: Item, quantity: float) -> float:
    """Units of a prepaid feature to buy for this total: whole packs, after subtracting what is included."""
    assert item.price is not None  # noqa: S101
    pack = item.price.get("billing_units", 1)
    return float(clean(math.ceil(max(0.0, quantity - item.included) / pack) * pack))


def prepaid(plan: LocalPlan) -> list[Item]:
    return [item for item in plan.items if item.price and item.price["billing_method"] == "prepaid"]


def _quantities(state: AutumnState, customer: LocalCustomer, product: Product, change: Adjustment) -> Effects:
    """Give back what was charged for the rest of the period, and charge the new number.

    So the same number again costs something when the last change was not charged. Features that are not
    bought by number are ignored.
    """
    assert change.quantities is not None  # noqa: S101
    plan, now = state.plan_of(product), state.now
    effects = Effects("update_quantity", outgoing=[going(state, product, now)])
    for item in prepaid(plan):
        if item.feature_id not in change.quantities:
            continue
        bought = units(item, change.quantities[item.feature_id])
        charged = product.charged.get(item.feature_id, 0)
        before = product.prepaid.get(item.feature_id, 0)
        product.prepaid[item.feature_id] = bought
        if bought != charged:
            effects.lines += _difference(state, customer, product, item, charged)
        if change.charged:
            product.charged[item.feature_id] = bought
        for row in customer.rows:
            if row.product_id == product.id and row.feature_id == item.feature_id:
                row.prepaid = bought
                row.balance = clean(row.balance + bought - before)
    effects.incoming = [coming(state, product)]
    return effects


def _difference(
    state: AutumnState, customer: LocalCustomer, product: Product, item: Item, charged: float
) -> list[Json]:
    if product.trial_ends_at is not None or product.period_start is None:
        return []
    before = replace(product, prepaid={**product.prepaid, item.feature_id: charged})
    back = [line for line in unused(state, customer, before) if line["feature_id"] == item.feature_id]
    return back + [
        line for line in rest_of(state, customer, product) if line["feature_id"] == item.feature_id
    ]


def rest_of(state: AutumnState, customer: LocalCustomer, product: Product) -> list[Json]:
    """The plan's lines for the rest of the period."""
    assert product.period_start is not None  # noqa: S101
    lines = recurring(state, customer, state.plan_of(product), product, product.period_start)
    return prorated(
        lines, share_of_period(product, state.now), {"start": state.now, "end": product.period_end}
    )


def _price(state: AutumnState, customer: LocalCustomer, product: Product, price: Json) -> Effects:
    """A price of the customer's own. Ids stay as they are."""
    plan = state.plan_of(product)
    back = unused(state, customer, product)
    product.custom = replace(plan, price=price)
    ahead = rest_of(state, customer, product) if back else []
    return Effects("update_plan", lines=back + ahead)


def _trial(state: AutumnState, customer: LocalCustomer, product: Product, trial: Json) -> Effects:
    """The plan's version changes for the customer, and with it the ids of the product and of its rows."""
    now = state.now
    effects = Effects("update_plan", outgoing=[going(state, product, now)])
    if trial:
        effects.lines = unused(state, customer, product)
        _until(product, _trial_end(now, trial), customer)
    elif product.trial_ends_at is not None:
        _end_trial(state, customer, product)
        effects.lines = _first_lines(state, customer, product)
        effects.starts_cycle = True
    _renew_ids(state, customer, product)
    effects.incoming = [coming(state, product)]
    return effects


def _trial_end(now: int, trial: Json) -> int:
    """Counted from now; fractions are cut."""
    length: int = math.trunc(trial["duration_length"])
    if trial["duration_type"] == "day":
        return now + length * DAY
    return add(now, trial["duration_type"], length)


def check_trial(trial: Json, now: int) -> None:
    """Stripe wants the end of a trial in the future. Raises 400."""
    if _trial_end(now, trial) <= now:
        message = "(Stripe Error) Invalid timestamp: must be an integer Unix timestamp in the future."
        raise ApiError(400, "stripe_error", message)


def _until(product: Product, end: int, customer: LocalCustomer) -> None:
    product.trial_ends_at = product.period_end = end
    for row in customer.rows:
        if row.product_id == product.id and row.resets_at is not None:
            row.resets_at = end


def _end_trial(state: AutumnState, customer: LocalCustomer, product: Product) -> None:
    now, interval = state.now, state.plan_of(product).interval
    assert interval is not None  # noqa: S101
    product.trial_ends_at = None
    product.period_start = now - now % 1000
    product.period_end = add(product.period_start, interval)
    for row in customer.rows:
        if row.product_id == product.id and row.interval is not None and repeats(row.interval):
            row.resets_at = add(now, row.interval, row.interval_count)


def _first_lines(state: AutumnState, customer: LocalCustomer, product: Product) -> list[Json]:
    return recurring(state, customer, state.plan_of(product), product, state.now)


def _renew_ids(state: AutumnState, customer: LocalCustomer, product: Product) -> None:
    before, product.id = product.id, state.ids.autumn("cus_prod")
    for row in customer.rows:
        if row.product_id == before:
            row.id, row.product_id = state.ids.autumn("cus_ent"), product.id


def month_after(end: int, now: int) -> int:
    """When a trial that ends in the past would be billed next: a preview does not refuse it."""
    return end if end > now else add_months(end, 1)
