"""Coupons, and what customers.get shows of them."""

from typing import Any

import pytest

from sandbox.autumn import LocalAutumn
from tests.sandbox.autumn.conftest import Caller

EMPTY = {"customer_id": "cus_empty", "expand": ["rewards"]}
WITHOUT_STRIPE = (None, None)
WITH_COUPON = ("in Stripe", ["welcome20"])


async def _stripe_id_and_coupons(call: Caller) -> tuple[str | None, list[str] | None]:
    """Whether customers.get knows the Stripe customer, and the coupons it shows."""
    answer = await call.ok("customers.get", **EMPTY)
    coupons = answer.get("rewards") and [discount["id"] for discount in answer["rewards"]["discounts"]]
    return answer["stripe_id"] and "in Stripe", coupons


async def _put_coupon(call: Caller) -> Any:
    response = await call.request("POST", "/v1/customers/cus_empty/coupons/welcome20", json={})
    assert response.status_code == 200
    return response.json()


async def test_coupon_that_creates_the_stripe_customer_is_not_in_the_cached_customer(call: Caller) -> None:
    assert await _stripe_id_and_coupons(call) == WITHOUT_STRIPE
    answer = await _put_coupon(call)
    assert await _stripe_id_and_coupons(call) == WITHOUT_STRIPE
    listed = (await call.ok("customers.list", search="cus_empty"))["list"][0]
    assert answer["customer"]["processor"]["id"] == listed["stripe_id"] is not None
    assert answer["coupon"]["id"] == "welcome20"


async def test_coupon_is_shown_at_once_for_a_customer_not_cached(call: Caller) -> None:
    await _put_coupon(call)
    assert await _stripe_id_and_coupons(call) == WITH_COUPON


@pytest.mark.parametrize(
    "write",
    [
        ("customers.update", {"name": "Nothing Yet"}),
        ("billing.open_customer_portal", {}),
        ("customers/clear_cache", {}),
        ("rewards.redeem", {"code": "BONUS500"}),
    ],
)
async def test_another_write_refreshes_the_cached_customer(
    call: Caller, write: tuple[str, dict[str, str]]
) -> None:
    await _stripe_id_and_coupons(call)
    await _put_coupon(call)
    assert await _stripe_id_and_coupons(call) == WITHOUT_STRIPE
    route, body = write
    await call.ok(route, customer_id="cus_empty", **body)
    assert await _stripe_id_and_coupons(call) == WITH_COUPON


async def test_customers_update_answers_with_the_coupon_itself(call: Caller) -> None:
    await _stripe_id_and_coupons(call)
    await _put_coupon(call)
    assert (await call.ok("customers.update", customer_id="cus_empty", name="Nothing Yet"))["stripe_id"]


async def test_unseen_coupon_can_be_removed(call: Caller, autumn: LocalAutumn) -> None:
    await _stripe_id_and_coupons(call)
    await _put_coupon(call)
    response = await call.request("DELETE", "/v1/customers/cus_empty/coupons")
    assert response.status_code == 200
    assert autumn.state.customers["cus_empty"].discounts == []


async def test_coupon_made_in_stripe_is_not_listed_and_can_be_applied_by_its_id(call: Caller) -> None:
    listed = await call.ok("rewards.list")
    assert "vip15" not in {coupon["id"] for coupon in listed["coupons"]}
    assert await call.refused("rewards.get", reward_id="vip15") == (404, "reward_not_found")
    answer = await call.request("POST", "/v1/customers/cus_acme/coupons/vip15", json={})
    assert answer.json()["coupon"]["id"] == "vip15"
    read_answer = await call.ok(
        "customers.get", customer_id="cus_acme", expand=["rewards", "invoice_previews"]
    )
    (discount,) = read_answer["rewards"]["discounts"]
    assert (discount["id"], discount["name"], discount["discount_value"]) == ("vip15", "VIP, 15% off", 15)
    first = read_answer["invoice_previews"][0]
    assert first["total"] == pytest.approx(first["subtotal"] * 0.85)
