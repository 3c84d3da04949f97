"""A card offers a change exactly where its guard could allow it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import product as product_of
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.autumn.models import Balance, Customer, Entity, Invoice, Plan, PlanItem, Purchase, Subscription
from bot.changes import entity_view, registry
from bot.changes.billing.quantities import sold_with
from bot.changes.cancellation.request import CancellationInput
from bot.changes.cancellation.words import CancellationAction, Settlement
from bot.changes.expiry.request import ExpiryInput
from bot.changes.model import ChangeInput, EntityScope, Facts
from bot.changes.quantity.request import QuantityInput
from bot.changes.quantity.words import Billed
from bot.changes.refund.read import PaidInvoices
from bot.changes.refund.request import RefundInput
from bot.changes.reward.request import RewardInput
from bot.changes.reward.words import RewardAction
from bot.changes.switch.request import SwitchInput
from bot.changes.switch.words import SwitchAction
from bot.changes.trial.request import TrialInput
from bot.changes.trial.words import TrialAction
from bot.changes.ungrant.request import UngrantInput
from tests.changes.billing.quotes import CANCELLED, FREE_LATER, OF_ENTITY, PRO, TEAM_LATER, TRIAL
from tests.changes.facts import (
    AHEAD,
    BY_USE,
    LATER,
    NOW,
    SOON,
    balance,
    billing,
    coupon,
    customer,
    discount,
    facts,
    grant,
    rewards,
    row,
)
from tests.examples import examples

BEFORE = NOW - timedelta(days=3)
WITHOUT_ID = PRO.model_copy(update={"id": ""})
SEATS = PlanItem(feature_id="seats", price=AHEAD)
SELLS_SEATS = PRO.model_copy(update={"plan": Plan(id="pro", items=[SEATS])})
SELLS_BY_USE = PRO.model_copy(update={"plan": Plan(id="pro", items=[PlanItem(feature_id="x", price=BY_USE)])})
SEAT_ROW = row("one", price=AHEAD)
BONUS, REDEEMED = grant("BONUS", messages=500), row("reward_BONUS_messages_bal_1", plan_id=None)
IN_STRIPE = customer(stripe_id="cus_stripe")
PAID = Invoice(stripe_id="in_1", processor_type="stripe", status="paid", total=Decimal(50), currency="usd")


def invoice(**changes: Any) -> Invoice:
    return PAID.model_copy(update=changes)


def seats(*rows: Any) -> Balance:
    return balance(*rows, feature_id="seats")


def customer_with(
    *subscriptions_held: Subscription, balances: tuple[Balance, ...] = (), **changes: Any
) -> Customer:
    return customer(*balances, subscriptions=list(subscriptions_held), **changes)


def is_offered(kind: str, holder: Customer) -> bool:
    return registry.kind(kind).applies_to(Facts(holder, NOW), "")


@pytest.mark.parametrize(
    ("subscriptions_held", "offered"),
    [
        ([], False),
        ([PRO], True),
        ([CANCELLED], True),
        ([WITHOUT_ID], False),
        ([FREE_LATER, TEAM_LATER], False),
        ([OF_ENTITY], True),
        ([OF_ENTITY.model_copy(update={"id": "", "status": "scheduled"})], True),
        ([WITHOUT_ID] * 14, False),
        ([WITHOUT_ID] * 15, True),
    ],
)
def test_cancellation_is_offered_for_a_running_subscription(
    subscriptions_held: list[Subscription], offered: bool
) -> None:
    assert is_offered("cancellation", customer_with(*subscriptions_held)) is offered


@pytest.mark.parametrize(
    ("purchases", "offered"),
    [
        ([Purchase(plan_id="pack")], True),
        ([Purchase(plan_id="pack"), Purchase(plan_id="pack")], False),
        ([Purchase(plan_id="pack"), Purchase(plan_id="pack"), Purchase(plan_id="other")], True),
        ([Purchase(plan_id="pack", scope="entity")], True),
        ([Purchase(plan_id="pack", scope="entity"), Purchase(plan_id="pack", scope="entity")], True),
    ],
)
def test_cancellation_is_offered_for_a_removable_purchase(purchases: list[Purchase], offered: bool) -> None:
    assert is_offered("cancellation", customer_with(purchases=purchases)) is offered


@pytest.mark.parametrize("kind", ["cancellation", "quantity", "trial"])
def test_entity_subscription_may_be_among_those_not_shown(kind: str) -> None:
    bought_once = [Purchase(plan_id="pack")] * 14
    assert not is_offered(kind, customer_with(purchases=bought_once))
    assert not is_offered(kind, customer_with(WITHOUT_ID, purchases=bought_once[1:]))
    assert is_offered(kind, customer_with(WITHOUT_ID, purchases=bought_once))


@pytest.mark.parametrize(
    ("subscriptions_held", "offered"),
    [
        ([], False),
        ([PRO], False),
        ([PRO, TRIAL], True),
        ([TRIAL.model_copy(update={"trial_ends_at": NOW})], False),
        ([TRIAL.model_copy(update={"canceled_at": NOW})], False),
        ([TRIAL.model_copy(update={"status": "scheduled"})], False),
        ([OF_ENTITY], True),
    ],
)
def test_trial_is_offered_while_it_runs(subscriptions_held: list[Subscription], offered: bool) -> None:
    assert is_offered("trial", customer_with(*subscriptions_held)) is offered


@pytest.mark.parametrize(
    ("subscriptions_held", "rows", "offered"),
    [
        ([], [SEAT_ROW], False),
        ([SELLS_SEATS], [SEAT_ROW], True),
        ([SELLS_SEATS], [], False),
        ([SELLS_SEATS], [SEAT_ROW, row("two", price=AHEAD)], False),
        ([SELLS_SEATS], [row("of another", plan_id="team", price=AHEAD)], False),
        ([SELLS_BY_USE], [SEAT_ROW], False),
        ([SELLS_BY_USE.model_copy(update={"plan": None})], [], True),
        ([OF_ENTITY], [], True),
    ],
)
def test_quantity_is_offered_where_one_is_bought_ahead(
    subscriptions_held: list[Subscription], rows: list[Any], offered: bool
) -> None:
    assert is_offered("quantity", customer_with(*subscriptions_held, balances=(seats(*rows),))) is offered


@pytest.mark.parametrize(
    ("invoices", "offered"),
    [
        ([], False),
        ([invoice()], True),
        ([invoice(status="")], True),
        ([invoice(status="open"), invoice(status="void")], False),
        ([invoice(total=Decimal(0)), invoice(total=Decimal(-5))], False),
        ([invoice(processor_type="other")], False),
        ([invoice(refunded_amount=Decimal(50))], False),
        ([invoice(status="open"), invoice(refunded_amount=Decimal(49))], True),
        ([invoice(status="open")] * 10, True),
    ],
)
def test_refund_is_offered_while_a_paid_invoice_may_have_something_left(
    invoices: list[Invoice], offered: bool
) -> None:
    assert is_offered("refund", customer(invoices=invoices)) is offered


def test_refund_is_offered_where_no_invoices_were_read() -> None:
    assert is_offered("refund", customer())


@pytest.mark.parametrize(
    ("changes", "offered"),
    [
        ({"rewards": None}, True),
        ({"rewards": rewards(coupon())}, True),
        ({"rewards": rewards(grants=(BONUS,))}, True),
        ({"rewards": rewards(grants=(BONUS,)), "customer": customer(balance(REDEEMED))}, False),
        ({"rewards": rewards(grants=(grant("EMPTY"),))}, False),
        ({"rewards": rewards(grants=(BONUS.model_copy(update={"promo_codes": []}),))}, False),
        ({"rewards": rewards()}, False),
        ({"rewards": rewards(), "billing": billing(discount())}, True),
        ({"rewards": rewards(), "billing": billing(discount(subscription_id="sub_1"))}, False),
        ({"rewards": rewards(), "customer": IN_STRIPE}, True),
        ({"rewards": rewards(), "customer": IN_STRIPE, "billing": billing()}, False),
    ],
)
def test_reward_is_offered_with_something_to_apply_or_remove(changes: dict[str, Any], offered: bool) -> None:
    assert registry.kind("reward").applies_to(facts(**changes), "") is offered


@pytest.mark.parametrize(
    ("subscriptions_held", "products", "offered"),
    [
        ([], None, True),
        ([], (), False),
        ([], (Plan(id="pack", add_on=True),), False),
        ([PRO], (Plan(id="pro"),), False),
        ([PRO], (Plan(id="pro"), Plan(id="team")), True),
        ([PRO, TEAM_LATER], (Plan(id="team"),), True),
        ([OF_ENTITY], (Plan(id="pro"),), True),
    ],
)
def test_product_is_offered_while_there_is_another(
    subscriptions_held: list[Subscription], products: tuple[Plan, ...] | None, offered: bool
) -> None:
    customer_facts = facts(customer=customer_with(*subscriptions_held, entities=[]), offered=products)
    assert registry.kind("switch").applies_to(customer_facts, "") is offered


@pytest.mark.parametrize("entities", [{"entities": [Entity(id="ws_1")]}, {}], ids=["some", "not read"])
def test_customers_product_is_offered_for_their_entities(entities: dict[str, Any]) -> None:
    customer_facts = facts(customer=customer_with(PRO, **entities), offered=(Plan(id="pro"),))
    assert registry.kind("switch").applies_to(customer_facts, "")


# Any customer


PLAN_IDS = st.sampled_from(["pro", "team"])
MAYBE = st.sampled_from([None, BEFORE, SOON])
PRICES = st.sampled_from([None, AHEAD, BY_USE])
FEATURE_IDS = st.sampled_from(["messages", "seats"])
ITEMS = st.lists(st.builds(PlanItem, feature_id=FEATURE_IDS, price=PRICES), max_size=2)


def subscriptions(*scopes: str) -> st.SearchStrategy[list[Subscription]]:
    made_up = st.builds(
        Subscription,
        id=st.sampled_from(["", "sub_1", "sub_2"]),
        plan_id=PLAN_IDS,
        plan=st.none() | st.builds(Plan, id=PLAN_IDS, items=ITEMS),
        status=st.sampled_from(["active", "scheduled"]),
        scope=st.sampled_from(scopes),
        canceled_at=MAYBE,
        expires_at=MAYBE,
        trial_ends_at=MAYBE,
    )
    return st.lists(made_up, max_size=3)


ROWS = st.builds(
    row,
    st.sampled_from(["one", "two", "three"]),
    plan_id=st.none() | PLAN_IDS,
    price=PRICES,
    expires_at=MAYBE,
    unlimited=st.booleans(),
)


def purchases(*scopes: str) -> st.SearchStrategy[list[Purchase]]:
    return st.lists(
        st.builds(Purchase, plan_id=st.sampled_from(["pack", "pro"]), scope=st.sampled_from(scopes)),
        max_size=2,
    )


PURCHASES = purchases("customer", "")
NONE: list[Subscription] = []
OWN = st.just(NONE) | subscriptions("customer", "") | subscriptions("customer").map(lambda held: held * 8)
"""In the last case some are not shown."""
BALANCES = st.lists(
    st.builds(
        lambda feature, rows: balance(*rows, feature_id=feature), FEATURE_IDS, st.lists(ROWS, max_size=3)
    ),
    max_size=2,
).map(lambda held: {balance.feature_id: balance for balance in held})
ENTITIES = st.lists(
    st.builds(
        Entity,
        id=st.just("ws_1"),
        subscriptions=subscriptions("entity", "customer"),
        purchases=purchases("entity", "customer"),
        balances=BALANCES,
    ),
    max_size=1,
)
INVOICES = st.builds(
    invoice,
    stripe_id=st.sampled_from(["", "in_1"]),
    processor_type=st.sampled_from(["", "stripe", "other"]),
    status=st.sampled_from(["", "draft", "open", "paid", "void"]),
    total=st.sampled_from([Decimal(-5), Decimal(0), Decimal(50)]),
    amount_paid=st.sampled_from([None, Decimal(0)]),
    refunded_amount=st.sampled_from([Decimal(0), Decimal(8), Decimal(50)]),
)
LISTED = st.tuples(st.lists(INVOICES, max_size=3), st.sampled_from([1, 4])).map(
    lambda drawn: drawn[0] * drawn[1]
)


COUPONS = st.lists(st.sampled_from([coupon("ten"), coupon("twenty")]), max_size=1)
GRANTS = st.lists(st.sampled_from([BONUS, grant("EMPTY")]), max_size=2).map(tuple)
REWARDS = st.builds(lambda coupons, grants: rewards(*coupons, grants=grants), COUPONS, GRANTS)
DISCOUNTS = st.lists(
    st.sampled_from([discount("ten"), discount("stripe's"), discount("ten", subscription_id="sub_1")]),
    max_size=2,
).map(lambda held: billing(*held))


def in_brief(full_invoice: Invoice) -> Invoice:
    """The invoice as it comes with the customer: without what was paid and refunded."""
    return full_invoice.model_copy(update={"amount_paid": None, "refunded_amount": Decimal(0)})


def merged(entities: list[Entity]) -> list[Subscription]:
    """As the customer's answer shows them: one per product, without items."""
    own = [
        own_subscription
        for entity in entities
        for own_subscription in entity.subscriptions
        if own_subscription.scope == "entity"
    ]
    by_plan = {own_subscription.plan_id: own_subscription for own_subscription in own}
    return [own_subscription.model_copy(update={"plan": None}) for own_subscription in by_plan.values()]


