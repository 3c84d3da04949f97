"""Entities: what they hold, how customers.get merges it, and changes to it."""

from typing import Any

import pytest

from sandbox.autumn import LocalAutumn
from tests.sandbox.autumn.conftest import Caller

PIED_PIPER = {"customer_id": "cus_piedpiper"}
MESSAGES = {**PIED_PIPER, "feature_id": "messages"}


async def _entity(call: Caller, entity_id: str = "workspace_1") -> Any:
    return await call.ok("entities.get", **PIED_PIPER, entity_id=entity_id)


async def test_entities_of_one_plan_are_merged_into_the_newest(autumn: LocalAutumn, call: Caller) -> None:
    answer = await call.ok("customers.get", **PIED_PIPER, expand=["subscriptions.plan"])
    own, merged = answer["subscriptions"]
    newest = max(
        (product for product in autumn.state.customers["cus_piedpiper"].products), key=lambda p: p.created_at
    )
    assert (own["plan_id"], own["scope"]) == ("pro", "customer")
    assert (merged["id"], merged["plan_id"], merged["scope"]) == (newest.id, "starter", "entity")
    assert (merged["quantity"], merged["current_period_end"]) == (1, None)
    assert (merged["plan"]["price"], merged["plan"]["items"]) == (None, [])


async def test_entities_are_listed_newest_first(call: Caller) -> None:
    first = await call.ok("entities.list", **PIED_PIPER, limit=3)
    second_page = await call.ok("entities.list", **PIED_PIPER, limit=3, start_cursor=first["next_cursor"])
    listed = first["list"] + second_page["list"]
    assert [entry["id"] for entry in listed] == [f"workspace_{n}" for n in (4, 3, 2, 1)]
    assert second_page["next_cursor"] is None
    assert {entry["subscriptions"][0]["current_period_end"] for entry in listed} != {None}
    assert (await call.ok("entities.list", customer_id="nobody"))["list"] == []
    differing = await call.ok("entities.list", search="middle-out")
    assert [entry["id"] for entry in differing["list"]] == ["workspace_2"]


async def test_total_of_the_customer_includes_entities_and_the_breakdown_does_not(call: Caller) -> None:
    answer = await call.balance("cus_piedpiper", "messages")
    assert answer["granted"] == 10_000 + 4 * 2_000
    assert [row["plan_id"] for row in answer["breakdown"]] == ["pro"]


async def test_change_for_an_entity_takes_its_own_row_first(call: Caller) -> None:
    before = await _entity(call)
    await call.ok("balances.update", **MESSAGES, entity_id="workspace_1", add_to_balance=7)
    own, shared = (await _entity(call))["balances"]["messages"]["breakdown"]
    assert (own["plan_id"], own["remaining"]) == ("starter", 1_607)
    assert shared == before["balances"]["messages"]["breakdown"][1]


async def test_setting_an_entitys_remainder_consumes_shared_balances(call: Caller) -> None:
    await call.ok("balances.update", **MESSAGES, entity_id="workspace_1", remaining=100)
    own, shared = (await _entity(call))["balances"]["messages"]["breakdown"]
    assert (own["remaining"], shared["remaining"]) == (0, 100)


@pytest.mark.parametrize("named", [{}, {"balance_id": "mine"}])
async def test_row_of_an_entity_is_only_changed_by_naming_the_entity(
    call: Caller, named: dict[str, str]
) -> None:
    grant = {**PIED_PIPER, "feature_id": "images"}
    await call.ok("balances.create", **grant, entity_id="workspace_1", included_grant=40, balance_id="mine")
    assert (await call.balance("cus_piedpiper", "images"))["breakdown"] == []
    await call.ok("balances.update", **grant, **named, add_to_balance=5)
    assert (await call.balance("cus_piedpiper", "images"))["remaining"] == 40


async def test_plan_attached_to_an_entity_belongs_to_it(call: Caller) -> None:
    attached = await call.ok("billing.attach", **PIED_PIPER, plan_id="support_plus", entity_id="workspace_2")
    assert attached["entity_id"] == "workspace_2"
    scopes = {
        subscription["plan_id"]: subscription["scope"]
        for subscription in (await _entity(call, "workspace_2"))["subscriptions"]
    }
    assert scopes == {"starter": "entity", "support_plus": "entity", "pro": "customer"}
    plans_of_the_other = {subscription["plan_id"] for subscription in (await _entity(call))["subscriptions"]}
    assert plans_of_the_other == {"starter", "pro"}
    unknown = await call.refused("billing.attach", **PIED_PIPER, plan_id="team", entity_id="nope")
    assert unknown == (404, "entity_not_found")


async def test_plan_of_an_entity_is_cancelled_by_its_entity_or_its_id(
    autumn: LocalAutumn, call: Caller
) -> None:
    cancel = {**PIED_PIPER, "cancel_action": "cancel_end_of_cycle"}
    assert await call.refused("billing.update", **cancel, plan_id="starter") == (404, "cus_product_not_found")
    await call.ok("billing.update", **cancel, plan_id="starter", entity_id="workspace_4")
    oldest = (await _entity(call))["subscriptions"][0]
    await call.ok("billing.update", **cancel, subscription_id=oldest["id"])
    products = autumn.state.customers["cus_piedpiper"].products
    cancelled = {product.entity_id for product in products if product.canceled_at is not None}
    assert cancelled == {"workspace_1", "workspace_4"}
    assert all(product.status == "active" for product in products), (
        "no default plan is scheduled for an entity"
    )
    merged = (await call.ok("customers.get", **PIED_PIPER))["subscriptions"][1]
    assert merged["canceled_at"] is not None, "the newest of four is cancelled, and so all seem to be"


async def test_next_invoices_name_the_entity(call: Caller) -> None:
    answer = await call.ok("customers.get", **PIED_PIPER, expand=["invoice_previews"])
    lines = [line["description"] for preview in answer["invoice_previews"] for line in preview["line_items"]]
    assert [line.rsplit("(", 1)[1] for line in lines if line.startswith("Starter")] == [
        "Compression)",
        "Middle-Out)",
        "workspace_3)",
        "Support <team>)",
    ]


async def test_created_entity_takes_a_seat_even_beyond_the_limit(call: Caller) -> None:
    body: dict[str, Any] = {"customer_id": "cus_brand_new", "feature_id": "seats"}
    for number in range(3):
        await call.ok("entities.create", **body, entity_id=f"desk_{number}")
    assert (await call.balance("cus_brand_new", "seats"))["usage"] == 3
    refusal = await call.refused("entities.create", **body, entity_id="desk_1")
    assert refusal == (409, "entity_already_exists")
    consumable = {**body, "feature_id": "messages", "entity_id": "desk_9"}
    assert await call.refused("entities.create", **consumable) == (400, "invalid_request")
    own = {**body, "entity_id": "desk_1", "included_grant": 4}
    assert await call.refused("balances.create", **own) == (400, "invalid_request")
