"""Billing controls, and the checks and usage they govern."""

from typing import Any

import pytest

from sandbox.autumn import LocalAutumn
from tests.sandbox.autumn.conftest import Caller

FRESH = {"customer_id": "cus_fresh"}
MESSAGES = {**FRESH, "feature_id": "messages"}


@pytest.fixture(autouse=True)
async def fresh(autumn: LocalAutumn, call: Caller) -> None:
    """A customer with 100 messages."""
    await call.ok("customers.get_or_create", **FRESH)
    granted = (await call.balance("cus_fresh", "messages"))["granted"]
    await call.ok("balances.update", **MESSAGES, remaining=100, included_grant=100)
    assert granted


async def _set(call: Caller, **controls: Any) -> Any:
    return (await call.ok("customers.update", **FRESH, billing_controls=controls))["billing_controls"]


async def test_named_list_is_replaced_and_others_stay(call: Caller) -> None:
    limits = [{"feature_id": "messages", "limit": 5, "interval": "day"}]
    alerts = [{"feature_id": "messages", "threshold": 80, "threshold_type": "usage_percentage"}]
    await _set(call, usage_limits=limits, usage_alerts=alerts)
    answer = await _set(call, usage_alerts=[])
    assert (len(answer["usage_limits"]), answer["usage_alerts"]) == (1, [])
    assert await _set(call) == answer
    refused = await call.refused("customers.update", **FRESH, billing_controls=None)
    assert refused == (400, "invalid_inputs")


async def test_defaults_of_enabled_differ_by_kind(call: Caller) -> None:
    answer = await _set(
        call,
        usage_limits=[{"feature_id": "messages", "limit": 5, "interval": "day"}],
        usage_alerts=[{"feature_id": "messages", "threshold": 5, "threshold_type": "usage"}],
        spend_limits=[{"feature_id": "messages", "overage_limit": 5}],
        overage_allowed=[{"feature_id": "messages"}],
        auto_topups=[{"feature_id": "messages", "threshold": 5, "quantity": 10}],
    )
    enabled = {kind: entries[0]["enabled"] for kind, entries in answer.items()}
    assert enabled == {
        "usage_limits": True, "usage_alerts": True,
        "spend_limits": False, "overage_allowed": False, "auto_topups": False,
    }  # fmt: skip
    assert {entry["source"] for entries in answer.values() for entry in entries} == {"customer"}
    assert answer["usage_limits"][0]["usage"] == 0


async def test_controls_of_the_plan_are_marked_as_such(autumn: LocalAutumn, call: Caller) -> None:
    alert = {"feature_id": "messages", "enabled": True, "threshold": 90, "threshold_type": "usage_percentage"}
    autumn.state.plans["free"].billing_controls = {"usage_alerts": [alert]}
    answer = (await call.ok("customers.get", **FRESH))["billing_controls"]
    assert answer["usage_alerts"] == [{**alert, "source": "plan"}]
    own = await _set(call, usage_alerts=[{**alert, "threshold": 70}])
    assert own["usage_alerts"] == [{**alert, "threshold": 70, "source": "customer"}]


@pytest.mark.parametrize("feature_id", ["nope", "sso"])
async def test_features_of_controls_are_not_validated(call: Caller, feature_id: str) -> None:
    await _set(call, spend_limits=[{"feature_id": feature_id, "enabled": True, "overage_limit": 5}])
    await _set(call, auto_topups=[{"feature_id": feature_id, "threshold": 5, "quantity": 10}])


@pytest.mark.parametrize(
    ("kind", "entries"),
    [
        ("spend_limits", [{"feature_id": "messages", "overage_limit": n} for n in (1, 2)]),
        ("spend_limits", [{"feature_id": "messages", "overage_limit": -1}]),
        ("spend_limits", [{"enabled": True, "overage_limit": 5}]),
        ("auto_topups", [{"feature_id": "messages", "threshold": 5, "quantity": 0}]),
        ("usage_limits", [{"feature_id": "messages", "limit": "5", "interval": "day"}]),
        ("usage_limits", [{"feature_id": "messages", "limit": 5, "interval": "hour"}]),
        ("usage_alerts", [{"feature_id": "messages", "threshold": 5, "threshold_type": "percent"}]),
        ("spend_limits", [{"feature_id": "messages", "overage_limit": 5, "limit_type": "percent"}]),
        (
            "auto_topups",
            [{"feature_id": "messages", "threshold": 5, "quantity": 1, "purchase_limit": {"limit": 3}}],
        ),
        (
            "auto_topups",
            [
                {
                    "feature_id": "messages",
                    "threshold": 5,
                    "quantity": 1,
                    "purchase_limit": {"interval": "hour", "limit": 0},
                }
            ],
        ),
        ("usage_limits", [{"feature_id": "messages", "limit": 5, "interval": "day", "filter": {}}]),
        ("usage_limits", [{"feature_id": "messages", "limit": 5, "interval": "day", "filter": "x"}]),
        ("usage_alerts", [{"threshold": 150, "threshold_type": "remaining_percentage"}]),
    ],
)
async def test_invalid_control_is_refused(call: Caller, kind: str, entries: list[dict[str, Any]]) -> None:
    refused = await call.refused("customers.update", **FRESH, billing_controls={kind: entries})
    assert refused == (400, "invalid_inputs")


