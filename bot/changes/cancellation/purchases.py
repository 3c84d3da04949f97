"""One-time purchases that a customer has. Autumn gives them no id, so one is meant by its product alone."""

from bot.autumn.models import Customer, Purchase, Subscription
from bot.autumn.write import Write
from bot.changes.billing import subscriptions
from bot.changes.cancellation.words import CancellationNote
from bot.changes.common import entity_of
from bot.changes.model import ChangeInput, Facts, Snapshot
from bot.changes.notes import Note

_PICKED = "#bought:"
"""Before the product's id, in the field where a subscription is picked."""


def offered(facts: Facts) -> list[Subscription]:
    """As what the form lists, each product once."""
    return list({each.plan_id: _listed(each) for each in subscriptions.purchases(facts)}.values())


def any_removable(customer: Customer) -> bool:
    """Whether one may be: the customer's own, or one of their entities'."""
    plans = [each.plan_id for each in customer.purchases if each.scope != "entity"]
    return len(plans) < len(customer.purchases) or any(plans.count(plan_id) == 1 for plan_id in plans)


def meant(picked: str) -> str:
    """The id of the product; empty for a subscription."""
    return picked.removeprefix(_PICKED) if picked.startswith(_PICKED) else ""


def removable(plan_id: str, facts: Facts) -> Subscription | Note:
    """The purchase, or why it cannot be removed. By its product Autumn removes the newest that it finds."""
    bought = [each for each in subscriptions.purchases(facts) if each.plan_id == plan_id]
    if not bought:
        return Note(CancellationNote.PURCHASE_GONE)
    subscribed = any(each.plan_id == plan_id for each in subscriptions.own(facts))
    return Note(CancellationNote.BOUGHT_TWICE) if subscribed or len(bought) > 1 else _listed(bought[0])


def removal(request: ChangeInput, plan_id: str) -> Write:
    body = {
        "customer_id": request.customer,
        "plan_id": plan_id,
        **entity_of(request),
        "cancel_action": "cancel_immediately",
    }
    return Write("billing.update", "POST", "/v1/billing.update", body, per_customer=True)


def snapshot(plan_id: str, facts: Facts) -> Snapshot:
    bought = sum(each.plan_id == plan_id for each in subscriptions.purchases(facts))
    return {"subscription": None, "product": plan_id, "switch": None, "of_product": str(bought)}


def _listed(purchase: Purchase) -> Subscription:
    return Subscription(
        id=f"{_PICKED}{purchase.plan_id}",
        plan_id=purchase.plan_id,
        plan=purchase.plan,
        add_on=True,
        status="active",
        started_at=purchase.started_at,
    )