def merged_purchases(entities: list[Entity]) -> list[Purchase]:
    return [
        own_purchase
        for entity in entities
        for own_purchase in entity.purchases
        if own_purchase.scope == "entity"
    ]


@st.composite
def known_facts(draw: st.DrawFn) -> list[Facts]:
    """Facts of one customer: for the whole customer, and for each entity."""
    entities, listed = draw(ENTITIES), draw(LISTED)
    holder = Customer(
        id="cus_1",
        subscriptions=(draw(OWN) + merged(entities))[:15],
        balances=draw(BALANCES),
        invoices=[in_brief(listed_invoice) for listed_invoice in listed[:10]],
        entities=entities,
        stripe_id="cus_stripe",
        purchases=draw(PURCHASES) + merged_purchases(entities),
    )
    paid = PaidInvoices(tuple(listed_invoice for listed_invoice in listed if listed_invoice.status == "paid"))
    plans = [Plan(id=plan, items=draw(ITEMS)) for plan in ("pro", "team")]
    offered = tuple(plans[: draw(st.integers(0, 2))])
    customer_facts = Facts(
        holder, NOW, billing=draw(DISCOUNTS), rewards=draw(REWARDS), offered=offered, extra=paid
    )
    views = [
        Facts(
            entity_view.view(holder, entity, holder, plans),
            NOW,
            scope=EntityScope(entity, holder),
            offered=offered,
        )
        for entity in entities
    ]
    return [customer_facts, *views]