async def _deducted_by(call: Caller, value: float) -> float:
    """What was deducted, which is not what the answer's value says."""
    tracked = await call.ok("balances.track", **MESSAGES, value=value)
    assert tracked["value"] == value
    return float(sum(part["value"] for part in tracked["deductions"]))


async def _is_allowed(call: Caller, needed: float) -> bool:
    return bool((await call.ok("balances.check", **MESSAGES, required_balance=needed))["allowed"])


async def test_usage_limit_cuts_usage_silently(call: Caller) -> None:
    limits = [{"feature_id": "messages", "limit": 20, "interval": "day"}]
    await _set(call, usage_limits=limits)
    assert await _deducted_by(call, 15) == 15
    assert (await _is_allowed(call, 5), await _is_allowed(call, 6)) == (True, False)
    assert await _deducted_by(call, 10) == 5
    answer = (await call.ok("customers.get", **FRESH))["billing_controls"]["usage_limits"]
    assert answer[0]["usage"] == 20


async def test_spend_limit_caps_the_overage(call: Caller) -> None:
    oscorp = {"customer_id": "cus_oscorp", "feature_id": "messages"}
    await call.ok("balances.update", **oscorp, usage=0)
    granted = (await call.balance("cus_oscorp", "messages"))["granted"]
    limit = {"feature_id": "messages", "enabled": True, "overage_limit": 50}
    await call.ok("customers.update", customer_id="cus_oscorp", billing_controls={"spend_limits": [limit]})
    await call.ok("balances.track", **oscorp, value=granted + 30)
    for needed, allowed in ((20, True), (21, False)):
        check = await call.ok("balances.check", **oscorp, required_balance=needed)
        assert check["allowed"] is allowed
    await call.ok("balances.track", **oscorp, value=1_000)
    assert (await call.balance("cus_oscorp", "messages"))["usage"] == granted + 50


async def test_allowed_overage_does_not_show_in_the_balance(call: Caller) -> None:
    await _set(call, overage_allowed=[{"feature_id": "messages", "enabled": True}])
    assert await _deducted_by(call, 130) == 130
    answer = await call.balance("cus_fresh", "messages")
    assert (answer["usage"], answer["remaining"], answer["overage_allowed"]) == (130, 0, False)
    assert await _is_allowed(call, 1)


async def test_rejected_track_deducts_nothing(call: Caller) -> None:
    body = {**MESSAGES, "value": 500, "overage_behavior": "reject"}
    assert await call.refused("balances.track", **body) == (400, "insufficient_balance")
    assert await _deducted_by(call, 500) == 100


async def test_check_deducts_only_when_told_to_and_creates_nobody(autumn: LocalAutumn, call: Caller) -> None:
    reader = autumn.keys(["balances:read"])
    await call.post("balances.check", key=reader, **MESSAGES, required_balance=40)
    assert (await call.balance("cus_fresh", "messages"))["remaining"] == 100
    await call.post("balances.check", key=reader, **MESSAGES, required_balance=40, send_event=True)
    assert (await call.balance("cus_fresh", "messages"))["remaining"] == 60
    lock = {"enabled": True, "lock_id": "L1"}
    await call.post("balances.check", key=reader, **MESSAGES, required_balance=40, lock=lock)
    assert not await _is_allowed(call, 40)
    await call.ok("balances.finalize", lock_id="L1", action="release")
    assert await _is_allowed(call, 40)
    for route in ("balances.check", "balances.track"):
        body = {"customer_id": "cus_nobody", "feature_id": "messages"}
        assert await call.refused(route, **body) == (404, "customer_not_found")
    assert "cus_nobody" not in autumn.state.customers
    assert await call.refused("balances.check", **FRESH) == (400, "invalid_inputs")


async def test_check_of_a_boolean_feature_answers_with_its_flag(call: Caller) -> None:
    without = await call.ok("balances.check", **FRESH, feature_id="sso")
    await call.ok("balances.create", **FRESH, feature_id="sso", balance_id="s1")
    with_flag = await call.ok("balances.check", **FRESH, feature_id="sso")
    assert (without["allowed"], without["flag"]) == (False, None)
    assert (with_flag["allowed"], with_flag["flag"]["id"]) == (True, "s1")


async def test_usage_that_is_queued_is_answered_with_202(call: Caller) -> None:
    body: dict[str, Any] = {**MESSAGES, "value": 3, "async": True}
    queued = await call.post("balances.track", **body)
    assert (queued.status_code, queued.json()["balance"]) == (202, None)


async def test_limit_on_purchases_is_shown_with_its_default(call: Caller) -> None:
    top_up = {"feature_id": "messages", "enabled": True, "threshold": 5, "quantity": 10}
    limited = {**top_up, "purchase_limit": {"interval": "month", "limit": 3}}
    (answer,) = (await _set(call, auto_topups=[limited]))["auto_topups"]
    assert answer["purchase_limit"] == {"interval": "month", "interval_count": 1, "limit": 3}


async def test_limit_with_a_filter_counts_the_events_that_match(call: Caller) -> None:
    limit = {"feature_id": "messages", "limit": 5, "interval": "day"}
    await _set(call, usage_limits=[{**limit, "filter": {"properties": {"model": "x"}}}])
    assert await _deducted_by(call, 20) == 20
    await call.ok("balances.track", **MESSAGES, value=9, properties={"model": "x"})
    answer = (await call.ok("customers.get", **FRESH))["billing_controls"]["usage_limits"]
    assert answer[0]["usage"] == 5
