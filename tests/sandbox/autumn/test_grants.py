"""Standalone grants: what may be created, changed and deleted, and Autumn's silent cases."""

from typing import Any

import pytest

from sandbox.autumn import LocalAutumn
from sandbox.autumn.months import DAY
from tests.sandbox.autumn.conftest import Caller

FRESH = {"customer_id": "cus_fresh"}
IMAGES = {**FRESH, "feature_id": "images"}


@pytest.fixture(autouse=True)
async def fresh(call: Caller) -> None:
    await call.ok("customers.get_or_create", **FRESH)


async def _rows(call: Caller, feature_id: str = "images") -> dict[str, Any]:
    balances = (await call.ok("customers.get", **FRESH))["balances"]
    return {row["id"]: row for row in balances.get(feature_id, {"breakdown": []})["breakdown"]}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 500),
        ({"included_grant": 5, "unlimited": True}, 500),
        ({"feature_id": "sso", "included_grant": 1}, 500),
        ({"included_grant": "5"}, 400),
        ({"included_grant": -5}, 200),
        ({"included_grant": 0}, 200),
        ({"included_grant": 1.5}, 200),
        ({"included_grant": 5, "expires_at": 1000}, 200),
        ({"included_grant": 5, "next_reset_at": 4_000_000_000_000}, 400),
        ({"included_grant": 5, "reset": {"interval": "month"}, "next_reset_at": 1000}, 400),
        ({"feature_id": "nope", "included_grant": 5}, 404),
        ({"entity_id": "nope", "included_grant": 5}, 404),
    ],
)
async def test_invalid_grants_are_refused_as_by_autumn(
    call: Caller, body: dict[str, Any], status: int
) -> None:
    assert (await call.post("balances.create", **{**IMAGES, **body})).status_code == status


async def test_reset_with_an_expiry_never_resets_and_seats_have_none(
    autumn: LocalAutumn, call: Caller
) -> None:
    reset = {"interval": "month"}
    later = autumn.clock.ms() + 40 * DAY
    await call.ok(
        "balances.create", **IMAGES, included_grant=5, reset=reset, expires_at=later, balance_id="both"
    )
    await call.ok("balances.create", **IMAGES, included_grant=5, reset=reset, balance_id="monthly")
    await call.ok(
        "balances.create", **FRESH, feature_id="seats", included_grant=2, reset=reset, balance_id="s"
    )
    rows = await _rows(call)
    assert (rows["both"]["reset"]["resets_at"], rows["both"]["expires_at"]) == (None, later)
    assert rows["monthly"]["reset"]["resets_at"] is not None
    assert (await _rows(call, "seats"))["s"]["reset"] is None


async def test_unlimited_grant_hides_other_rows_and_has_its_own_id(call: Caller) -> None:
    await call.ok("balances.create", **IMAGES, included_grant=5, balance_id="five")
    await call.ok("balances.create", **IMAGES, unlimited=True, balance_id="all")
    answer = await call.balance("cus_fresh", "images")
    assert (answer["granted"], answer["unlimited"], len(answer["breakdown"])) == (0, True, 1)
    assert answer["breakdown"][0]["id"] != "all"
    await call.ok("balances.update", **IMAGES, balance_id="all", expires_at=4_000_000_000_000)
    assert (await call.balance("cus_fresh", "images"))["breakdown"][0]["expires_at"] is None
    await call.ok("balances.delete", **IMAGES, balance_id="all")
    assert list(await _rows(call)) == ["five"]


async def test_boolean_grant_is_a_flag_with_a_date(autumn: LocalAutumn, call: Caller) -> None:
    sso = {**FRESH, "feature_id": "sso", "balance_id": "s1"}
    await call.ok("balances.create", **sso)
    assert await call.refused("balances.create", **{**sso, "balance_id": "s2"}) == (409, "invalid_request")
    later = autumn.clock.ms() + DAY
    await call.ok("balances.update", **sso, expires_at=later)
    flag = (await call.ok("customers.get", **FRESH))["flags"]["sso"]
    assert (flag["id"], flag["expires_at"]) == ("s1", later)
    await call.ok("balances.delete", **sso)
    assert (await call.ok("customers.get", **FRESH))["flags"] == {}


async def test_used_up_grant_disappears_and_keeps_its_id(call: Caller) -> None:
    await call.ok("balances.create", **IMAGES, included_grant=5, balance_id="five")
    await call.ok("balances.track", **IMAGES, value=5)
    for answer in (
        await call.ok("customers.get", **FRESH),
        (await call.ok("customers.list", search="cus_fresh"))["list"][0],
    ):
        assert "images" not in answer["balances"]
    check = await call.ok("balances.check", **IMAGES)
    assert (check["allowed"], check["balance"]) == (False, None)
    await call.ok("balances.update", **IMAGES, balance_id="five", add_to_balance=4)
    assert await _rows(call) == {}
    assert await call.refused("balances.delete", **IMAGES, balance_id="five") == (404, "invalid_request")
    repeated = await call.refused("balances.create", **IMAGES, included_grant=5, balance_id="five")
    assert repeated == (409, "invalid_request")
    await call.ok("balances.create", **IMAGES, included_grant=5, balance_id="another")
    assert list(await _rows(call)) == ["another"]


