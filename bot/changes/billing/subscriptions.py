"""Which subscription a change is about. Always by its id: one product may be held twice."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bot.autumn.models import Customer, Purchase, Subscription
from bot.autumn.write import Write
from bot.changes import canonical, line_form
from bot.changes.billing.words import BillingNote
from bot.changes.common import joined
from bot.changes.model import Facts, Snapshot
from bot.changes.notes import Note
from bot.changes.spec import NOBODY, KeyScope
from bot.lookups import names
from bot.lookups.products.subscriptions import ByEnding

_MOST_SHOWN = 15
"""Products that Autumn shows of a customer."""


def update(customer_id: str, subscription_id: str, body: Mapping[str, Any]) -> Write:
    named = {"customer_id": customer_id, "subscription_id": subscription_id, **body}
    return Write("billing.update", "POST", "/v1/billing.update", named, per_customer=True)


WRITE_SCOPE = KeyScope(
    "billing:write", "change subscriptions", update(NOBODY, NOBODY, {"cancel_action": "uncancel"})
)
"""It includes billing:read, which previews need."""


MAIN_PRODUCT = "main product"
"""What a change touches that replaces the main product."""
PRODUCTS = "products"
"""What a change touches that adds a subscription, or ends one."""


def product_touched(plan_id: str) -> str:
    """What a change touches that gives this product once more, or takes it away."""
    return f"product {plan_id}"


def touched(subscription_id: str) -> str:
    """What a change to this subscription touches."""
    return f"subscription {subscription_id}"


def mains_touched(facts: Facts) -> frozenset[str]:
    """What changes to the main products touch."""
    return frozenset(
        {MAIN_PRODUCT, *(touched(subscription.id) for subscription in own(facts) if not subscription.add_on)}
    )


def rests_on(subscription_id: str, plan_id: str, facts: Facts) -> frozenset[str]:
    """What a change to this subscription rests on: also the number of subscriptions to its product, which its
    snapshot includes; and if the product is the main one, that it still is."""
    subscription = find(subscription_id, facts)
    main = subscription is not None and not subscription.add_on
    return frozenset({touched(subscription_id), product_touched(plan_id), *([MAIN_PRODUCT] if main else [])})


def find(subscription_id: str, facts: Facts) -> Subscription | None:
    held = facts.customer.subscriptions
    return next(
        (subscription for subscription in held if subscription.id and subscription.id == subscription_id),
        None,
    )


def offered(facts: Facts) -> Sequence[Subscription]:
    """Those that can be changed. For the whole customer, that excludes what is shown merged for entities. A
    scheduled one belongs to the change that scheduled it."""
    return [
        subscription
        for subscription in facts.customer.subscriptions
        if subscription.id and not _unfit(subscription, facts)
    ]


def any_fits(customer: Customer, fits: Callable[[Subscription], bool]) -> bool:
    """Whether one that can be changed may fit: the customer's own, or one of their entities'.

    Those of entities are shown merged, by product, so that any of them may; and of many products not all.
    """
    if len(customer.subscriptions) + len(customer.purchases) >= _MOST_SHOWN:
        return True
    return any(
        _of_entity(subscription) or (subscription.id and not _waits(subscription) and fits(subscription))
        for subscription in customer.subscriptions
    )


def changeable(subscription_id: str, facts: Facts) -> Subscription | Note:
    """The subscription, or why it cannot be changed."""
    if not subscription_id:
        return Note(BillingNote.NOT_PICKED)
    subscription = find(subscription_id, facts)
    if subscription is None:
        return Note(BillingNote.GONE)
    unfit = _unfit(subscription, facts)
    return Note(unfit) if unfit else subscription


def problem(subscription_id: str, facts: Facts) -> Note | None:
    """Why it cannot be changed; None if it can."""
    subscription = changeable(subscription_id, facts)
    return subscription if isinstance(subscription, Note) else None


def refused_quote(facts: Facts) -> Note | None:
    """What Autumn says against the change, when asked for a preview of it."""
    return Note(BillingNote.WOULD_BE_REFUSED, {"code": facts.quote_refused}) if facts.quote_refused else None


def scheduled_switch(subscription: Subscription, facts: Facts) -> Subscription | None:
    """What takes its place when it ends, unless that is only the product that everyone falls back to."""
    change = ByEnding(facts.customer).of(subscription)
    return None if change is None or change.starts.auto_enable else change.starts


def cancels(subscription: Subscription, facts: Facts) -> bool:
    """Whether it was cancelled, and does not merely end with a scheduled switch."""
    return subscription.canceled_at is not None and scheduled_switch(subscription, facts) is None


def add_ons_at_risk(facts: Facts) -> Iterator[Note]:
    """Autumn drops add-ons that are scheduled with the main product that ends."""
    waiting = [
        subscription.plan_id for subscription in own(facts) if subscription.add_on and _waits(subscription)
    ]
    if waiting:
        yield Note(BillingNote.ADD_ONS_AT_RISK, {"products": joined(waiting)})


def new_in_stripe(facts: Facts) -> Iterator[Note]:
    """A customer who gets a product is created in Stripe, even if it is a free one."""
    if facts.whole.stripe_id is None:
        yield Note(BillingNote.NEW_IN_STRIPE)


def own(facts: Facts) -> Sequence[Subscription]:
    """The customer's, without those of entities; or the one entity's."""
    return [subscription for subscription in facts.customer.subscriptions if not _merged(subscription, facts)]


def purchases(facts: Facts) -> Sequence[Purchase]:
    """What was bought once, by the customer, without what entities have; or by the one entity."""
    return [purchase for purchase in facts.customer.purchases if facts.scope or purchase.scope != "entity"]


def snapshot(subscription: Subscription | None, plan_id: str, facts: Facts) -> Snapshot:
    of_plan = {"of_product": str(sum(held.plan_id == plan_id for held in own(facts)))}
    if subscription is None:
        return {"subscription": None, **of_plan}
    switch = scheduled_switch(subscription, facts)
    return {
        "subscription": subscription.id,
        "product": subscription.plan_id,
        "past_due": "yes" if subscription.past_due else None,
        "cancelled": "yes" if subscription.canceled_at is not None else None,
        "expires_at": canonical.time_or_none(subscription.expires_at),
        "trial_ends_at": canonical.time_or_none(subscription.trial_ends_at),
        "period_end": canonical.time_or_none(subscription.current_period_end),
        "switch": switch.plan_id if switch else None,
        **of_plan,
    }


def of_product(snapshot: Snapshot) -> int:
    """How many of the customer's subscriptions are to the product."""
    return int(snapshot["of_product"] or 0)


def _merged(subscription: Subscription, facts: Facts) -> bool:
    """Whether it may stand for those of several entities."""
    return facts.scope is None and _of_entity(subscription)


def _of_entity(subscription: Subscription) -> bool:
    return subscription.scope == "entity"


def _waits(subscription: Subscription) -> bool:
    """Until it starts."""
    return subscription.status == "scheduled"


def _unfit(subscription: Subscription, facts: Facts) -> BillingNote | None:
    if _merged(subscription, facts):
        return BillingNote.OF_ENTITY
    return BillingNote.SCHEDULED if _waits(subscription) else None


def listed_subscription(typed: str, facts: Facts) -> Subscription | Note:
    """By its id, or by a product to which the customer has one subscription."""
    listed = offered(facts)
    for candidate in listed:
        if candidate.id == typed:
            return candidate
    called = names.plans(facts.customer)
    product = line_form.known_id(
        "product",
        typed,
        {subscription.plan_id: called.get(subscription.plan_id, "") for subscription in listed},
    )
    if isinstance(product, Note):
        return product
    held = [subscription for subscription in listed if subscription.plan_id == product]
    return held[0] if len(held) == 1 else Note(BillingNote.SEVERAL, {"product": product})