def cancellations(facts: Facts) -> Iterator[ChangeInput]:
    for subscription in facts.customer.subscriptions:
        for action in CancellationAction:
            settlement = Settlement.NOTHING if action is CancellationAction.NOW else None
            yield CancellationInput(
                customer="cus_1",
                subscription=subscription.id,
                product=subscription.plan_id,
                action=action,
                settlement=settlement,
            )
    for bought_once in facts.customer.purchases:
        yield CancellationInput(
            customer="cus_1",
            subscription="",
            product=bought_once.plan_id,
            action=CancellationAction.NOW,
            one_time=True,
        )


def trials(facts: Facts) -> Iterator[ChangeInput]:
    for subscription in facts.customer.subscriptions:
        for action, at in ((TrialAction.END_NOW, None), (TrialAction.MOVE_END, LATER)):
            yield TrialInput(
                customer="cus_1",
                subscription=subscription.id,
                product=subscription.plan_id,
                action=action,
                ends_at=at,
            )


def quantities(facts: Facts) -> Iterator[ChangeInput]:
    for subscription in facts.customer.subscriptions:
        for feature in sold_with(subscription):
            yield QuantityInput(
                customer="cus_1",
                subscription=subscription.id,
                product=subscription.plan_id,
                feature=feature,
                quantity=Decimal(1234),
                billed=Billed.NOW,
            )


