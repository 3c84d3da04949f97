"""Which products a customer can be given beside the others, and what they have of them. Pure."""

from bot.autumn.models import Plan
from bot.changes import canonical
from bot.changes.addition.input import AdditionInput
from bot.changes.billing import quantities, subscriptions
from bot.changes.canonical import ZERO
from bot.changes.model import Facts, Snapshot
from bot.lookups.products.plan_changes import is_one_time

_SCHEDULED = "scheduled"


def offered(facts: Facts) -> dict[str, Plan]:
    """Add-ons and what is bought once, by id: they take no other product's place."""
    return {
        plan.id: plan
        for plan in facts.offered or ()
        if not plan.archived and (plan.add_on or is_one_time(plan))
    }


def held(plan_id: str, facts: Facts) -> int:
    """How often the customer has it."""
    own = [each for each in subscriptions.own(facts) if each.status != _SCHEDULED]
    subscribed = sum(each.plan_id == plan_id for each in own)
    bought = (each.quantity for each in subscriptions.purchases(facts) if each.plan_id == plan_id)
    return subscribed + int(sum(bought, ZERO))


def snapshot(request: AdditionInput, facts: Facts) -> Snapshot:
    subscription = subscriptions.find(request.subscription, facts)
    ends = [each.current_period_end for each in subscriptions.own(facts) if each.current_period_end]
    bought = [each.started_at for each in subscriptions.purchases(facts) if each.plan_id == request.product]
    return {
        "subscription": subscription.id if subscription else None,
        "held": str(held(request.product, facts)),
        "quantities": quantities.held(request.product, request.quantities, facts),
        "bought_at": canonical.time_or_none(max(filter(None, bought), default=None)),
        "period_end": canonical.time_or_none(min(ends, default=None)),
    }
