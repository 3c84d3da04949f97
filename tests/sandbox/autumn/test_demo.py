"""The demo's customers: every case of the look-up is among them."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from sandbox.autumn import LocalAutumn, LocalLimits
from tests.sandbox.autumn.conftest import NOON, Caller

EXPAND = [
    "invoices", "invoice_previews", "rewards", "entities", "subscriptions.plan", "purchases.plan",
    "balances.feature", "flags.feature", "trials_used", "referrals", "payment_method",
]  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def customers() -> AsyncIterator[dict[str | None, Any]]:
    """Every customer with everything expanded, by id."""
    async with (
        LocalAutumn.running("demo", NOON, limits=LocalLimits.off()) as autumn,
        httpx.AsyncClient(base_url=autumn.url) as client,
    ):
        call = Caller(client, autumn.key)
        differing = {}
        for customer in autumn.state.customers:
            customer_id = customer.id or customer.internal_id
            differing[customer.id] = await call.ok("customers.get", customer_id=customer_id, expand=EXPAND)
        yield differing


def statuses(customer: Any) -> set[str]:
    differing = set()
    for subscription in customer["subscriptions"]:
        differing.add("scheduled" if subscription["status"] == "scheduled" else "active")
        differing |= {"past due"} if subscription["past_due"] else set()
        differing |= {"trial"} if subscription["trial_ends_at"] else set()
        differing |= {"cancels"} if subscription["canceled_at"] else set()
    return differing


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_many_customers_cover_every_case(customers: dict[str | None, Any]) -> None:
    assert len(customers) >= 60
    assert statuses(customers["cus_globex"]) == {"active", "past due"}
    assert customers["cus_globex"]["balances"]["messages"]["usage"] == 12_000
    assert statuses(customers["cus_initech"]) == {"active", "cancels", "scheduled"}
    assert "trial" in statuses(customers["cus_umbrella"])
    assert "scheduled" in statuses(customers["cus_hooli"])
    assert len(customers["cus_wonka"]["purchases"]) == 3
    assert len(customers["cus_acme"]["subscriptions"]) == 3
    assert len(customers["cus_piedpiper"]["entities"]) == 4
    assert {subscription["scope"] for subscription in customers["cus_piedpiper"]["subscriptions"]} == {
        "customer",
        "entity",
    }
    assert len(customers["cus_many"]["balances"]) + len(customers["cus_many"]["flags"]) > 60
    assert {None, "cus_twin_a", "cus_ping", "org:legacy-7"} <= customers.keys()


async def test_balances_of_the_demo(customers: dict[str | None, Any]) -> None:
    def of(customer_id: str, feature_id: str) -> Any:
        return customers[customer_id]["balances"][feature_id]

    assert of("cus_stark", "messages")["unlimited"] is True
    assert of("cus_northwind", "messages")["overage_allowed"] is True
    assert of("cus_northwind", "messages")["usage"] == 13_460
    assert (of("cus_massive", "messages")["remaining"], of("cus_massive", "messages")["usage"]) == (0, 2_450)
    assert of("cus_gekko", "messages")["usage"] == -500
    assert len(of("cus_vandelay", "messages")["breakdown"]) >= 5
    assert len(of("cus_cyberdyne", "credits")["rollovers"]) == 2
    assert of("cus_cyberdyne", "credits")["feature"]["type"] == "credit_system"
    seats = of("cus_oscorp", "seats")
    assert (seats["remaining"], seats["usage"], seats["breakdown"][0]["reset"]) == (0, 8, None)
    entities = of("cus_piedpiper", "messages")
    assert entities["granted"] > sum(row["included_grant"] for row in entities["breakdown"])


async def test_invoices_and_discounts_of_the_demo(customers: dict[str | None, Any]) -> None:
    invoices = [invoice for customer in customers.values() for invoice in customer["invoices"]]
    assert {invoice["currency"] for invoice in invoices} == {"usd", "eur", "jpy"}
    assert {invoice["status"] for invoice in invoices} == {
        "draft",
        "open",
        "paid",
        "void",
        "uncollectible",
        "",
    }
    assert any(invoice["total"] < 0 for invoice in invoices)
    assert all(
        invoice["total"] == int(invoice["total"]) for invoice in invoices if invoice["currency"] == "jpy"
    )
    [preview] = customers["cus_northwind"]["invoice_previews"]
    assert preview["total"] == sum(line["total"] for line in preview["line_items"]) == 49 + 35
    discounts = customers["cus_coupons"]["rewards"]["discounts"]
    assert sorted(discount["subscription_id"] is None for discount in discounts) == [False, False, True]
    assert all(discount["start"] < 1e11 for discount in discounts), "seconds"
    assert "rewards" not in customers["cus_wayne"] or customers["cus_wayne"]["stripe_id"]
    assert "invoice_previews" not in customers["cus_empty"]
    assert customers["cus_initech"]["invoice_previews"] == []


async def test_demo_is_the_same_every_time() -> None:
    async def dump() -> str:
        async with (
            LocalAutumn.running("demo", NOON, limits=LocalLimits.off()) as autumn,
            httpx.AsyncClient(base_url=autumn.url) as client,
        ):
            call = Caller(client, autumn.key)
            page = await call.ok("customers.list", limit=1000)
            events = await call.ok("events.list", customer_id="cus_acme")
            return json.dumps([page, events])

    assert await dump() == await dump()
