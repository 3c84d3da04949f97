"""The order of subscriptions, and which scheduled plan follows which cancelled one."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import Customer, PlanItem, PlanPrice, Purchase, Subscription, UsagePrice
from bot.lookups import labels
from bot.lookups.find import card as find_card
from bot.lookups.find.card import SeveralMatches
from bot.lookups.products.subscriptions import (
    ByEnding,
    Cost,
    cost,
    is_free,
    is_one_time,
    plan_changes,
    running_first,
)
from tests.kit import checks
from tests.lookups.drawing import AT_PRODUCTS, PLACE, draw, overview, products, text_of
from tests.lookups.samples import LATER, NOW, customer, plan, subscription

DAY = timedelta(days=1)


def cancelled(plan_id: str = "starter", **changes: Any) -> Subscription:
    return subscription(plan_id, **{"canceled_at": NOW, "expires_at": LATER, **changes})


def scheduled(plan_id: str = "team", **changes: Any) -> Subscription:
    return subscription(plan_id, **{"status": "scheduled", "started_at": LATER, **changes})


def of_group(held: Subscription, group: str = "support") -> Subscription:
    return held.model_copy(update={"plan": plan(held.plan_id, group=group)})


def left_out(held: Subscription) -> Subscription:
    """As Autumn shows it without its plan."""
    return held.model_copy(update={"plan": None})


GOLD, BASIC = of_group(cancelled("gold")), of_group(scheduled("basic"))


@pytest.mark.parametrize(
    ("subscriptions", "changes"),
    [
        ([cancelled(), scheduled()], ["starter → team"]),
        ([scheduled(), cancelled()], ["starter → team"]),
        ([cancelled(), scheduled(started_at=LATER + DAY / 2)], ["starter → team"]),
        ([cancelled(), scheduled(started_at=LATER + 2 * DAY)], []),
        ([cancelled(), scheduled(started_at=None)], []),
        ([cancelled(expires_at=None), scheduled()], []),
        ([cancelled(canceled_at=None), scheduled()], []),
        ([cancelled(add_on=True), scheduled()], []),
        ([cancelled(), scheduled(add_on=True)], []),
        ([cancelled(scope="entity"), scheduled()], []),
        ([cancelled(), subscription("pro")], []),
        ([cancelled(), cancelled("old"), scheduled()], ["starter → team"]),
        ([cancelled(expires_at=datetime.max.replace(tzinfo=UTC)), scheduled()], []),
        ([cancelled(), GOLD, BASIC], ["gold → basic"]),
        ([cancelled(), BASIC], []),
        ([GOLD, cancelled(), scheduled(), BASIC], ["gold → basic", "starter → team"]),
        ([BASIC, scheduled(), cancelled(), GOLD], ["starter → team", "gold → basic"]),
        ([cancelled(), scheduled("day_before", started_at=LATER - DAY), scheduled()], ["starter → team"]),
        ([left_out(cancelled()), scheduled()], ["starter → team"]),
        ([cancelled(), left_out(scheduled())], ["starter → team"]),
        ([left_out(cancelled()), left_out(scheduled())], ["starter → team"]),
        ([cancelled(), left_out(GOLD), BASIC], ["gold → basic"]),
        ([left_out(cancelled()), GOLD, scheduled(), BASIC], ["starter → team", "gold → basic"]),
        ([left_out(cancelled()), GOLD, BASIC], ["gold → basic"]),
        ([cancelled(), GOLD, left_out(BASIC)], []),
        ([left_out(cancelled()), scheduled(), BASIC], []),
    ],
)
def test_scheduled_plan_changes_are_paired(subscriptions: list[Subscription], changes: list[str]) -> None:
    customer = Customer(id="cus_1", subscriptions=subscriptions)
    paired = plan_changes(customer)
    assert [f"{change_.ends.plan_id} → {change_.starts.plan_id}" for change_ in paired] == changes
    for change in paired:
        assert ByEnding(customer).of(change.ends) == change
        assert ByEnding(customer).of(change.starts) is None


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({}, Cost.PAID),
        ({"scope": "entity"}, Cost.PAID),
        ({"plan": plan(price=None)}, Cost.FREE),
        ({"plan": None}, Cost.UNKNOWN),
        ({"plan": None, "auto_enable": True}, Cost.UNKNOWN),
        ({"plan": plan(price=None), "scope": "entity"}, Cost.UNKNOWN),
        ({"plan": plan(price=None, complete=True), "scope": "entity"}, Cost.FREE),
    ],
)
def test_cost_is_unknown_where_autumn_leaves_the_price_out(changes: dict[str, Any], known: Cost) -> None:
    held = subscription(**changes)
    assert cost(held) is known


def test_product_of_entities_is_never_said_to_be_free() -> None:
    seat = plan("seat", price=None)
    bought = Purchase(plan_id="seat", plan=seat, scope="entity")
    ending = subscription("trial", canceled_at=NOW, expires_at=LATER, scope="entity")
    coming = subscription("seat", plan=seat, status="scheduled", started_at=LATER, scope="entity")
    holder = customer(purchases=[bought], subscriptions=[ending, coming])
    assert labels.FREE.lower() not in text_of(draw(overview(customer=holder), PLACE)).lower()
    assert labels.FREE.lower() not in text_of(draw(products(holder), AT_PRODUCTS)).lower()


def test_change_to_a_free_plan_is_a_cancellation() -> None:
    free = scheduled("free", plan=plan("free", price=None))
    unknown = scheduled("free", plan=None)
    assert [
        plan_changes(Customer(subscriptions=[cancelled(), next_plan]))[0].to_free
        for next_plan in (free, unknown, scheduled())
    ] == [True, False, False]
    assert not is_free(plan(price=None, items=[PlanItem(price=UsagePrice(amount=Decimal(1)))]))


ONCE, MONTHLY = PlanPrice(interval="one_off"), PlanPrice(interval="month")
UNIT_ONCE, UNIT_MONTHLY = (PlanItem(price=UsagePrice(interval=interval)) for interval in ("one_off", "month"))


@pytest.mark.parametrize(
    ("price", "items", "one_time"),
    [
        (ONCE, [], True),
        (None, [UNIT_ONCE], True),
        (ONCE, [UNIT_ONCE, PlanItem()], True),
        (MONTHLY, [], False),
        (ONCE, [UNIT_MONTHLY], False),
        (MONTHLY, [UNIT_ONCE], False),
        (None, [PlanItem()], False),
        (None, [], False),
    ],
)
def test_one_time_price_does_not_recur(
    price: PlanPrice | None, items: list[PlanItem], one_time: bool
) -> None:
    assert is_one_time(plan(price=price, items=items)) is one_time


def test_scheduled_plan_is_shown_after_the_running_one() -> None:
    scheduled = subscription("team", status="scheduled", started_at=LATER)
    holder = customer(subscriptions=[scheduled, subscription("pro"), subscription("seats")])
    assert [held.plan_id for held in running_first(holder)] == ["pro", "seats", "team"]
    for text in (
        text_of(draw(overview(customer=holder), PLACE)),
        text_of(draw(products(holder), AT_PRODUCTS)),
        checks.fitting_text(find_card.matches(SeveralMatches("acme", (holder, holder), False, NOW))),
    ):
        assert text.index("Pro") < text.index("Team")
