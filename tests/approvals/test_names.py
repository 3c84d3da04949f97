"""What a card says about the customer: names instead of ids, and the customer's standing."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from bot.approvals.lifecycle import Record, State
from bot.approvals.names import CustomerNames, KnownNames, customer_summary
from bot.autumn.client import Autumn, Limits
from bot.autumn.models import Customer, Environment, RewardList
from bot.changes.deletion.request import DeletionInput
from bot.changes.model import Facts
from tests.autumn.scripted import Scripted, error, listing, ok

PRO = {
    "plan_id": "pro",
    "status": "active",
    "plan": {"id": "pro", "name": "Pro*", "price": {"amount": 49, "currency": "usd", "interval": "month"}},
}
OPEN = {"id": "in_1", "status": "open", "total": 24.5, "currency": "usd"}
NOW = datetime(2026, 11, 22, tzinfo=UTC)


async def test_card_has_no_names_when_autumn_does_not_answer() -> None:
    unknown = httpx.MockTransport(lambda _request: httpx.Response(404, json={}))
    autumn = Autumn(key=SecretStr("am_sk_test_1"), transport=unknown, limits=Limits(general=10_000))
    names = CustomerNames(autumn)
    for number in range(501):
        assert await names.of(_deletion(f"cus_{number}")) == KnownNames()
    assert len(names._names) == 500
    await autumn.aclose()


async def test_names_are_refreshed_and_kept_after_deletion() -> None:
    """Features and coupons the customer does not have are named from the organisation's lists."""
    script = Scripted(
        {
            "customers.get": [
                ok({"id": "cus_1", "name": "Old"}),
                ok({"id": "cus_1", "name": "New"}),
                error(404),
            ],
            "plans.list": listing({"id": "pro", "name": "Pro"}),
            "features.list": listing({"id": "tokens", "name": "Tokens"}),
            "rewards.list": ok({"coupons": [{"id": "ten", "name": "10% off"}]}),
        }
    )
    clock = SimpleNamespace(now=0.0)
    autumn = script.client()
    names = CustomerNames(autumn, clock=lambda: clock.now)
    first = await names.about("cus_1", coupons=True)
    assert first == KnownNames("Old", {"pro": "Pro", "tokens": "Tokens", "ten": "10% off"})
    assert await names.about("cus_1", coupons=True) == first
    assert await names.about("cus_1", coupons=False) == first
    clock.now = 61
    assert (await names.about("cus_1", coupons=True)).customer == "New"
    clock.now = 122
    assert await names.about("cus_1", coupons=True) == KnownNames("New", first.names)
    await autumn.aclose()


async def test_names_read_for_a_change_are_not_read_again() -> None:
    script = Scripted(
        {
            "customers.get": [ok({"id": "cus_1", "name": "Asked for"})],
            "plans.list": listing({"id": "pro", "name": "Pro"}),
            "features.list": listing({"id": "tokens", "name": "Tokens"}),
        }
    )
    autumn = script.client()
    names = CustomerNames(autumn)
    customer = Customer.model_validate({"id": "cus_1", "name": "Read"})
    rewards = RewardList.model_validate({"coupons": [{"id": "ten", "name": "10% off"}]})
    names.learn("cus_1", Facts(customer=customer, read_at=NOW))
    assert await names.about("cus_1", coupons=False) == KnownNames("Read", {"pro": "Pro", "tokens": "Tokens"})
    names.learn("cus_2", Facts(customer=customer, read_at=NOW, rewards=rewards))
    assert (await names.about("cus_2", coupons=True)).names["ten"] == "10% off"
    assert "customers.get" not in [call.route for call in script.received]
    await autumn.aclose()


async def test_names_for_a_list_have_coupons_only_where_a_kind_is_about_them() -> None:
    script = Scripted(
        {
            "plans.list": listing({"id": "pro", "name": "Pro"}),
            "features.list": listing({"id": "tokens", "name": "Tokens"}),
            "rewards.list": [ok({"coupons": [{"id": "ten", "name": "10% off"}]}), error(403)],
        }
    )
    clock = SimpleNamespace(now=0.0)
    autumn = script.client()
    names = CustomerNames(autumn, clock=lambda: clock.now)
    expected = {"pro": "Pro", "tokens": "Tokens"}
    assert await names.for_kinds(["balance"]) == expected
    assert "rewards.list" not in [call.route for call in script.received]
    for _ in range(2):
        assert await names.for_kinds(["balance", "reward"]) == {**expected, "ten": "10% off"}
    clock.now = 61
    assert await names.for_kinds(["reward"]) == expected, "the key may not read them"
    assert [call.route for call in script.received].count("rewards.list") == 2
    await autumn.aclose()


def _deletion(customer: str) -> Record:
    return Record(
        id="1",
        state=State.WAITING,
        version=1,
        revision=1,
        kind="deletion",
        input=DeletionInput(customer=customer, typed=customer),
        customer_id=customer,
        env=Environment.SANDBOX,
        requester="U1",
        requester_team="T1",
        channel="",
        created_at=NOW,
        updated_at=NOW,
        expires_at=NOW,
        before={},
        lines=(),
    )


@pytest.mark.parametrize(
    ("customer", "line"),
    [
        ({}, ""),
        ({"subscriptions": [PRO]}, "Pro∗, $49.00 per month"),
        ({"subscriptions": [{"plan_id": "x", "status": "active"}]}, "x"),
        ({"subscriptions": [PRO | {"plan": {"id": "free", "name": "Free"}}]}, "Free"),
        ({"subscriptions": [PRO | {"status": "scheduled"}]}, ""),
        ({"subscriptions": [PRO | {"past_due": True}]}, "Pro∗, $49.00 per month · *past due*"),
        ({"invoices": [OPEN]}, "*$24.50 unpaid*"),
        ({"invoices": [OPEN | {"status": "paid"}]}, ""),
    ],
)
def test_standing_names_products_prices_and_debts(customer: dict[str, Any], line: str) -> None:
    assert customer_summary(Customer.model_validate({"id": "cus_1", **customer})) == line
