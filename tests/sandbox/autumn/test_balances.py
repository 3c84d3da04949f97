"""Balances: the edits as observed, step by step, and resets."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.autumn import LocalAutumn
from sandbox.autumn.balances import shift, total
from sandbox.autumn.model import Row
from sandbox.autumn.months import DAY, add_months
from sandbox.autumn.validation import decode_cursor, encode_cursor
from tests.examples import examples
from tests.sandbox.autumn.conftest import Caller

ONE_ROW: dict[str, Any] = {"customer_id": "cus_rows", "feature_id": "messages"}


@pytest.fixture
async def row(autumn: LocalAutumn, call: Caller) -> str:
    """The id of a row of 1,000 a month, of which 300 are used."""
    await call.ok(
        "plans.create",
        plan_id="thousand",
        name="Thousand",
        items=[{"feature_id": "messages", "included": 1000, "reset": {"interval": "month"}}],
    )
    autumn.state.plans["free"].auto_enable = False
    await call.ok("customers.get_or_create", customer_id="cus_rows")
    await call.ok("billing.attach", customer_id="cus_rows", plan_id="thousand")
    await call.ok("balances.track", **ONE_ROW, value=300)
    answer = await call.balance("cus_rows", "messages")
    return str(answer["breakdown"][0]["id"])


def facts(answer: Any) -> tuple[float, float, float]:
    return answer["granted"], answer["remaining"], answer["usage"]


async def test_edits_step_by_step(autumn: LocalAutumn, call: Caller, row: str) -> None:
    later, even_later = autumn.clock.ms() + 3 * DAY, autumn.clock.ms() + 5 * DAY
    steps: tuple[tuple[dict[str, Any], tuple[float, float, float]], ...] = (
        ({"add_to_balance": 250, "included_grant": 1250}, (1250, 950, 300)),
        ({"usage": 120}, (1250, 1130, 120)),
        ({"remaining": -40}, (1250, 0, 1290)),
        ({"add_to_balance": 100, "included_grant": 1350}, (1350, 60, 1290)),
        ({"next_reset_at": later}, (1350, 60, 1290)),
        ({"add_to_balance": 5}, (1350, 65, 1285)),
        ({"add_to_balance": 10, "included_grant": 1360, "next_reset_at": even_later}, (1360, 75, 1285)),
    )
    assert facts(await call.balance("cus_rows", "messages")) == (1000, 700, 300)
    for sent, expected in steps:
        await call.ok("balances.update", **ONE_ROW, balance_id=row, **sent)
        answer = await call.balance("cus_rows", "messages")
        assert facts(answer) == expected, sent
        if "next_reset_at" in sent:
            assert answer["next_reset_at"] == sent["next_reset_at"]
            assert answer["breakdown"][0]["reset"]["resets_at"] == sent["next_reset_at"]


async def test_replayed_edit_is_applied_once(call: Caller, row: str) -> None:
    first = await call.post(
        "balances.update", idempotency="once", **ONE_ROW, balance_id=row, add_to_balance=5
    )
    replayed = await call.post(
        "balances.update", idempotency="once", **ONE_ROW, balance_id=row, add_to_balance=5
    )
    assert (first.status_code, replayed.status_code) == (200, 409)
    assert replayed.json()["code"] == "duplicate_idempotency_key"
    assert facts(await call.balance("cus_rows", "messages")) == (1000, 705, 295)


async def test_standalone_grant_is_created_and_changed(call: Caller, row: str) -> None:
    await call.ok("balances.create", **ONE_ROW, included_grant=50, balance_id="goodwill")
    answer = (await call.balance("cus_rows", "messages"))["breakdown"][1]
    assert (answer["id"], answer["plan_id"], answer["reset"]["interval"]) == ("goodwill", None, "one_off")
    await call.ok("balances.update", **ONE_ROW, balance_id="goodwill", add_to_balance=30, included_grant=80)
    answer = (await call.balance("cus_rows", "messages"))["breakdown"][1]
    assert (answer["included_grant"], answer["remaining"]) == (80, 80)
    await call.ok("balances.update", **ONE_ROW, balance_id="goodwill", remaining=0)
    after = await call.balance("cus_rows", "messages")
    assert [row["id"] for row in after["breakdown"]] == [row]
    assert after["granted"] == 1000


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"balance_id": "no_such", "remaining": 5},
        {"balance_id": "no_such", "add_to_balance": 5},
        {"interval": "year", "usage": 5},
    ],
)
async def test_edit_without_effect_answers_success(call: Caller, row: str, sent: dict[str, Any]) -> None:
    assert await call.ok("balances.update", **ONE_ROW, **sent) == {"success": True}
    assert facts(await call.balance("cus_rows", "messages")) == (1000, 700, 300)


@pytest.mark.parametrize(
    "sent", [{"included_grant": 5}, {"next_reset_at": 2_000_000_000_000}, {"expires_at": 2_000_000_000_000}]
)
async def test_edit_without_a_balance_is_refused(call: Caller, row: str, sent: dict[str, Any]) -> None:
    response = await call.post("balances.update", **ONE_ROW, balance_id="no_such", **sent)
    assert (response.status_code, response.json()["code"]) == (404, "invalid_request")


async def test_parts_before_a_failing_part_stay_applied(call: Caller, row: str) -> None:
    sent = {**ONE_ROW, "balance_id": row, "add_to_balance": 5, "expires_at": 1000}
    response = await call.post("balances.update", idempotency="half", **sent)
    assert response.status_code == 400
    repeated = await call.post("balances.update", idempotency="half", **sent)
    assert repeated.status_code == 400, "a failed request frees its key"
    assert facts(await call.balance("cus_rows", "messages")) == (1000, 710, 290)


async def test_usage_and_relative_edits_do_not_overwrite_each_other(call: Caller, row: str) -> None:
    for _ in range(5):
        await call.ok("balances.track", **ONE_ROW, value=1)
    await call.ok("balances.update", **ONE_ROW, balance_id=row, add_to_balance=100, included_grant=1100)
    assert facts(await call.balance("cus_rows", "messages")) == (1100, 795, 305)


async def test_reset_discards_the_edit_and_happens_on_the_read(
    autumn: LocalAutumn, call: Caller, row: str
) -> None:
    await call.ok("balances.update", **ONE_ROW, balance_id=row, add_to_balance=250, included_grant=1250)
    due = (await call.balance("cus_rows", "messages"))["next_reset_at"]
    autumn.clock.move(timedelta(days=32))
    listed = (await call.ok("customers.list", search="cus_rows"))["list"][0]["balances"]["messages"]
    assert facts(listed) == (1250, 950, 300), "a list does not reset"
    assert listed["next_reset_at"] == due
    answer = await call.balance("cus_rows", "messages")
    assert facts(answer) == (1000, 1000, 0)
    assert answer["next_reset_at"] > autumn.clock.ms()


async def test_reset_date_in_the_past_refills_at_once(autumn: LocalAutumn, call: Caller, row: str) -> None:
    await call.ok("balances.update", **ONE_ROW, balance_id=row, next_reset_at=autumn.clock.ms() - DAY)
    assert facts(await call.balance("cus_rows", "messages")) == (1000, 1000, 0)


async def test_unused_credits_roll_over_up_to_the_limit(autumn: LocalAutumn, call: Caller) -> None:
    autumn.clock.move(timedelta(days=31))
    answer = await call.balance("cus_northwind", "credits")
    assert answer["rollovers"][0]["granted"] == 500
    assert (answer["granted"], answer["remaining"], answer["usage"]) == (1500, 1500, 0)
    autumn.clock.move(timedelta(days=62))
    assert len((await call.balance("cus_northwind", "credits"))["rollovers"]) == 1


async def test_paid_balances_wait_for_their_invoice(autumn: LocalAutumn, call: Caller) -> None:
    before = await call.balance("cus_northwind", "messages")
    assert before["usage"] > before["granted"]
    autumn.state.customers["cus_northwind"].products[-1].period_end = autumn.clock.ms() + 90 * DAY
    autumn.clock.move(timedelta(days=32))
    assert facts(await call.balance("cus_northwind", "messages")) == facts(before)
    autumn.clock.move(timedelta(days=60))
    assert facts(await call.balance("cus_northwind", "messages")) == (10_000, 10_000, 0)


async def test_deletion_removes_unpaid_rows(call: Caller, row: str) -> None:
    await call.ok("balances.create", **ONE_ROW, included_grant=50, balance_id="goodwill")
    await call.ok("balances.delete", **ONE_ROW)
    assert "messages" not in (await call.ok("customers.get", customer_id="cus_rows"))["balances"]
    paid = await call.post("balances.delete", customer_id="cus_northwind", feature_id="messages")
    assert paid.status_code == 409


async def test_credits_pay_for_features_without_a_balance(call: Caller) -> None:
    before = await call.balance("cus_northwind", "credits")
    done = await call.ok("balances.track", customer_id="cus_northwind", feature_id="images", value=4)
    assert done["deductions"][0]["value"] == 20
    assert (await call.balance("cus_northwind", "credits"))["remaining"] == before["remaining"] - 20


def _row(balance: float, **details: Any) -> Row:
    return Row(id="r", feature_id="messages", created_at=0, balance=balance, **details)


def test_usage_drains_rollovers_then_rows_in_order_then_goes_below_zero() -> None:
    first = _row(10, rollovers=[{"granted": 9, "balance": 4, "expires_at": None}])
    second = _row(5)
    shift([first, second], -6)
    assert (first.rollovers[0]["balance"], first.balance, second.balance) == (0, 8, 5)
    shift([first, second], -20)
    assert (first.balance, second.balance) == (-7, 0)
    shift([first, second], 10)
    assert (first.balance, second.balance) == (3, 0)
    assert total([first, second]) == 3


AMOUNTS = st.integers(-10_000, 10_000)


@examples(100)
@given(st.lists(st.tuples(AMOUNTS, st.integers(0, 500)), min_size=1, max_size=5), AMOUNTS)
def test_shift_changes_the_total_by_exactly_its_amount(rows: list[tuple[int, int]], by: int) -> None:
    created = [
        _row(
            balance,
            rollovers=[{"granted": rollover_balance, "balance": rollover_balance, "expires_at": None}],
        )
        for balance, rollover_balance in rows
    ]

    def whole() -> float:
        rollover_balance = [float(rollover["balance"]) for row in created for rollover in row.rollovers]
        return total(created) + sum(rollover_balance)

    before = whole()
    moved = shift(created, by)
    assert whole() - before == by
    assert sum(amount for _, amount in moved) == -by
    assert all(rollover["balance"] >= 0 for row in created for rollover in row.rollovers)


@given(st.text(max_size=30), st.integers(0, 2**53))
def test_cursor_keeps_its_position(item_id: str, moment: int) -> None:
    assert decode_cursor(encode_cursor(item_id, moment)) == (item_id, moment)


async def test_usage_stops_at_the_balance_without_overage(call: Caller, row: str) -> None:
    tracked = await call.ok("balances.track", **ONE_ROW, value=5_000)
    assert (tracked["value"], tracked["deductions"][0]["value"]) == (5_000, 700)
    assert facts(await call.balance("cus_rows", "messages")) == (1000, 0, 1000)


async def test_usage_beyond_a_cap_on_overage_stops_at_the_cap(call: Caller, autumn: LocalAutumn) -> None:
    customer = {"customer_id": "cus_acme", "feature_id": "messages"}
    await call.ok("balances.update", **customer, usage=0)
    await call.ok("balances.track", **customer, value=1_000_000)
    assert (await call.balance("cus_acme", "messages"))["usage"] == 50_000 + 100_000


async def test_usage_is_taken_from_what_resets_soonest_then_expires_first(
    autumn: LocalAutumn, call: Caller, row: str
) -> None:
    soon, later = autumn.clock.ms() + 5 * DAY, autumn.clock.ms() + 9 * DAY
    for balance_id, details in (
        ("undated", {}),
        ("later", {"expires_at": later}),
        ("soon", {"expires_at": soon}),
        ("monthly", {"reset": {"interval": "month"}}),
        ("fortnightly", {"reset": {"interval": "week", "interval_count": 2}}),
        ("weekly", {"reset": {"interval": "week"}}),
    ):
        await call.ok("balances.create", **ONE_ROW, balance_id=balance_id, included_grant=10, **details)
    answer = (await call.balance("cus_rows", "messages"))["breakdown"]
    order = ["weekly", "fortnightly", row, "monthly", "soon", "later", "undated"]
    assert [row["id"] for row in answer] == order
    await call.ok("balances.track", **ONE_ROW, value=25)
    remaining = {
        row["id"]: row["remaining"] for row in (await call.balance("cus_rows", "messages"))["breakdown"]
    }
    assert remaining == {row: 695, "monthly": 10, "soon": 10, "later": 10, "undated": 10}


async def test_row_of_the_plan_is_used_before_the_add_ons(call: Caller) -> None:
    rows = (await call.balance("cus_acme", "seats"))["breakdown"]
    assert [(row["plan_id"], row["remaining"]) for row in rows] == [("team", 0), ("extra_seats", 6)]


async def test_credits_are_aggregated_under_the_features_that_spend_them(call: Caller) -> None:
    before = await call.balance("cus_cyberdyne", "credits")
    customer = {"customer_id": "cus_cyberdyne"}
    await call.ok("balances.track", **customer, feature_id="images", value=2)
    listed = (await call.ok("events.list", **customer, limit=1))["list"][0]
    assert (listed["feature_id"], listed["deductions"][0]["feature_id"]) == ("images", "credits")
    assert (await call.balance("cus_cyberdyne", "credits"))["usage"] == before["usage"] + 10
    answer = await call.ok("events.aggregate", **customer, feature_id=["credits", "images"], range="24h")
    assert "credits" not in answer["total"]
    assert answer["total"]["images"]["sum"] >= 2
    assert all(entry["values"]["credits"] == 0 for entry in answer["list"])


async def test_credits_are_used_by_the_features_they_pay_for(call: Caller) -> None:
    for customer_id, features in (("cus_acme", ["tokens"]), ("cus_cyberdyne", ["tokens", "images"])):
        credits_left = await call.balance(customer_id, "credits")
        row = credits_left["breakdown"][0]
        start = add_months(row["reset"]["resets_at"], -1)
        used = await call.ok(
            "events.aggregate",
            customer_id=customer_id,
            feature_id=[*features, "credits"],
            custom_range={"start": start},
        )
        spent = sum(
            used["total"][feature]["sum"] * {"tokens": 0.01, "images": 5}[feature] for feature in features
        )
        assert spent == pytest.approx(row["usage"], rel=0.02)
        assert "credits" not in used["total"]
