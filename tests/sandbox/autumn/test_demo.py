"""The demonstration's customers: every case of the look-up is among them."""

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
        found = {}
        for who in autumn.state.customers:
            asked = who.id or who.internal_id
            found[who.id] = await call.ok("customers.get", customer_id=asked, expand=EXPAND)
        yield found


def statuses(customer: Any) -> set[str]:
    found = set()
    for one in customer["subscriptions"]:
        found.add("scheduled" if one["status"] == "scheduled" else "active")
        found |= {"past due"} if one["past_due"] else set()
        found |= {"trial"} if one["trial_ends_at"] else set()
        found |= {"cancels"} if one["canceled_at"] else set()
    return found


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_there_are_many_and_each_case_is_shown(customers: dict[str | None, Any]) -> None:
    assert len(customers) >= 60
    assert statuses(customers["cus_globex"]) == {"active", "past due"}
    assert customers["cus_globex"]["balances"]["messages"]["usage"] == 12_000
    assert statuses(customers["cus_initech"]) == {"active", "cancels", "scheduled"}
    assert "trial" in statuses(customers["cus_umbrella"])
    assert "scheduled" in statuses(customers["cus_hooli"])
    assert len(customers["cus_wonka"]["purchases"]) == 3
    assert len(customers["cus_acme"]["subscriptions"]) == 3
    assert len(customers["cus_piedpiper"]["entities"]) == 4
    assert {one["scope"] for one in customers["cus_piedpiper"]["subscriptions"]} == {"customer", "entity"}
    assert len(customers["cus_many"]["balances"]) + len(customers["cus_many"]["flags"]) > 60
    assert {None, "cus_twin_a", "cus_ping", "org:legacy-7"} <= customers.keys()


async def test_the_balances(customers: dict[str | None, Any]) -> None:
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
    assert entities["granted"] > sum(one["included_grant"] for one in entities["breakdown"])


async def test_the_money(customers: dict[str | None, Any]) -> None:
    invoices = [one for who in customers.values() for one in who["invoices"]]
    assert {one["currency"] for one in invoices} == {"usd", "eur", "jpy"}
    assert {one["status"] for one in invoices} == {"draft", "open", "paid", "void", "uncollectible", ""}
    assert any(one["total"] < 0 for one in invoices)
    assert all(one["total"] == int(one["total"]) for one in invoices if one["currency"] == "jpy")
    [preview] = customers["cus_northwind"]["invoice_previews"]
    assert preview["total"] == sum(line["total"] for line in preview["line_items"]) == 49 + 35
    discounts = customers["cus_coupons"]["rewards"]["discounts"]
    assert sorted(one["subscription_id"] is None for one in discounts) == [False, False, True]
    assert all(one["start"] < 1e11 for one in discounts), "seconds"
    assert "rewards" not in customers["cus_wayne"] or customers["cus_wayne"]["stripe_id"]
    assert "invoice_previews" not in customers["cus_empty"]
    assert customers["cus_initech"]["invoice_previews"] == []


async def test_the_same_every_time() -> None:
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
