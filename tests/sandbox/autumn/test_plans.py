"""Plans: what plans.create stores, and what attaching them does."""

import asyncio
from typing import Any

import pytest

from sandbox.autumn import LocalAutumn
from sandbox.autumn.months import DAY, next_after
from tests.sandbox.autumn.conftest import NOON, Caller

OSCORP = {"customer_id": "cus_oscorp"}
SEATS = {"amount": 5, "interval": "month", "billing_method": "usage_based"}
PREPAID = {"amount": 3, "interval": "month", "billing_method": "prepaid", "billing_units": 1}


async def _create(call: Caller, **plan: Any) -> Any:
    return await call.ok("plans.create", plan_id="made", name="Made", add_on=True, **plan)


async def _share_left(call: Caller) -> float:
    """The remaining share of the billing period."""
    answer = await call.ok("customers.get", **OSCORP)
    start, end = (answer["subscriptions"][0][f"current_period_{edge}"] for edge in ("start", "end"))
    return float((end - NOON.timestamp() * 1000) / (end - start))


async def _attached_plan(call: Caller) -> Any:
    answer = await call.ok("customers.get", **OSCORP)
    return next(subscription for subscription in answer["subscriptions"] if subscription["plan_id"] == "made")


async def test_plan_keeps_its_rollover(call: Caller) -> None:
    rollover = {"max": 50, "expiry_duration_type": "month", "expiry_duration_length": 2}
    item = {"feature_id": "images", "included": 100, "reset": {"interval": "month"}, "rollover": rollover}
    assert (await _create(call, items=[item]))["items"][0]["rollover"] == rollover
    await call.ok("billing.attach", **OSCORP, plan_id="made")
    assert (await call.balance("cus_oscorp", "images"))["rollovers"] == []


async def test_plan_keeps_its_trial_and_begins_with_it(autumn: LocalAutumn, call: Caller) -> None:
    price = {"amount": 20, "interval": "month"}
    item = {"feature_id": "images", "included": 200, "reset": {"interval": "month"}}
    created = await _create(
        call, price=price, items=[item], free_trial={"duration_length": 7, "duration_type": "day"}
    )
    assert created["free_trial"] == {"duration_length": 7, "duration_type": "day", "card_required": True}
    preview = await call.ok("billing.preview_attach", **OSCORP, plan_id="made")
    assert (preview["total"], preview["line_items"]) == (0, [])
    assert "invoice" not in await call.ok("billing.attach", **OSCORP, plan_id="made")
    ends = autumn.state.now + 7 * DAY
    assert (await _attached_plan(call))["trial_ends_at"] == ends
    assert (await call.balance("cus_oscorp", "images"))["next_reset_at"] == ends


async def test_prepaid_quantity_includes_what_the_plan_grants(call: Caller) -> None:
    await _create(call, items=[{"feature_id": "images", "included": 1, "price": PREPAID}])
    quantities = [{"feature_id": "images", "quantity": 5.5}]
    attached = await call.ok("billing.attach", **OSCORP, plan_id="made", feature_quantities=quantities)
    assert attached["invoice"]["total"] == pytest.approx(15 * await _share_left(call), abs=0.01)
    row = (await call.balance("cus_oscorp", "images"))["breakdown"][0]
    assert (row["included_grant"], row["prepaid_grant"]) == (1, 5)
    answer = await call.ok("customers.get", **OSCORP, expand=["invoice_previews"])
    (line,) = (item for preview in answer["invoice_previews"] for item in preview["line_items"]
               if item["plan_id"] == "made")  # fmt: skip
    assert (line["display_name"], line["quantity"], line["total"]) == ("Images", 6, 15)
    assert line["description"].startswith("Made - 6 images (from ")


@pytest.mark.parametrize(("price", "refused"), [(SEATS, True), (PREPAID, False)])
async def test_proration_is_for_prepaid_prices_only(
    call: Caller, price: dict[str, Any], refused: bool
) -> None:
    proration = {"on_increase": "prorate_immediately", "on_decrease": "prorate"}
    item = {"feature_id": "seats", "included": 2, "price": price, "proration": proration}
    response = await call.post("plans.create", plan_id="made", name="Made", items=[item])
    assert response.status_code == (400 if refused else 200)


async def test_plan_with_only_a_one_off_price_can_be_attached(call: Caller) -> None:
    price = {**PREPAID, "interval": "one_off", "billing_units": 100}
    await _create(call, items=[{"feature_id": "images", "price": price}])
    quantities = [{"feature_id": "images", "quantity": 300}]
    async with asyncio.timeout(30):
        attached = await call.ok("billing.attach", **OSCORP, plan_id="made", feature_quantities=quantities)
    assert attached["invoice"]["total"] == 9
    assert (await call.balance("cus_oscorp", "images"))["remaining"] == 300
    purchases = (await call.ok("customers.get", **OSCORP))["purchases"]
    assert [purchase["plan_id"] for purchase in purchases] == ["made"]


def test_interval_that_does_not_repeat_is_an_error() -> None:
    with pytest.raises(ValueError, match="one_off"):
        next_after(0, "one_off", 1, 10)


async def test_usage_billed_next_is_named_without_amounts(call: Caller) -> None:
    preview = await call.ok(
        "billing.preview_update", customer_id="cus_northwind", plan_id="pro", cancel_action="uncancel"
    )
    cycle = preview["next_cycle"]
    assert {usage_line_item["feature_id"] for usage_line_item in cycle["usage_line_items"]} == {
        "messages",
        "seats",
    }
    assert all("total" not in usage_line_item for usage_line_item in cycle["usage_line_items"])
    assert cycle["total"] == 49


async def test_seats_above_the_grant_are_a_line_of_the_next_invoice(call: Caller) -> None:
    answer = await call.ok("customers.get", customer_id="cus_oscorp", expand=["invoice_previews"])
    line = next(item for item in answer["invoice_previews"][0]["line_items"] if item["feature_id"] == "seats")
    assert (line["display_name"], line["quantity"], line["total"]) == ("Seats", 8, 24)
    assert line["description"].startswith("Pro - 8 seats (from ")
