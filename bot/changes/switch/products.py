"""Which products a customer can be changed to, and which they have."""

import json

from bot.autumn.models import Plan, Subscription
from bot.changes.billing import subscriptions
from bot.changes.model import Facts
from bot.lookups.products.subscriptions import is_one_time

RUNNING, SCHEDULED = "running", "scheduled"


def offered(facts: Facts) -> dict[str, Plan]:
    """By id. Not add-ons and one-time purchases, which take no other's place."""
    return {plan.id: plan for plan in facts.offered or () if _fits(plan)}


def any_fits(facts: Facts) -> bool:
    """Whether there is one that the customer or one of their entities may not have yet."""
    if facts.offered is None:
        return True
    may_have_entities = "entities" not in facts.customer.model_fields_set or facts.customer.entities
    return any(may_have_entities or state_of(plan_id, facts) != RUNNING for plan_id in offered(facts))


def running(facts: Facts) -> list[Subscription]:
    """Main products of the customer's own."""
    return [each for each in subscriptions.own(facts) if not each.add_on and each.status != SCHEDULED]


def replaced(plan_id: str, facts: Facts) -> list[Subscription]:
    """Those that run and whose place the product takes: main products of its group, at most one as a rule."""
    group = _group(plan_id, facts)
    return [each for each in running(facts) if _group(each.plan_id, facts) == group]


def waiting(plan_id: str, facts: Facts) -> list[Subscription]:
    """Those of the product's group that are scheduled, and that a change to it drops or repeats."""
    group = _group(plan_id, facts)
    return [each for each in scheduled(facts) if _group(each.plan_id, facts) == group]


def scheduled(facts: Facts) -> list[Subscription]:
    """Main products that start later, without the one that everybody falls back to."""
    return [
        each
        for each in subscriptions.own(facts)
        if not each.add_on and each.status == SCHEDULED and not each.auto_enable
    ]


def state_of(plan_id: str, facts: Facts) -> str | None:
    """Whether the customer has it, or will have it; None for neither."""
    states = {
        SCHEDULED if each.status == SCHEDULED else RUNNING
        for each in subscriptions.own(facts)
        if each.plan_id == plan_id
    }
    return RUNNING if RUNNING in states else SCHEDULED if states else None


def held(facts: Facts) -> str:
    """All that the customer has, to compare."""
    return json.dumps(
        sorted([each.id, each.status, each.canceled_at is not None] for each in subscriptions.own(facts))
    )


def _group(plan_id: str, facts: Facts) -> str:
    held = [each.plan for each in facts.customer.subscriptions if each.plan is not None]
    return next((plan.group for plan in (*(facts.offered or ()), *held) if plan.id == plan_id), "")


def _fits(plan: Plan) -> bool:
    return not (plan.add_on or plan.archived or is_one_time(plan))
