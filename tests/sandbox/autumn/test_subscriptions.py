"""Effects of subscription changes that their answers do not show."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sandbox.autumn import LocalAutumn
from tests.sandbox.autumn.conftest import Caller
from tests.waiting import wait_until

NORTHWIND = {"customer_id": "cus_northwind"}
PRO = {**NORTHWIND, "plan_id": "pro"}


async def _plans(call: Caller, customer_id: str = "cus_northwind") -> dict[str, Any]:
    answer = await call.ok("customers.get", customer_id=customer_id)
    return {subscription["plan_id"]: subscription for subscription in answer["subscriptions"]}


async def _attach_new(call: Caller, plan_id: str = "team") -> str:
    """A customer with a card and a plan."""
    await call.ok("customers.get_or_create", customer_id="cus_fresh", name="Fresh")
    await call.client.post("/_sandbox/card", json={"customer_id": "cus_fresh"})
    await call.ok("billing.attach", customer_id="cus_fresh", plan_id=plan_id)
    return "cus_fresh"


async def test_preview_writes_nothing_and_creates_nobody(autumn: LocalAutumn, call: Caller) -> None:
    before = await call.ok("customers.get", **NORTHWIND, expand=["invoices", "rewards"])
    for action in ("cancel_end_of_cycle", "cancel_immediately"):
        await call.ok("billing.preview_update", **PRO, cancel_action=action)
    await call.ok("billing.preview_attach", **NORTHWIND, plan_id="team")
    trial = {"free_trial": {"duration_length": 5, "duration_type": "day"}}
    await call.ok("billing.preview_update", **PRO, customize=trial)
    assert await call.ok("customers.get", **NORTHWIND, expand=["invoices", "rewards"]) == before
    unknown = {"customer_id": "cus_nobody", "plan_id": "pro"}
    for route, body in (
        ("billing.preview_attach", unknown),
        ("billing.preview_update", {**unknown, "cancel_action": "uncancel"}),
    ):
        assert await call.refused(route, **body) == (404, "customer_not_found")
    assert "cus_nobody" not in autumn.state.customers
    assert autumn.ledger == []


async def test_cancelling_again_moves_the_date_and_renews_the_scheduled_row(
    autumn: LocalAutumn, call: Caller
) -> None:
    await call.ok("billing.update", **PRO, cancel_action="cancel_end_of_cycle")
    first = await _plans(call)
    autumn.clock.move(timedelta(minutes=5))
    await call.ok("billing.update", **PRO, cancel_action="cancel_end_of_cycle")
    second = await _plans(call)
    assert second["pro"]["canceled_at"] - first["pro"]["canceled_at"] == 300_000
    assert second["free"]["id"] != first["free"]["id"]
    assert second["pro"]["expires_at"] == second["free"]["started_at"]


async def test_cancelling_while_a_switch_is_pending_leaves_the_customer_with_nothing(call: Caller) -> None:
    customer = await _attach_new(call)
    await call.ok("billing.attach", customer_id=customer, plan_id="starter")
    assert {
        plan: subscription["status"] for plan, subscription in (await _plans(call, customer)).items()
    } == {
        "starter": "scheduled",
        "team": "active",
    }
    await call.ok("billing.update", customer_id=customer, plan_id="team", cancel_action="cancel_end_of_cycle")
    assert list(await _plans(call, customer)) == ["team"]


async def test_uncancelling_cancels_a_pending_switch(call: Caller) -> None:
    customer = await _attach_new(call)
    await call.ok("billing.attach", customer_id=customer, plan_id="starter")
    await call.ok("billing.update", customer_id=customer, plan_id="team", cancel_action="uncancel")
    plans = await _plans(call, customer)
    assert (list(plans), plans["team"]["canceled_at"]) == (["team"], None)
    await call.ok("billing.update", customer_id=customer, plan_id="team", cancel_action="uncancel")


async def test_scheduled_plan_is_the_default_target(call: Caller) -> None:
    customer = await _attach_new(call)
    await call.ok("billing.attach", customer_id=customer, plan_id="starter")
    uncancel = {"customer_id": customer, "cancel_action": "uncancel"}
    assert await call.refused("billing.update", **uncancel) == (400, "invalid_request")
    await call.ok("billing.update", customer_id=customer, cancel_action="cancel_immediately")
    plans = await _plans(call, customer)
    assert (list(plans), plans["team"]["canceled_at"]) == (["team"], None)


async def test_current_plan_cannot_be_attached_while_a_switch_is_pending(
    call: Caller,
) -> None:
    customer = await _attach_new(call)
    await call.ok("billing.attach", customer_id=customer, plan_id="starter")
    refusal = await call.refused("billing.attach", customer_id=customer, plan_id="team")
    assert refusal == (409, "plan_already_attached")
    await call.ok("billing.attach", customer_id=customer, plan_id="starter")
    assert list(await _plans(call, customer)) == ["starter", "team"]


@pytest.mark.parametrize(
    ("options", "total", "refunded"),
    [
        ({}, "credit", 0),
        ({"proration_behavior": "none"}, None, 0),
        ({"no_billing_changes": True}, None, 0),
        ({"refund_last_payment": "full"}, None, "all"),
        ({"refund_last_payment": "prorated"}, None, "half"),
    ],
)
async def test_cancelling_now_settles_the_money_as_requested(
    autumn: LocalAutumn, call: Caller, options: dict[str, Any], total: str | None, refunded: object
) -> None:
    customer = await _attach_new(call, "starter")
    price = autumn.state.plans["starter"].price
    assert price is not None
    period = autumn.state.customers[customer].products[-1]
    assert period.period_end is not None
    autumn.clock.move(timedelta(milliseconds=(period.period_end - autumn.clock.ms()) / 2))
    body = {"customer_id": customer, "plan_id": "starter", "cancel_action": "cancel_immediately", **options}
    preview = await call.ok("billing.preview_update", **body)
    answer = await call.ok("billing.update", **body)
    half = pytest.approx(price["amount"] / 2, abs=0.02)
    if total == "credit":
        assert (-answer["invoice"]["total"], -preview["total"]) == (half, half)
        repeated = await call.ok("billing.preview_attach", customer_id=customer, plan_id="starter")
        assert repeated["invoice_credits"]["balance"] == half
        assert (repeated["subtotal"], repeated["total"]) == (price["amount"], half)
    else:
        assert "invoice" not in answer
    paid = next(
        entry
        for entry in (await call.ok("invoices.list", customer_id=customer))["list"]
        if entry["total"] > 0
    )
    given_back = {0: 0, "all": price["amount"], "half": half}[refunded]
    assert paid["refunded_amount"] == given_back
    assert ("refund" in preview) == bool(refunded)
    assert list(await _plans(call, customer)) == ["free"]
    assert await call.refused("billing.update", **body) == (404, "cus_product_not_found")


async def test_refund_and_proration_exclude_each_other(call: Caller) -> None:
    refund_and_proration = {"refund_last_payment": "full", "proration_behavior": "none"}
    now = {**PRO, "cancel_action": "cancel_immediately"}
    assert await call.refused("billing.update", **now, **refund_and_proration) == (400, "invalid_inputs")
    late = {**PRO, "cancel_action": "cancel_end_of_cycle", "refund_last_payment": "full"}
    assert await call.refused("billing.update", **late) == (400, "invalid_inputs")


async def test_overage_is_billed_by_a_switch_and_not_by_cancelling_now(call: Caller) -> None:
    balance = await call.balance("cus_northwind", "messages")
    assert balance["usage"] > balance["granted"]
    switch = await call.ok("billing.preview_attach", **NORTHWIND, plan_id="team")
    billed = [line["feature_id"] for line in switch["line_items"] if line["plan_id"] == "pro"]
    assert billed == [None, "messages"]
    cancelling = await call.ok("billing.preview_update", **PRO, cancel_action="cancel_immediately")
    assert [line["feature_id"] for line in cancelling["line_items"]] == [None]


async def test_default_plan_and_purchases_can_be_cancelled_now_and_free_plans_only_so(call: Caller) -> None:
    await call.ok("customers.get_or_create", customer_id="cus_fresh")
    free = {"customer_id": "cus_fresh", "plan_id": "free"}
    late = await call.refused("billing.update", **free, cancel_action="cancel_end_of_cycle")
    assert late == (400, "invalid_request")
    await call.ok("billing.update", **free, cancel_action="cancel_immediately")
    assert await _plans(call, "cus_fresh") == {}
    await call.ok("billing.attach", **free)
    assert list(await _plans(call, "cus_fresh")) == ["free"]


PREPAID = {"amount": 3, "interval": "month", "billing_method": "prepaid", "billing_units": 1}


async def _with_projects(call: Caller, quantity: float) -> dict[str, Any]:
    item = {"feature_id": "projects", "included": 1, "price": PREPAID}
    if (await call.post("features.get", feature_id="projects")).status_code == 404:
        await call.ok(
            "features.create", feature_id="projects", name="Projects", type="metered", consumable=False
        )
    price = {"amount": 9, "interval": "month"}
    await call.ok("plans.create", plan_id="desks", name="Desks", price=price, items=[item])
    customer = "cus_fresh"
    await call.ok("customers.get_or_create", customer_id=customer)
    await call.client.post("/_sandbox/card", json={"customer_id": customer})
    quantities = [{"feature_id": "projects", "quantity": quantity}]
    await call.ok("billing.attach", customer_id=customer, plan_id="desks", feature_quantities=quantities)
    return {"customer_id": customer, "plan_id": "desks"}


def _number(quantity: float) -> list[dict[str, Any]]:
    return [{"feature_id": "projects", "quantity": quantity}]


async def test_repeated_quantity_costs_what_was_not_charged_before(call: Caller) -> None:
    desks = await _with_projects(call, 3)
    free = await call.ok("billing.update", **desks, feature_quantities=_number(5), proration_behavior="none")
    assert "invoice" not in free
    assert (await call.balance("cus_fresh", "projects"))["granted"] == 5
    repeated = await call.ok("billing.update", **desks, feature_quantities=_number(5))
    assert repeated["invoice"]["total"] == pytest.approx(6, abs=0.01)
    third = await call.ok("billing.update", **desks, feature_quantities=_number(5))
    assert "invoice" not in third


@pytest.mark.parametrize(("quantity", "granted"), [(0, 1), (1, 1), (2.5, 3), (6, 6)])
async def test_quantity_is_raised_to_the_included_one_and_to_whole_packs(
    call: Caller, quantity: float, granted: float
) -> None:
    desks = await _with_projects(call, 4)
    await call.ok("billing.update", **desks, feature_quantities=_number(quantity))
    row = (await call.balance("cus_fresh", "projects"))["breakdown"][0]
    assert (row["included_grant"], row["prepaid_grant"]) == (1, granted - 1)


async def test_quantity_below_the_usage_is_accepted(call: Caller) -> None:
    desks = await _with_projects(call, 4)
    await call.ok("balances.track", customer_id="cus_fresh", feature_id="projects", value=4)
    lower = await call.ok("billing.update", **desks, feature_quantities=_number(2))
    assert lower["invoice"]["total"] == pytest.approx(-6, abs=0.01)
    answer = await call.balance("cus_fresh", "projects")
    assert (answer["granted"], answer["usage"], answer["remaining"]) == (2, 4, 0)


@pytest.mark.parametrize(
    "quantities", [[], [{"feature_id": "messages", "quantity": 3}], [{"feature_id": "nope", "quantity": 3}]]
)
async def test_quantities_of_other_features_are_ignored(
    call: Caller, quantities: list[dict[str, Any]]
) -> None:
    desks = await _with_projects(call, 4)
    answer = await call.ok("billing.update", **desks, feature_quantities=quantities)
    assert answer == {"customer_id": "cus_fresh", "payment_url": None}


@pytest.mark.parametrize("quantity", [-1, "3"])
async def test_invalid_quantity_is_refused(call: Caller, quantity: Any) -> None:
    desks = await _with_projects(call, 4)
    refused = await call.refused("billing.update", **desks, feature_quantities=_number(quantity))
    assert refused == (400, "invalid_inputs")


async def test_trial_counts_from_now_and_changes_every_id(autumn: LocalAutumn, call: Caller) -> None:
    umbrella = {"customer_id": "cus_umbrella", "plan_id": "pro"}
    before = await call.ok("customers.get", customer_id="cus_umbrella")
    trial = {"free_trial": {"duration_length": 10.9, "duration_type": "day"}}
    await call.ok("billing.update", **umbrella, customize=trial)
    after = await call.ok("customers.get", customer_id="cus_umbrella")
    old, new = before["subscriptions"][0], after["subscriptions"][0]
    assert new["trial_ends_at"] == autumn.clock.ms() + 10 * 86_400_000
    assert (new["id"] == old["id"], new["started_at"] == old["started_at"]) == (False, True)
    for feature_id, balance in after["balances"].items():
        was = before["balances"][feature_id]
        assert balance["usage"] == was["usage"]
        assert not {row["id"] for row in balance["breakdown"]} & {row["id"] for row in was["breakdown"]}
        assert balance["next_reset_at"] in (None, new["trial_ends_at"])


@pytest.mark.parametrize("length", [0, -1, 0.5])
async def test_trial_that_ends_in_the_past_is_refused_by_the_call_alone(call: Caller, length: float) -> None:
    body = {"customer_id": "cus_umbrella", "plan_id": "pro"}
    customize = {"free_trial": {"duration_length": length, "duration_type": "day"}}
    await call.ok("billing.preview_update", **body, customize=customize)
    assert await call.refused("billing.update", **body, customize=customize) == (400, "stripe_error")


async def test_top_level_trial_is_dropped_and_excludes_an_anchor(call: Caller) -> None:
    body = {"customer_id": "cus_umbrella", "plan_id": "pro"}
    trial = {"duration_length": 3, "duration_type": "day"}
    assert await call.refused("billing.update", **body, free_trial=trial) == (400, "invalid_inputs")
    anchored = await call.refused("billing.update", **body, billing_cycle_anchor="now")
    assert anchored == (400, "invalid_request")


async def test_ending_a_trial_charges_now_or_waits_for_a_card(autumn: LocalAutumn, call: Caller) -> None:
    end = {"customer_id": "cus_umbrella", "plan_id": "pro", "customize": {"free_trial": None}}
    autumn.set_card("cus_umbrella", on_file=False)
    waiting = await call.ok("billing.update", **end)
    assert (waiting["invoice"]["status"], waiting["required_action"]["code"]) == (
        "open",
        "payment_method_required",
    )
    assert (await _plans(call, "cus_umbrella"))["pro"]["trial_ends_at"] is not None
    autumn.pay(waiting["invoice"]["stripe_id"])
    assert (await _plans(call, "cus_umbrella"))["pro"]["trial_ends_at"] is None
    paid = (await call.ok("invoices.list", customer_id="cus_umbrella"))["list"][0]
    assert (paid["status"], paid["amount_paid"]) == ("paid", waiting["invoice"]["total"])


async def test_trial_of_a_running_plan_credits_it_first(call: Caller) -> None:
    customer = await _attach_new(call, "starter")
    trial = {"free_trial": {"duration_length": 7, "duration_type": "day"}}
    answer = await call.ok("billing.update", customer_id=customer, plan_id="starter", customize=trial)
    assert answer["invoice"]["total"] < 0


async def test_custom_price_keeps_every_id(call: Caller) -> None:
    customer = await _attach_new(call, "starter")
    before = await call.ok("customers.get", customer_id=customer)
    price = {"amount": 15, "interval": "month"}
    answer = await call.ok(
        "billing.update", customer_id=customer, plan_id="starter", customize={"price": price}
    )
    after = await call.ok("customers.get", customer_id=customer)
    assert (answer["invoice"]["total"] < 0, after) == (True, before)
    expanded = await call.ok("customers.get", customer_id=customer, expand=["subscriptions.plan"])
    assert expanded["subscriptions"][0]["plan"]["price"]["amount"] == 15


async def test_grants_and_usage_end_with_a_switch_unless_carried_over(call: Caller) -> None:
    customer = await _attach_new(call, "starter")
    messages = {"customer_id": customer, "feature_id": "messages"}
    await call.ok("balances.track", **messages, value=40)
    await call.ok("balances.create", **messages, included_grant=77, balance_id="loose")
    old = await call.balance(customer, "messages")
    carried = {"carry_over_balances": {"enabled": True}, "carry_over_usages": {"enabled": True}}
    await call.ok("billing.attach", customer_id=customer, plan_id="team", **carried)
    new = await call.balance(customer, "messages")
    team, carry = (row for row in new["breakdown"] if row["id"] != "loose")
    assert (team["plan_id"], team["usage"], carry["plan_id"]) == ("team", 40, None)
    assert carry["remaining"] == old["remaining"] - 77
    assert carry["expires_at"] == old["next_reset_at"]
    await call.ok("billing.update", customer_id=customer, plan_id="team", cancel_action="cancel_immediately")
    after_switch = await call.balance(customer, "messages")
    assert [row["id"] for row in after_switch["breakdown"] if row["plan_id"] is None] == [
        "loose",
        carry["id"],
    ][::-1]


@pytest.mark.parametrize(
    ("options", "trouble"),
    [
        ({"invoice_mode": {"enabled": True}}, None),
        ({}, "3ds_required"),
        ({}, "payment_failed"),
        ({}, "payment_processing"),
    ],
)
async def test_success_is_not_applied_while_a_payment_is_awaited(
    autumn: LocalAutumn, call: Caller, options: dict[str, Any], trouble: str | None
) -> None:
    autumn.state.customers["cus_northwind"].payment_trouble = trouble
    answer = await call.ok("billing.attach", **NORTHWIND, plan_id="team", **options)
    assert (answer["invoice"]["status"], answer["payment_url"]) == (
        "open",
        answer["invoice"]["hosted_invoice_url"],
    )
    assert answer.get("required_action", {}).get("code") == trouble
    assert list(await _plans(call)) == ["pro"]
    assert "open" in (await call.client.get(answer["payment_url"])).text
    assert "paid" in (await call.client.post(answer["payment_url"])).text
    assert list(await _plans(call)) == ["team"]
    with pytest.raises(KeyError):
        autumn.pay(answer["invoice"]["stripe_id"])


async def test_customer_without_a_card_is_sent_to_a_checkout(call: Caller) -> None:
    await call.ok("customers.get_or_create", customer_id="cus_fresh")
    body = {"customer_id": "cus_fresh", "plan_id": "pro"}
    preview = await call.ok("billing.preview_attach", **body)
    assert (preview["redirect_to_checkout"], preview["checkout_type"]) == (True, "stripe_checkout")
    answer = await call.ok("billing.attach", **body)
    assert list(await _plans(call, "cus_fresh")) == ["free"]
    assert "Pay</button>" in (await call.client.get(answer["payment_url"])).text
    assert "Pay</button>" not in (await call.client.post(answer["payment_url"])).text
    assert list(await _plans(call, "cus_fresh")) == ["pro"]
    invoices = (await call.ok("invoices.list", customer_id="cus_fresh"))["list"]
    assert [invoice["status"] for invoice in invoices] == ["paid"]


async def test_payer_may_have_to_confirm_on_autumns_own_page(autumn: LocalAutumn, call: Caller) -> None:
    body = {**NORTHWIND, "plan_id": "team", "redirect_mode": "always"}
    assert (await call.ok("billing.preview_attach", **body))["checkout_type"] == "autumn_checkout"
    answer = await call.ok("billing.attach", **body)
    assert (set(answer), list(await _plans(call))) == ({"customer_id", "payment_url"}, ["pro"])
    autumn.pay(answer["payment_url"].rsplit("/", 1)[1])
    assert list(await _plans(call)) == ["team"]


async def test_coupon_on_a_subscription_is_kept_and_not_doubled(call: Caller) -> None:
    customer = await _attach_new(call, "starter")
    for discounts in ([{"reward_id": "loyal10"}], [{"reward_id": "loyal10"}], []):
        await call.ok("billing.update", customer_id=customer, plan_id="starter", discounts=discounts)
    answer = await call.ok("customers.get", customer_id=customer, expand=["rewards"])
    (discount,) = answer["rewards"]["discounts"]
    assert (discount["id"], discount["subscription_id"] is None) == ("loyal10", False)
    unknown = await call.post("billing.update", **PRO, discounts=[{"reward_id": "nope"}])
    assert unknown.json()["message"] == 'Invalid coupon ID: "nope"'


async def test_custom_subscription_ids_distinguish_two_of_a_plan(call: Caller) -> None:
    price = {"amount": 7, "interval": "month"}
    await call.ok("plans.create", plan_id="more", name="More", add_on=True, price=price)
    for number in (1, 2):
        await call.ok("billing.attach", **NORTHWIND, plan_id="more", subscription_id=f"more-{number}")
    cancel = {**NORTHWIND, "cancel_action": "cancel_end_of_cycle"}
    await call.ok("billing.update", **cancel, plan_id="more")
    answer = (await call.ok("customers.get", **NORTHWIND))["subscriptions"]
    cancelled = {
        subscription["id"]: subscription["canceled_at"] is not None
        for subscription in answer
        if subscription["plan_id"] == "more"
    }
    assert cancelled in ({"more-1": False, "more-2": True}, {"more-1": True, "more-2": False})
    await call.ok("billing.update", **cancel, subscription_id="more-1")
    await call.ok("billing.update", **cancel, subscription_id="more-2")
    answer = (await call.ok("customers.get", **NORTHWIND))["subscriptions"]
    assert all(subscription["canceled_at"] for subscription in answer if subscription["plan_id"] == "more")


async def test_second_billing_call_of_a_customer_is_locked_out(autumn: LocalAutumn, call: Caller) -> None:
    autumn.state.org.locks_billing = True
    autumn.faults.add("billing.attach", "latency", seconds=30, times=1)
    first = asyncio.create_task(call.post("billing.attach", **NORTHWIND, plan_id="team"))
    await wait_until(lambda: "cus_northwind" in autumn.billing_locks)
    second = await call.post("billing.update", **PRO, cancel_action="cancel_end_of_cycle")
    assert (second.status_code, second.json()["code"]) == (423, "lock_already_exists")
    other_change = {"customer_id": "cus_oscorp", "plan_id": "pro", "cancel_action": "cancel_end_of_cycle"}
    await call.ok("billing.update", **other_change)
    first.cancel()
    autumn.billing_locks.clear()
    await call.ok("billing.update", **PRO, cancel_action="uncancel")
    autumn.billing_locks.add("cus_northwind")
    assert (await call.refused("billing.update", **PRO, cancel_action="uncancel"))[0] == 423
    autumn.state.org.locks_billing = False
    await call.ok("billing.update", **PRO, cancel_action="uncancel")


async def test_thirty_first_billing_call_of_a_minute_is_refused_in_plain_text() -> None:
    async with LocalAutumn.running("demo") as autumn, httpx.AsyncClient(base_url=autumn.url) as client:
        caller = Caller(client, autumn.key)
        routes = ("billing.update", "billing.attach", "billing.setup_payment")
        for number in range(30):
            assert (await caller.post(routes[number % 3], customer_id="cus_acme")).status_code != 429
        refused = await caller.post("billing.update", customer_id="cus_acme")
        assert (refused.status_code, refused.text) == (429, "Too many requests, please try again later.")
        assert {"retry-after", "ratelimit-reset", "ratelimit-policy"} <= set(refused.headers)
        assert (await caller.post("billing.update", customer_id="cus_globex")).status_code != 429
        assert (await caller.post("billing.preview_attach", customer_id="cus_acme")).status_code != 429
