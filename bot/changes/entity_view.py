"""A customer as one of their entities sees them: with only what is the entity's own. Pure.

Autumn adds the customer's balances to an entity's, and an edit of one of those would affect everyone. A kind
of change that is limited to an entity is judged, planned and verified on this view, in which they are empty.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from bot.autumn.models import Balance, Customer, Entity, Plan, Purchase, Subscription
from bot.lookups.entities.holdings import SharedIds, shared_ids

_ZERO = Decimal(0)
_INHERITED = "inherited"


def view(
    whole: Customer, entity: Entity | None, earlier: Customer, catalogue: Sequence[Plan] = ()
) -> Customer:
    """`earlier`, `whole`: the customer as read before and after the entity. A row in either reading counts as
    shared, so a row that appeared or vanished between them is never taken for the entity's. `catalogue`: all
    plans, with their prices; for a plan that entities have, the customer's answer holds little more than its
    name."""
    shared = _both(shared_ids(earlier), shared_ids(whole))
    names = {feature_id: balance.feature for feature_id, balance in whole.balances.items()}
    holdings: list[Subscription | Purchase] = [*whole.subscriptions, *whole.purchases]
    plans = {holding.plan_id: holding.plan for holding in holdings if holding.plan is not None}
    plans |= {plan.id: plan.model_copy(update={"complete": True}) for plan in catalogue}
    balances = entity.balances if entity else {}
    return whole.model_copy(
        update={
            "balances": {
                feature_id: _own(balance, shared.get(feature_id, frozenset())).model_copy(
                    update={"feature": names.get(feature_id)}
                )
                for feature_id, balance in balances.items()
            },
            "flags": {},
            "subscriptions": _held(entity.subscriptions if entity else (), plans),
            "purchases": _held(entity.purchases if entity else (), plans),
            "billing_controls": _controls(entity.billing_controls if entity else {}),
        }
    )


def _both(first: SharedIds, second: SharedIds) -> SharedIds:
    empty: frozenset[str] = frozenset()
    return {
        feature_id: first.get(feature_id, empty) | second.get(feature_id, empty)
        for feature_id in first.keys() | second.keys()
    }


def _own(balance: Balance, shared: frozenset[str]) -> Balance:
    """The balance with only the entity's rows; none if all are shared. Rollovers are left out: Autumn does
    not say whose they are."""
    rows = [row for row in balance.breakdown if row.id not in shared]
    resets = (row.reset.resets_at for row in rows if row.reset)
    return balance.model_copy(
        update={
            "breakdown": rows,
            "rollovers": [],
            "granted": sum((row.included_grant + row.prepaid_grant for row in rows), _ZERO),
            "remaining": sum((row.remaining for row in rows), _ZERO),
            "usage": sum((row.usage for row in rows), _ZERO),
            "next_reset_at": min((at for at in resets if at is not None), default=None),
        }
    )


def _held(
    holdings: Iterable[Subscription | Purchase], plans: Mapping[str, Plan]
) -> list[Subscription | Purchase]:
    """The entity's own, with their plans: Autumn returns no plan details for entities."""
    return [
        holding.model_copy(update={"plan": plans.get(holding.plan_id)})
        for holding in holdings
        if holding.scope == "entity"
    ]


def _controls(controls: Mapping[str, Any]) -> dict[str, Any]:
    """An entity's own entries have no source; those of its customer or a product must not be written back."""
    return {
        name: [
            {**entry, "source": _INHERITED} if "source" in entry else entry
            for entry in listed
            if isinstance(entry, dict)
        ]
        for name, listed in controls.items()
        if isinstance(listed, list)
    }
