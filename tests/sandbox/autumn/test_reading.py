"""Lists, pages, events, rewards, products and billing of the local Autumn."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from sandbox.autumn import AutumnClock, LocalAutumn, LocalLimits, generate
from sandbox.autumn.months import DAY, add_months, at, next_after, to_ms
from tests.sandbox.autumn.conftest import NOON, Caller

BILLING = ["rewards", "invoice_previews"]


async def every_page(call: Caller, route: str, limit: int, **body: Any) -> list[Any]:
    differing, cursor = [], ""
    while cursor is not None:
        page = await call.ok(route, limit=limit, start_cursor=cursor, **body)
        assert len(page["list"]) <= limit
        differing += page["list"]
        cursor = page["next_cursor"]
    return differing


async def test_pages_add_up_to_the_full_list(call: Caller) -> None:
    for route, limit, most, body in (
        ("invoices.list", 7, 1000, {"customer_id": "cus_busy"}),
        ("events.list", 300, 5000, {"customer_id": "cus_busy"}),
        ("invoices.list", 3, 1000, {"status": ["open"]}),
    ):
        paged = await every_page(call, route, limit, **body)
        full_list = await call.ok(route, limit=most, **body)
        assert [customer["id"] for customer in paged] == [entry["id"] for entry in full_list["list"]]
    assert len(await every_page(call, "invoices.list", 50, customer_id="cus_busy")) > 100


async def test_list_of_customers_ends_early_at_one_without_an_id(call: Caller) -> None:
    full_list = (await call.ok("customers.list", limit=1000))["list"]
    position = next(index for index, customer in enumerate(full_list) if customer["id"] is None)
    assert (await call.ok("customers.list", limit=position + 1))["next_cursor"] is None
    page = await call.ok("customers.list", limit=position)
    following = await call.ok("customers.list", limit=1000, start_cursor=page["next_cursor"])
    assert [entry["id"] for entry in page["list"] + following["list"]] == [entry["id"] for entry in full_list]


@pytest.mark.parametrize(
    ("search", "ids"),
    [
        (" ACME ", {"cus_acme"}),
        ("billing@twinpeaks.example", {"cus_twin_a", "cus_twin_b", "cus_twin_c"}),
        ("タイレル", {"cus_tyrell"}),
        ("cus_north%nd", {"cus_northwind"}),
        ("p_ed piper", {"cus_piedpiper"}),
        ("no such thing", set()),
    ],
)
async def test_search(call: Caller, search: str, ids: set[str]) -> None:
    assert {entry["id"] for entry in (await call.ok("customers.list", search=search))["list"]} == ids


async def test_filters_of_the_list(call: Caller) -> None:
    trial = await call.ok("customers.list", plans=[{"id": "enterprise"}])
    assert [entry["id"] for entry in trial["list"]] == ["cus_stark"]
    scheduled = await call.ok("customers.list", subscription_status="scheduled")
    assert {entry["id"] for entry in scheduled["list"]} == {"cus_hooli", "cus_initech"}
    expanded = await call.ok("customers.list", search="cus_acme", expand=["subscriptions.plan", "invoices"])
    assert expanded["list"][0]["subscriptions"][0]["plan"]["name"]
    assert "invoices" not in expanded["list"][0]


async def test_usage_adds_up_to_the_balance(call: Caller) -> None:
    balance = await call.balance("cus_acme", "messages")
    used, start = balance["usage"], add_months(balance["next_reset_at"], -1)
    cycle = await call.ok(
        "events.aggregate", customer_id="cus_acme", feature_id="messages", custom_range={"start": start}
    )
    assert cycle["total"]["messages"]["sum"] == used
    assert sum(entry["values"]["messages"] for entry in cycle["list"]) == used


@pytest.mark.parametrize(
    ("query", "bins"),
    [
        ({"range": "24h"}, 2),
        ({"range": "24h", "bin_size": "hour"}, 25),
        ({"range": "90d", "bin_size": "week"}, 14),
        ({"range": "90d", "bin_size": "month"}, 4),
        ({"range": "30d"}, 31),
    ],
)
async def test_usage_is_binned(call: Caller, query: dict[str, Any], bins: int) -> None:
    answer = await call.ok("events.aggregate", customer_id="cus_acme", feature_id="messages", **query)
    assert len(answer["list"]) == bins
    assert answer["list"] == sorted(answer["list"], key=lambda total: total["period"])


async def test_usage_is_grouped_by_property_and_by_deduction(call: Caller) -> None:
    customer = {"customer_id": "cus_cyberdyne", "range": "30d"}
    grouped = await call.ok("events.aggregate", feature_id="tokens", group_by="properties.model", **customer)
    for entry in grouped["list"]:
        assert sum(entry["grouped_values"]["tokens"].values()) == entry["values"]["tokens"]
    await call.ok("balances.track", customer_id="cus_cyberdyne", feature_id="images", value=2)
    deducted = await call.ok("events.aggregate", feature_id="images", aggregate_on="deducted", **customer)
    spent = sum(deduction["values"]["credits"]["deducted"] for deduction in deducted["deductions"])
    assert spent == pytest.approx(5 * deducted["total"]["images"]["sum"])
    assert spent >= 10
    without = await call.post("events.aggregate", feature_id="images", aggregate_on="deducted")
    assert without.status_code == 400


async def test_coupons_replace_each_other_and_are_removed(call: Caller) -> None:
    async def own() -> list[str]:
        answer = await call.ok("customers.get", customer_id="cus_northwind", expand=["rewards"])
        return [
            discount["id"]
            for discount in answer["rewards"]["discounts"]
            if discount["subscription_id"] is None
        ]

    for coupon in ("loyal10", "sorry50"):
        await call.request("POST", f"/v1/customers/cus_northwind/coupons/{coupon}", json={})
        assert await own() == [coupon]
    answer = await call.ok("customers.get", customer_id="cus_northwind", expand=["invoice_previews"])
    assert answer["invoice_previews"][0]["total"] == 42
    assert (await call.request("DELETE", "/v1/customers/cus_northwind/coupons")).status_code == 200
    assert await own() == []


async def test_preview_changes_nothing(autumn: LocalAutumn, call: Caller) -> None:
    before = await call.ok(
        "customers.get", customer_id="cus_northwind", expand=["rewards", "invoice_previews"]
    )
    for change in (
        {"discounts": [{"reward_id": "loyal10"}]},
        {"cancel_action": "cancel_end_of_cycle"},
        {"cancel_action": "cancel_immediately"},
    ):
        await call.ok("billing.preview_update", customer_id="cus_northwind", plan_id="pro", **change)
    after = await call.ok(
        "customers.get", customer_id="cus_northwind", expand=["rewards", "invoice_previews"]
    )
    assert after == before
    assert autumn.ledger == []


async def test_time_ends_starts_and_renews_plans(autumn: LocalAutumn, call: Caller) -> None:
    autumn.clock.move(timedelta(days=40))
    initech = await call.ok("customers.get", customer_id="cus_initech")
    assert [subscription["plan_id"] for subscription in initech["subscriptions"]] == ["free"]
    hooli = await call.ok("customers.get", customer_id="cus_hooli")
    assert [(subscription["plan_id"], subscription["status"]) for subscription in hooli["subscriptions"]] == [
        ("team", "active")
    ]
    umbrella = await call.ok("customers.get", customer_id="cus_umbrella")
    [pro] = umbrella["subscriptions"]
    assert pro["trial_ends_at"] is None
    assert pro["current_period_start"] <= autumn.clock.ms() < pro["current_period_end"]
    expired = await call.request("GET", "/v1/customers/cus_initech/products?status=expired")
    assert [entry["product_id"] for entry in expired.json()["list"]] == ["pro"]


async def test_expired_products_are_paged(call: Caller) -> None:
    path = "/v1/customers/cus_wayne/products?status=expired&limit=2"
    page = (await call.request("GET", path)).json()
    second_page = (await call.request("GET", f"{path}&start_cursor={page['next_cursor']}")).json()
    names = [entry["product"]["name"] for entry in page["list"] + second_page["list"]]
    assert sorted(names) == ["Pro", "Starter", "Team"]
    assert (page["total_count"], second_page["next_cursor"]) == (3, None)
    all_products = (await call.request("GET", "/v1/customers/cus_wayne/products?status=all")).json()
    assert all_products["total_count"] == 4
    assert (await call.request("GET", "/v1/customers/cus_wayne/products?limit=x")).status_code == 400
    assert (await call.request("GET", "/v1/customers/cus_wayne/products?limit=101")).status_code == 400


async def test_invoice_pages_are_readable(autumn: LocalAutumn, call: Caller) -> None:
    listed = (await call.ok("invoices.list", customer_id="cus_books"))["list"]
    by_status = {entry["status"]: entry for entry in listed}
    assert by_status["draft"]["hosted_invoice_url"] is None
    answer = await call.client.get(by_status["open"]["hosted_invoice_url"])
    assert "Ledger &amp; Sons" in answer.text
    portal = await call.ok("billing.open_customer_portal", customer_id="cus_books")
    assert (await call.client.get(portal["url"])).status_code == 200
    assert (await call.client.get(f"{autumn.url}/invoices/hosted_invoice_url/inv_none")).status_code == 404


async def test_hosted_invoices_are_limited() -> None:
    async with LocalAutumn.running("demo") as autumn, httpx.AsyncClient(base_url=autumn.url) as client:
        answers = [(await client.get("/invoices/hosted_invoice_url/none")).status_code for _ in range(11)]
    assert answers[-2:] == [404, 429]


async def test_entity_is_read_and_given_a_balance(call: Caller) -> None:
    listed = (await call.ok("entities.list", customer_id="cus_piedpiper"))["list"]
    entity = await call.ok("entities.get", customer_id="cus_piedpiper", entity_id="workspace_1")
    assert entity == listed[-1]
    assert entity["name"] == "Compression"
    customer = {"customer_id": "cus_piedpiper", "feature_id": "messages"}
    await call.ok("balances.create", **customer, entity_id="workspace_1", included_grant=40, balance_id="w1")
    after = await call.ok("entities.get", customer_id="cus_piedpiper", entity_id="workspace_1")
    assert after["balances"]["messages"]["granted"] == entity["balances"]["messages"]["granted"] + 40
    missing = await call.post("entities.get", customer_id="cus_piedpiper", entity_id="nope")
    assert missing.json()["code"] == "entity_not_found"


async def test_twenty_thousand_customers_can_be_searched() -> None:
    async with (
        LocalAutumn.running(20_000, limits=LocalLimits.off()) as autumn,
        httpx.AsyncClient(base_url=autumn.url) as client,
    ):
        call = Caller(client, autumn.key)
        first = await call.ok("customers.get", customer_id="cus_0004200")
        answer = await call.ok("customers.list", search="Amber Labs 19900")
        page = await call.ok("customers.list", limit=5)
        await call.ok("customers.update", customer_id="cus_0004200", name="Renamed")
        repeated = await call.ok("customers.get", customer_id="cus_0004200")
        unpaid = await call.ok("invoices.list", status=["open"], limit=200)
    assert first["email"].startswith("billing4200@")
    assert [entry["id"] for entry in answer["list"]] == ["cus_0019900"]
    assert page["list"][0]["id"] == "cus_0019999"
    assert repeated["name"] == "Renamed"
    assert len(unpaid["list"]) == 200


def test_generated_customers_are_the_same_every_time() -> None:
    clock = AutumnClock(NOON)
    first_run, second_run = (
        generate(100, clock).customers["cus_0000003"],
        generate(100, clock).customers["cus_0000003"],
    )
    assert first_run == second_run
    assert len(list(generate(100, clock).customers)) == 100


def test_months_have_their_last_day() -> None:
    end_of_january = to_ms(at(0).replace(year=2026, month=1, day=31))
    assert at(add_months(end_of_january, 1)).day == 28
    assert at(next_after(end_of_january, "month", 1, add_months(end_of_january, 2) - DAY)).day == 31
