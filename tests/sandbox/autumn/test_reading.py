"""Lists, pages, events, rewards, products, billing: what is asked of the local Autumn besides balances."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from sandbox.autumn import AutumnClock, LocalAutumn, LocalLimits, generate
from sandbox.autumn.months import DAY, add_months, at, next_after, to_ms
from tests.sandbox.autumn.conftest import NOON, Caller

BILLING = ["rewards", "invoice_previews"]


async def every_page(call: Caller, route: str, limit: int, **body: Any) -> list[Any]:
    found, cursor = [], ""
    while cursor is not None:
        page = await call.ok(route, limit=limit, start_cursor=cursor, **body)
        assert len(page["list"]) <= limit
        found += page["list"]
        cursor = page["next_cursor"]
    return found


async def test_pages_make_the_whole(call: Caller) -> None:
    for route, limit, most, body in (
        ("invoices.list", 7, 1000, {"customer_id": "cus_busy"}),
        ("events.list", 300, 5000, {"customer_id": "cus_busy"}),
        ("invoices.list", 3, 1000, {"status": ["open"]}),
    ):
        paged = await every_page(call, route, limit, **body)
        whole = await call.ok(route, limit=most, **body)
        assert [one["id"] for one in paged] == [one["id"] for one in whole["list"]]
    assert len(await every_page(call, "invoices.list", 50, customer_id="cus_busy")) > 100


async def test_a_list_of_customers_ends_early_at_one_without_an_id(call: Caller) -> None:
    whole = (await call.ok("customers.list", limit=1000))["list"]
    place = next(index for index, one in enumerate(whole) if one["id"] is None)
    assert (await call.ok("customers.list", limit=place + 1))["next_cursor"] is None
    page = await call.ok("customers.list", limit=place)
    rest = await call.ok("customers.list", limit=1000, start_cursor=page["next_cursor"])
    assert [one["id"] for one in page["list"] + rest["list"]] == [one["id"] for one in whole]


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
    assert {one["id"] for one in (await call.ok("customers.list", search=search))["list"]} == ids


async def test_filters_of_the_list(call: Caller) -> None:
    trial = await call.ok("customers.list", plans=[{"id": "enterprise"}])
    assert [one["id"] for one in trial["list"]] == ["cus_stark"]
    scheduled = await call.ok("customers.list", subscription_status="scheduled")
    assert {one["id"] for one in scheduled["list"]} == {"cus_hooli", "cus_initech"}
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
    assert sum(one["values"]["messages"] for one in cycle["list"]) == used


@pytest.mark.parametrize(
    ("asked", "bins"),
    [
        ({"range": "24h"}, 2),
        ({"range": "24h", "bin_size": "hour"}, 25),
        ({"range": "90d", "bin_size": "week"}, 14),
        ({"range": "90d", "bin_size": "month"}, 4),
        ({"range": "30d"}, 31),
    ],
)
async def test_bins(call: Caller, asked: dict[str, Any], bins: int) -> None:
    shown = await call.ok("events.aggregate", customer_id="cus_acme", feature_id="messages", **asked)
    assert len(shown["list"]) == bins
    assert shown["list"] == sorted(shown["list"], key=lambda one: one["period"])


async def test_usage_by_property_and_what_was_deducted(call: Caller) -> None:
    who = {"customer_id": "cus_cyberdyne", "range": "30d"}
    grouped = await call.ok("events.aggregate", feature_id="tokens", group_by="properties.model", **who)
    for one in grouped["list"]:
        assert sum(one["grouped_values"]["tokens"].values()) == one["values"]["tokens"]
    await call.ok("balances.track", customer_id="cus_cyberdyne", feature_id="images", value=2)
    deducted = await call.ok("events.aggregate", feature_id="images", aggregate_on="deducted", **who)
    spent = sum(one["values"]["credits"]["deducted"] for one in deducted["deductions"])
    assert spent == pytest.approx(5 * deducted["total"]["images"]["sum"])
    assert spent >= 10
    without = await call.post("events.aggregate", feature_id="images", aggregate_on="deducted")
    assert without.status_code == 400


async def test_coupons_replace_each_other_and_come_off(call: Caller) -> None:
    async def own() -> list[str]:
        shown = await call.ok("customers.get", customer_id="cus_northwind", expand=["rewards"])
        return [one["id"] for one in shown["rewards"]["discounts"] if one["subscription_id"] is None]

    for coupon in ("loyal10", "sorry50"):
        await call.request("POST", f"/v1/customers/cus_northwind/coupons/{coupon}", json={})
        assert await own() == [coupon]
    shown = await call.ok("customers.get", customer_id="cus_northwind", expand=["invoice_previews"])
    assert shown["invoice_previews"][0]["total"] == 42
    assert (await call.request("DELETE", "/v1/customers/cus_northwind/coupons")).status_code == 200
    assert await own() == []


async def test_a_preview_changes_nothing(autumn: LocalAutumn, call: Caller) -> None:
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
    assert [one["plan_id"] for one in initech["subscriptions"]] == ["free"]
    hooli = await call.ok("customers.get", customer_id="cus_hooli")
    assert [(one["plan_id"], one["status"]) for one in hooli["subscriptions"]] == [("team", "active")]
    umbrella = await call.ok("customers.get", customer_id="cus_umbrella")
    [pro] = umbrella["subscriptions"]
    assert pro["trial_ends_at"] is None
    assert pro["current_period_start"] <= autumn.clock.ms() < pro["current_period_end"]
    expired = await call.request("GET", "/v1/customers/cus_initech/products?status=expired")
    assert [one["product_id"] for one in expired.json()["list"]] == ["pro"]


async def test_expired_products_page_by_page(call: Caller) -> None:
    path = "/v1/customers/cus_wayne/products?status=expired&limit=2"
    page = (await call.request("GET", path)).json()
    rest = (await call.request("GET", f"{path}&start_cursor={page['next_cursor']}")).json()
    names = [one["product"]["name"] for one in page["list"] + rest["list"]]
    assert sorted(names) == ["Pro", "Starter", "Team"]
    assert (page["total_count"], rest["next_cursor"]) == (3, None)
    everything = (await call.request("GET", "/v1/customers/cus_wayne/products?status=all")).json()
    assert everything["total_count"] == 4
    assert (await call.request("GET", "/v1/customers/cus_wayne/products?limit=x")).status_code == 400
    assert (await call.request("GET", "/v1/customers/cus_wayne/products?limit=101")).status_code == 400


async def test_pages_for_people(autumn: LocalAutumn, call: Caller) -> None:
    listed = (await call.ok("invoices.list", customer_id="cus_books"))["list"]
    by_status = {one["status"]: one for one in listed}
    assert by_status["draft"]["hosted_invoice_url"] is None
    shown = await call.client.get(by_status["open"]["hosted_invoice_url"])
    assert "Ledger &amp; Sons" in shown.text
    portal = await call.ok("billing.open_customer_portal", customer_id="cus_books")
    assert (await call.client.get(portal["url"])).status_code == 200
    assert (await call.client.get(f"{autumn.url}/invoices/hosted_invoice_url/inv_none")).status_code == 404


async def test_hosted_invoices_are_limited() -> None:
    async with LocalAutumn.running("demo") as autumn, httpx.AsyncClient(base_url=autumn.url) as client:
        answers = [(await client.get("/invoices/hosted_invoice_url/none")).status_code for _ in range(11)]
    assert answers[-2:] == [404, 429]


async def test_entities(call: Caller) -> None:
    listed = (await call.ok("entities.list", customer_id="cus_piedpiper"))["list"]
    one = await call.ok("entities.get", customer_id="cus_piedpiper", entity_id="workspace_1")
    assert one == listed[-1]
    assert one["name"] == "Compression"
    who = {"customer_id": "cus_piedpiper", "feature_id": "messages"}
    await call.ok("balances.create", **who, entity_id="workspace_1", included_grant=40, balance_id="w1")
    after = await call.ok("entities.get", customer_id="cus_piedpiper", entity_id="workspace_1")
    assert after["balances"]["messages"]["granted"] == one["balances"]["messages"]["granted"] + 40
    missing = await call.post("entities.get", customer_id="cus_piedpiper", entity_id="nope")
    assert missing.json()["code"] == "entity_not_found"


async def test_a_hundred_thousand_customers() -> None:
    async with (
        LocalAutumn.running(100_000, limits=LocalLimits.off()) as autumn,
        httpx.AsyncClient(base_url=autumn.url) as client,
    ):
        call = Caller(client, autumn.key)
        first = await call.ok("customers.get", customer_id="cus_0042000")
        found = await call.ok("customers.list", search="Amber Labs 99900")
        page = await call.ok("customers.list", limit=5)
        await call.ok("customers.update", customer_id="cus_0042000", name="Renamed")
        again = await call.ok("customers.get", customer_id="cus_0042000")
        unpaid = await call.ok("invoices.list", status=["open"], limit=1000)
    assert first["email"].startswith("billing42000@")
    assert [one["id"] for one in found["list"]] == ["cus_0099900"]
    assert page["list"][0]["id"] == "cus_0099999"
    assert again["name"] == "Renamed"
    assert len(unpaid["list"]) == 1000


def test_generated_customers_are_the_same_every_time() -> None:
    clock = AutumnClock(NOON)
    one, other = generate(100, clock).customers["cus_0000003"], generate(100, clock).customers["cus_0000003"]
    assert one == other
    assert len(list(generate(100, clock).customers)) == 100


def test_months() -> None:
    end_of_january = to_ms(at(0).replace(year=2026, month=1, day=31))
    assert at(add_months(end_of_january, 1)).day == 28
    assert at(next_after(end_of_january, "month", 1, add_months(end_of_january, 2) - DAY)).day == 31
