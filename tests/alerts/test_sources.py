"""What each source reads from Autumn's messages, and how the alert words it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts import sources
from bot.alerts.deliveries import lasting_event_id
from bot.alerts.model import Occurrence
from bot.alerts.sources import limit_reached, past_due, plan_changed, top_up_failed, usage_alert
from bot.alerts.sources.source import AlertSource, EventNames
from tests.examples import examples

NAMES = EventNames("Acme", {"messages": "Messages"}, {"pro": "Pro", "free": "Free"})
ABOUT = {"customer_id": "cus_1", "feature_id": "messages"}


def alert_text(source: AlertSource, data: dict[str, Any]) -> str:
    (occurrence,) = source.read(data)
    return source.tell(occurrence, NAMES)


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("included", "has used all that is included"),
        ("max_purchase", "as much as can be bought"),
        ("spend_limit", "the spend limit"),
        ("usage_limit", "the usage limit"),
        ("new_limit", "a limit (new limit)"),
        (None, "a limit (not named)"),
    ],
)
def test_limit_is_named(limit: str | None, words: str) -> None:
    text = alert_text(limit_reached.SOURCE, {**ABOUT, "limit_type": limit})
    assert text.startswith("*Messages*: the customer ")
    assert words in text


def test_limit_of_an_entity_is_not_called_the_customers() -> None:
    of_entity = {**ABOUT, "entity_id": "ws_1", "limit_type": "included"}
    text = alert_text(limit_reached.SOURCE, of_entity)
    assert text == "*Messages*: the entity has used all that is included."


@pytest.mark.parametrize(
    ("alert", "words"),
    [
        ({"threshold": 80, "threshold_type": "usage_percentage", "name": "80 %"}, "80% used · alert 80 %."),
        ({"threshold": 1000, "threshold_type": "usage"}, "1,000 used."),
        ({"threshold": 0.5, "threshold_type": "remaining"}, "0.5 left."),
        ({"threshold": 10, "threshold_type": "remaining_percentage"}, "10% left."),
        ({"threshold": 10, "threshold_type": "new_kind"}, "10 (new kind)."),
        ({"threshold": float("inf")}, "? (not named)."),
        (None, "? (not named)."),
    ],
)
def test_usage_alert_names_its_threshold(alert: dict[str, Any] | None, words: str) -> None:
    assert alert_text(usage_alert.SOURCE, {**ABOUT, "usage_alert": alert}) == f"*Messages*: {words}"


def test_failed_top_up_names_its_reason() -> None:
    failure = {
        "reason": "charge_failed",
        "quantity": 300,
        "balance": 12,
        "error": {"message": "Your card was declined."},
    }
    lines = alert_text(top_up_failed.SOURCE, {**ABOUT, **failure}).splitlines()
    assert lines[0] == "*Messages*: 300 units could not be bought automatically: charge failed."
    assert "declined" in lines[1]
    assert lines[2] == "12 left."
    assert alert_text(top_up_failed.SOURCE, ABOUT).endswith(": Autumn gave no reason.")


def plan_change(action: str, before: Any = None, **product: Any) -> dict[str, Any]:
    subscription = {"plan_id": "pro", "past_due": False, "canceled_at": None, **product}
    return {"action": action, "subscription": subscription, "previous_attributes": before}


def plan_message(*changes: dict[str, Any]) -> dict[str, Any]:
    return {"customer_id": "cus_1", "plan_changes": list(changes)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (plan_change("activated"), "*Pro* began."),
        (plan_change("scheduled", plan_id="free"), "*Free* is scheduled."),
        (plan_change("expired", {"status": "active"}), "*Pro* ended."),
        (plan_change("updated", {"canceled_at": None}, canceled_at=1), "*Pro* was cancelled."),
        (plan_change("updated", {"canceled_at": 1}), "The cancellation of *Pro* was taken back."),
        (plan_change("updated", {"trial_ends_at": 1}), "The trial of *Pro* changed."),
        (plan_change("updated"), "*Pro* changed."),
        (plan_change("renamed", plan_id="new"), "*new* changed."),
        ({"action": "activated", "purchase": {"plan_id": "pro"}}, "*Pro* began."),
    ],
)
def test_change_of_products_is_reported(change: dict[str, Any], words: str) -> None:
    assert alert_text(plan_changed.SOURCE, plan_message(change)) == words


def test_cancellation_says_when_it_ends() -> None:
    ends = datetime(2026, 12, 1, tzinfo=UTC)
    change = plan_change(
        "updated", {"canceled_at": None}, canceled_at=1, expires_at=int(ends.timestamp() * 1000)
    )
    assert "It ends on Dec 1, 2026." in alert_text(plan_changed.SOURCE, plan_message(change))


def test_failed_payment_is_not_a_product_change() -> None:
    change = plan_change("updated", {"past_due": False}, past_due=True)
    assert list(plan_changed.SOURCE.read(plan_message(change))) == []
    assert alert_text(past_due.SOURCE, plan_message(change)).startswith("*Pro* is past due")


@pytest.mark.parametrize(
    "change",
    [
        plan_change("updated", {"past_due": True}),
        plan_change("activated", past_due=True),
        plan_change("updated", {"past_due": False}, past_due=True, plan_id=None),
    ],
)
def test_only_new_past_due_is_reported(change: dict[str, Any]) -> None:
    assert list(past_due.SOURCE.read(plan_message(change))) == []


def test_message_and_poll_find_the_same_unpaid_period() -> None:
    billed = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
    start = int(billed.timestamp() * 1000)
    change = plan_change("updated", {"past_due": False}, past_due=True, current_period_start=start)
    (reported,) = past_due.SOURCE.read(plan_message(change))
    (polled,) = past_due.polled("cus_1", ("pro",), billed)
    (next_month,) = past_due.polled("cus_1", ("pro",), billed.replace(month=12))
    (undated,) = past_due.polled("cus_1", ("pro",), None)
    ids = [
        lasting_event_id("sandbox", past_due.KEY, occurrence.identity)
        for occurrence in (reported, polled, next_month, undated)
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


@pytest.mark.parametrize("source", sources.SOURCES, ids=lambda source: source.key)
def test_message_without_a_customer_reports_nothing(source: AlertSource) -> None:
    change = plan_change("updated", {"past_due": False, "canceled_at": None}, past_due=True)
    for customer in (None, "", 5, "c" * 1001):
        data = {**ABOUT, "plan_changes": [change], "customer_id": customer}
        assert list(source.read(data)) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    "entity_id",
    "feature_id",
    "limit_type",
    "usage_alert",
    "reason",
    "quantity",
    "balance",
    "error",
)
CHANGE = st.fixed_dictionaries(
    {},
    optional={
        "action": st.sampled_from(["activated", "updated", "expired"]) | JSON,
        "previous_attributes": st.fixed_dictionaries({}, optional={"past_due": JSON, "canceled_at": JSON})
        | JSON,
        "subscription": st.fixed_dictionaries(
            {"plan_id": st.text(min_size=1, max_size=9)},
            optional={
                "past_due": JSON,
                "expires_at": JSON,
                "current_period_start": JSON,
                "canceled_at": JSON,
            },
        )
        | JSON,
        "purchase": JSON,
    },
)
DATA = st.fixed_dictionaries(
    {"customer_id": st.text(min_size=1, max_size=9)},
    optional={**dict.fromkeys(FIELDS, JSON), "plan_changes": st.lists(CHANGE | JSON, max_size=3) | JSON},
)


@given(DATA)
@examples(300)
def test_any_message_from_autumn_can_be_stored_and_posted(data: dict[str, Any]) -> None:
    for source in sources.SOURCES:
        for occurrence in _read(source, data):
            stored = json.loads(json.dumps(occurrence.facts, allow_nan=False))
            assert "\0" not in occurrence.customer + occurrence.feature + "".join(occurrence.plans)
            again = Occurrence(
                occurrence.customer, occurrence.entity, occurrence.feature, occurrence.plans, stored
            )
            assert source.tell(again, NAMES)
            assert len(source.tell(again, NAMES)) < 2900


def _read(source: AlertSource, data: dict[str, Any]) -> Iterator[Occurrence]:
    yield from source.read(data)


def test_sources_are_found_by_key_and_by_message() -> None:
    assert sources.find("past_due") is past_due.SOURCE
    assert sources.find("gone") is None
    assert sources.reading("billing.updated") == [past_due.SOURCE, plan_changed.SOURCE]
    assert sources.reading("vercel.new") == []
    for source in sources.SOURCES:
        assert len(source.key) <= 24
        assert len(source.hint) <= 75