async def test_raised_grant_leaves_no_more_than_before(call: Caller) -> None:
    await call.ok("balances.create", **IMAGES, included_grant=30, balance_id="thirty")
    await call.ok("balances.update", **IMAGES, balance_id="thirty", included_grant=60)
    row = (await _rows(call))["thirty"]
    assert (row["included_grant"], row["remaining"], row["usage"]) == (60, 30, 30)
    await call.ok("balances.update", **IMAGES, balance_id="thirty", add_to_balance=40)
    row = (await _rows(call))["thirty"]
    assert (row["included_grant"], row["remaining"], row["usage"]) == (60, 70, -10)


async def test_unknown_balance_is_updated_without_effect(call: Caller) -> None:
    await call.ok("balances.create", **IMAGES, included_grant=30, balance_id="thirty")
    before = await _rows(call)
    await call.ok("balances.update", **IMAGES, balance_id="nope", remaining=1)
    assert await _rows(call) == before


async def test_invalid_dates_are_refused_or_accepted_as_by_autumn(autumn: LocalAutumn, call: Caller) -> None:
    await call.ok("balances.create", **IMAGES, included_grant=30, balance_id="thirty")
    for body, code in (
        ({"expires_at": 1000}, "invalid_request"),
        ({"expires_at": None}, "invalid_inputs"),
        ({"next_reset_at": autumn.clock.ms() + DAY}, "invalid_request"),
    ):
        assert await call.refused("balances.update", **IMAGES, balance_id="thirty", **body) == (400, code)
    later = autumn.clock.ms() + DAY
    messages = {**FRESH, "feature_id": "messages"}
    await call.ok("balances.update", **messages, interval="month", expires_at=later)
    assert [row["expires_at"] for row in (await _rows(call, "messages")).values()] == [later]


async def test_deletion_by_feature_removes_its_rows_and_without_one_all(call: Caller) -> None:
    for balance_id in ("a", "b"):
        await call.ok("balances.create", **IMAGES, included_grant=5, balance_id=balance_id)
    await call.ok("balances.create", **FRESH, feature_id="messages", included_grant=5, balance_id="m")
    await call.ok("balances.delete", **FRESH, feature_id="messages")
    answer = await call.ok("customers.get", **FRESH)
    assert ("messages" in answer["balances"], "images" in answer["balances"]) == (False, True)
    assert await call.refused("balances.delete", **FRESH, balance_id="a") == (404, "invalid_request")
    await call.ok("balances.delete", **FRESH)
    answer = await call.ok("customers.get", **FRESH)
    assert (answer["balances"], answer["flags"]) == ({}, {})


async def test_deletion_may_move_the_usage_to_other_rows(call: Caller) -> None:
    await call.ok("balances.create", **IMAGES, included_grant=20, balance_id="kept")
    await call.ok("balances.create", **IMAGES, included_grant=20, balance_id="gone")
    await call.ok("balances.update", **IMAGES, balance_id="gone", usage=7)
    await call.ok("balances.delete", **IMAGES, balance_id="gone", recalculate_balances=True)
    assert (await _rows(call))["kept"]["usage"] == 7


async def test_seat_is_freed_when_its_entity_is_deleted(call: Caller) -> None:
    desk = {**FRESH, "entity_id": "desk", "feature_id": "seats"}
    await call.ok("entities.create", **desk)
    grant = {"entity_id": "desk", "feature_id": "images", "included_grant": 40, "balance_id": "own"}
    await call.ok("balances.create", **FRESH, **grant)
    assert (await call.balance("cus_fresh", "seats"))["usage"] == 1
    await call.ok("entities.delete", **FRESH, entity_id="desk")
    answer = await call.ok("customers.get", **FRESH)
    assert (answer["balances"]["seats"]["usage"], "images" in answer["balances"]) == (0, False)
    assert await call.refused("entities.get", **FRESH, entity_id="desk") == (404, "entity_not_found")
    assert await call.refused("entities.delete", **FRESH, entity_id="desk") == (404, "entity_not_found")
    empty = await call.ok("entities.create", **desk)
    assert "images" not in empty["balances"]


async def test_controls_of_an_entity_are_its_own(call: Caller) -> None:
    await call.ok("entities.create", **FRESH, entity_id="desk", feature_id="seats")
    limit = {"feature_id": "messages", "enabled": True, "overage_limit": 5}
    await call.ok("entities.update", entity_id="desk", billing_controls={"spend_limits": [limit]})
    answer = await call.ok("entities.get", **FRESH, entity_id="desk")
    assert answer["billing_controls"] == {"spend_limits": [limit]}
    assert (await call.ok("customers.get", **FRESH))["billing_controls"] == {}
    unknown = await call.refused("entities.get", entity_id="nobody_has_it")
    assert unknown == (500, "internal_error")
