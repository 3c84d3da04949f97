"""Rules of the API that are easily overlooked: ids, limits, refusals, omitted fields."""

from typing import Any

import pytest

from sandbox.autumn import LocalAutumn
from sandbox.autumn.model import LocalCustomer
from sandbox.autumn.products import give
from tests.sandbox.autumn.conftest import Caller

OLD_IDS = ("user@old.example", "a/b", "x.y")


def _add(autumn: LocalAutumn, customer_id: str) -> LocalCustomer:
    state = autumn.state
    customer = LocalCustomer(state.ids.autumn("cus"), customer_id, "Old Form", None, state.now)
    state.customers.add(customer)
    give(state, customer, state.plans["free"])
    return customer


@pytest.mark.parametrize("customer_id", OLD_IDS)
async def test_old_ids_work_except_for_details_and_deletion(
    autumn: LocalAutumn, call: Caller, customer_id: str
) -> None:
    _add(autumn, customer_id)
    for route in ("customers.get", "customers.update", "customers.delete"):
        refused = await call.post(route, customer_id=customer_id)
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_inputs")
    await call.ok("balances.update", customer_id=customer_id, feature_id="messages", add_to_balance=5)
    await call.ok("balances.create", customer_id=customer_id, feature_id="images", included_grant=1)
    await call.ok("rewards.redeem", customer_id=customer_id, code="BONUS500")
    await call.ok("billing.open_customer_portal", customer_id=customer_id)
    listed = (await call.ok("customers.list", search=customer_id))["list"][0]
    assert listed["balances"]["messages"]["remaining"] == 605


@pytest.mark.parametrize("customer_id", OLD_IDS)
async def test_older_routes_read_and_change_customers_with_old_ids(
    autumn: LocalAutumn, call: Caller, customer_id: str
) -> None:
    _add(autumn, customer_id)
    path = f"/v1/customers/{customer_id.replace('/', '%2F')}"
    changed = await call.request("POST", path, json={"name": "New Name", "email": "new@name.example"})
    assert changed.status_code == 200, changed.text
    answer = (await call.request("GET", path)).json()
    assert (answer["id"], answer["name"], answer["email"]) == (customer_id, "New Name", "new@name.example")


async def test_empty_customer_id_lists_everybody(call: Caller) -> None:
    for route in ("invoices.list", "events.list"):
        page = await call.ok(route, customer_id="", limit=200)
        assert len({entry["customer_id"] for entry in page["list"]}) > 1


async def test_empty_email_is_refused_and_other_empty_details_become_null(call: Caller) -> None:
    refused = await call.post("customers.update", customer_id="cus_acme", email="")
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_inputs")
    answer = await call.ok("customers.update", customer_id="cus_acme", name="", fingerprint="")
    assert (answer["name"], answer["fingerprint"]) == (None, None)


async def test_payment_method_is_left_out_when_there_is_none(call: Caller) -> None:
    await call.ok("billing.open_customer_portal", customer_id="cus_empty")
    answer = await call.ok("customers.get", customer_id="cus_empty", expand=["payment_method"])
    assert answer["stripe_id"] is not None
    assert "payment_method" not in answer
    paying = await call.ok("customers.get", customer_id="cus_acme", expand=["payment_method"])
    assert paying["payment_method"]["card"]["last4"] == "4242"


@pytest.mark.parametrize("route", ["invoices.list", "customers.list"])
async def test_page_over_the_limit_of_the_organisation_is_refused(call: Caller, route: str) -> None:
    refused = await call.post(route, limit=1001)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_request")
    too_big = await call.post(route, limit=5001)
    assert (too_big.status_code, too_big.json()["code"]) == (400, "invalid_inputs")


async def test_duplicate_reward_id_is_refused(autumn: LocalAutumn, call: Caller) -> None:
    before = autumn.state.rewards["sorry50"]
    coupon: dict[str, Any] = {"id": "sorry50", "name": "Other", "type": "percentage_discount", "value": 1}
    coupon |= {"duration": {"type": "one_off"}, "promo_codes": []}
    assert (await call.post("rewards.create", coupon=coupon)).status_code == 400
    assert autumn.state.rewards["sorry50"] is before


async def test_organisation_names_the_maker_of_the_key_where_there_is_one(
    autumn: LocalAutumn, call: Caller
) -> None:
    assert "user" not in (await call.request("GET", "/v1/organization/me")).json()
    autumn.state.org.user = {"id": "user_1", "email": "ops@lumen.example", "name": "Ops"}
    assert (await call.request("GET", "/v1/organization/me")).json()["user"] == autumn.state.org.user


async def test_balance_has_fewer_fields_of_its_price_than_the_plan(call: Caller) -> None:
    row = (await call.balance("cus_northwind", "messages"))["breakdown"][0]
    assert row["price"] == {
        "amount": 1, "billing_units": 100, "billing_method": "usage_based", "max_purchase": None
    }  # fmt: skip


async def test_billing_cycle_reaches_back_from_now(call: Caller) -> None:
    await call.ok("customers.get_or_create", customer_id="cus_today")
    answer = await call.ok("events.aggregate", customer_id="cus_today", feature_id="messages", range="1bc")
    assert len(answer["list"]) == 31
    three = await call.ok("events.aggregate", customer_id="cus_today", feature_id="messages", range="3bc")
    assert len(three["list"]) == 91


@pytest.mark.parametrize("hidden", [False, True])
async def test_balances_of_a_past_due_plan_are_shown_unless_the_organisation_hides_them(
    autumn: LocalAutumn, call: Caller, hidden: bool
) -> None:
    autumn.state.org.include_past_due = not hidden
    answer = await call.ok("customers.get", customer_id="cus_globex", include_past_due=hidden)
    assert answer["subscriptions"][0]["past_due"] is True
    assert (answer["balances"] == {}) is hidden