def refunds(facts: Facts) -> Iterator[ChangeInput]:
    for amount in (None, Decimal(1)):
        yield RefundInput(customer="cus_1", invoice="in_1", currency="USD", amount=amount)


def grant_rows(facts: Facts) -> Iterator[tuple[str, str]]:
    for feature, held_balance in facts.customer.balances.items():
        yield from ((feature, row.id) for row in held_balance.breakdown)


def expiries(facts: Facts) -> Iterator[ChangeInput]:
    for feature, row_id in grant_rows(facts):
        yield ExpiryInput(customer="cus_1", feature=feature, row=row_id, expires_at=LATER)


def removals(facts: Facts) -> Iterator[ChangeInput]:
    for feature, row_id in grant_rows(facts):
        yield UngrantInput(customer="cus_1", feature=feature, row=row_id)


def switches(facts: Facts) -> Iterator[ChangeInput]:
    for plan in facts.offered or ():
        yield SwitchInput(customer="cus_1", product=plan.id, action=SwitchAction.NOW)


def reward_changes(facts: Facts) -> Iterator[ChangeInput]:
    actions = (RewardAction.APPLY, RewardAction.ATTACH)
    subscription_ids = [(reward.id, reward.plan_id) for reward in facts.customer.subscriptions]
    for action, reward, (subscription, product) in product_of(
        actions, facts.rewards.coupons if facts.rewards else (), subscription_ids or [("", "")]
    ):
        yield RewardInput(
            customer="cus_1", action=action, reward=reward.id, subscription=subscription, product=product
        )
    yield RewardInput(customer="cus_1", action=RewardAction.REDEEM, code="BONUS")
    yield RewardInput(customer="cus_1", action=RewardAction.REMOVE)


CHOICES = {
    "switch": switches,
    "reward": reward_changes,
    "cancellation": cancellations,
    "trial": trials,
    "quantity": quantities,
    "refund": refunds,
    "expiry": expiries,
    "ungrant": removals,
}


@given(customer_facts=known_facts())
@examples(300)
def test_every_allowed_change_is_offered(customer_facts: list[Facts]) -> None:
    """Where a change is not offered, the guard refuses everything its form offers."""
    for_customer = customer_facts[0]
    without_stripe = replace(for_customer, billing=None)
    unknown = replace(without_stripe, rewards=None, offered=None)
    for kind_id, choices in CHOICES.items():
        kind = registry.kind(kind_id)
        reachable = customer_facts if "entity" in kind.offered_on else customer_facts[:1]
        allowed = any(
            kind.guard(request, facts, NOW).allowed for facts in reachable for request in choices(facts)
        )
        for known_to_card in (for_customer, without_stripe, unknown):
            assert not allowed or kind.applies_to(known_to_card, ""), kind_id
