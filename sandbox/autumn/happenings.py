"""What Autumn reports by webhook: plans that changed, and limits and thresholds that usage reached."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sandbox.autumn import balances, controls
from sandbox.autumn.model import Json, LocalCustomer, LocalPlan, Product, Row
from sandbox.autumn.state import AutumnState

_WATCHED = ("past_due", "canceled_at", "expires_at", "trial_ends_at")


@dataclass(frozen=True, slots=True)
class _Held:
    """A product as it was, with its plan."""

    product: Product
    plan: LocalPlan


@contextmanager
def plans(state: AutumnState, customer: LocalCustomer) -> Iterator[None]:
    """Report how the customer's plans change inside the block. Does nothing when nested for the same
    customer."""
    if state.announce is None or customer.internal_id in state.watched:
        yield
        return
    state.watched.add(customer.internal_id)
    before = _held(state, customer)
    try:
        yield
    finally:
        state.watched.discard(customer.internal_id)
    for entity_id in sorted({held.product.entity_id for held in [*before, *_held(state, customer)]}, key=str):
        _tell_plans(state, customer, entity_id, before)


def _held(state: AutumnState, customer: LocalCustomer) -> list[_Held]:
    return [
        _Held(replace(product, prepaid={**product.prepaid}), state.plan_of(product))
        for product in customer.products
    ]


def _tell_plans(
    state: AutumnState, customer: LocalCustomer, entity_id: str | None, before: list[_Held]
) -> None:
    assert state.announce is not None  # noqa: S101
    was = [holding for holding in before if holding.product.entity_id == entity_id]
    now = [holding for holding in _held(state, customer) if holding.product.entity_id == entity_id]
    changes: list[Json] = []
    tags: list[str] = []
    scenarios: list[tuple[str, LocalPlan]] = []
    for held in now:
        old = _counterpart(held, was)
        if change := _change(old, held):
            changes.append(change)
            scenarios.append((_scenario(change, old, held, was), held.plan))
            tags += _tags(old, held)
    for held in was:
        if held.product.status != "expired" and not any(_counterpart(new, [held]) for new in now):
            ended = _Held(replace(held.product, status="expired"), held.plan)
            changes.append(_told("expired", ended, {"status": _status(held.product)}))
    if not changes:
        return
    scope = {"entity_id": entity_id} if entity_id else {}
    data = {"object": "billing.updated", "customer_id": customer.id, **scope, "plan_changes": changes}
    state.announce("billing.updated", {**data, "tags": sorted(set(tags))})
    for scenario, plan in scenarios:
        product = {"id": plan.id, "name": plan.name, "is_add_on": plan.add_on, "version": plan.version}
        about: Json = {"scenario": scenario, "customer": _customer(customer), "updated_product": product}
        if entity_id:
            about["entity"] = {"id": entity_id}
        state.announce("customer.products.updated", about)


def _customer(customer: LocalCustomer) -> Json:
    return {"id": customer.id, "name": customer.name, "email": customer.email}


def _counterpart(held: _Held, among: list[_Held]) -> _Held | None:
    """The same product before, or after: a change of a trial gives it another id."""
    for candidate in among:
        if candidate.product.id == held.product.id:
            return candidate
    for candidate in among:
        a, b = held.product, candidate.product
        if (a.plan_id, a.started_at, a.status) == (
            b.plan_id,
            b.started_at,
            b.status,
        ) and a.status == "active":
            return candidate
    return None


def _change(old: _Held | None, new: _Held) -> Json | None:
    status = _status(new.product)
    if old is None:
        if status == "expired":
            return None
        return _told("scheduled" if status == "scheduled" else "activated", new, None)
    was, now = _facts(old.product), _facts(new.product)
    previous = {name: was[name] for name in ("status", *_WATCHED) if was[name] != now[name]}
    if was["status"] != status:
        return _told("expired" if status == "expired" else "activated", new, previous)
    if status == "expired":
        return None
    price = None
    if old.plan.price != new.plan.price:
        price = {"previous": old.plan.price, "current": new.plan.price}
    if not previous and price is None and old.product.prepaid == new.product.prepaid:
        return None
    change = _told("updated", new, previous or None)
    if price is not None:
        change["plan_change"] = {"previous_attributes": None, "price_change": price, "item_changes": []}
    return change


def _status(product: Product) -> str:
    return "active" if product.running else product.status


def _facts(product: Product) -> Json:
    return {
        "plan_id": product.plan_id,
        "status": _status(product),
        "past_due": product.status == "past_due",
        "started_at": product.started_at,
        "canceled_at": product.canceled_at,
        "expires_at": product.expires_at,
        "trial_ends_at": product.trial_ends_at,
        "current_period_start": product.period_start,
        "current_period_end": product.period_end,
    }


def _told(action: str, held: _Held, previous: Json | None) -> Json:
    facts = _facts(held.product)
    if held.plan.one_off:
        described = {"purchase": {name: facts[name] for name in ("plan_id", "status", "expires_at")}}
    else:
        described = {"subscription": facts}
    return {"action": action, **described, "previous_attributes": previous, "item_changes": []}


def _tags(old: _Held | None, new: _Held) -> list[str]:
    if old is None:
        return []
    tags = []
    if old.product.trial_ends_at is not None and new.product.trial_ends_at is None and new.product.running:
        tags.append("trial_ended")
    if old.product.status == "scheduled" and new.product.running:
        tags.append("phase_changed")
    return tags


def _scenario(change: Json, old: _Held | None, new: _Held, was: list[_Held]) -> str:
    """The word that customer.products.updated has for a change."""
    previous = change["previous_attributes"] or {}
    if change["action"] == "expired":
        return "expired"
    if previous.get("past_due") is False:
        return "past_due"
    if "canceled_at" in previous:
        return "renew" if previous["canceled_at"] else "cancel"
    if old is not None and old.product.prepaid != new.product.prepaid:
        return "update_prepaid_quantity"
    if change["action"] == "scheduled":
        return "downgrade" if new.plan.interval is not None else "scheduled"
    if change["action"] == "activated" and old is None and not (new.plan.add_on or new.plan.one_off):
        replaced = [held for held in was if held.product.running and held.plan.interval is not None]
        return "upgrade" if replaced and not replaced[0].plan.add_on else "new"
    return "new" if old is None else "active"


@contextmanager
def usage(
    state: AutumnState, customer: LocalCustomer, feature_id: str, entity_id: str | None
) -> Iterator[None]:
    """Report the limits and thresholds of a feature that are reached inside the block."""
    if state.announce is None:
        yield
        return
    before = _used(state, customer, feature_id, entity_id)
    yield
    after = _used(state, customer, feature_id, entity_id)
    about: Json = {"customer_id": customer.id, "feature_id": feature_id}
    if entity_id:
        about["entity_id"] = entity_id
    for alert in controls.of(state, customer, "usage_alerts"):
        if (
            alert["enabled"]
            and alert.get("feature_id") in (None, feature_id)
            and _crossed(alert, before, after)
        ):
            shown_alert = {
                name: alert[name] for name in ("name", "threshold", "threshold_type") if name in alert
            }
            state.announce("balances.usage_alert_triggered", {**about, "usage_alert": shown_alert})
    for limit in _limits_reached(state, customer, feature_id, before, after):
        state.announce("balances.limit_reached", {**about, "limit_type": limit})
        kind = "allowance_used" if limit == "included" else "limit_reached"
        feature = {"id": feature_id, "name": state.feature(feature_id).name}
        old: Json = {"threshold_type": kind, "customer": _customer(customer), "feature": feature}
        state.announce("customer.threshold_reached", old)


@dataclass(frozen=True, slots=True)
class _UsedAmount:
    granted: float
    usage: float
    remaining: float
    usable: float
    rows: tuple[Row, ...]

    def measure(self, kind: str) -> float:
        value = self.usage if kind.startswith("usage") else self.remaining
        if kind.endswith("percentage"):
            return 100 * value / self.granted if self.granted else 0.0
        return value


def _used(state: AutumnState, customer: LocalCustomer, feature_id: str, entity_id: str | None) -> _UsedAmount:
    rows = balances.of_feature(balances.seen(state, customer), feature_id, entity_id=entity_id)
    granted = sum(row.grant for row in rows)
    return _UsedAmount(
        granted,
        granted - balances.total(rows),
        balances.there(rows),
        controls.usable(state, customer, feature_id, rows),
        tuple(rows),
    )


def _crossed(alert: Json, before: _UsedAmount, after: _UsedAmount) -> bool:
    kind, threshold = alert["threshold_type"], alert["threshold"]
    was, now = before.measure(kind), after.measure(kind)
    if kind.startswith("usage"):
        return bool(was < threshold <= now)
    return bool(was > threshold >= now)


def _limits_reached(
    state: AutumnState, customer: LocalCustomer, feature_id: str, before: _UsedAmount, after: _UsedAmount
) -> list[str]:
    reached = []
    if before.remaining > 0 >= after.remaining:
        reached.append("included")
    if not (before.usable > 0 >= after.usable) or before.usable == float("inf"):
        return reached
    if any(limit.get("feature_id") == feature_id for limit in controls.of(state, customer, "usage_limits")):
        reached.append("usage_limit")
    elif any(limit.get("feature_id") == feature_id for limit in controls.of(state, customer, "spend_limits")):
        reached.append("spend_limit")
    elif any(row.price and row.price.get("max_purchase") is not None for row in before.rows):
        reached.append("max_purchase")
    return reached
