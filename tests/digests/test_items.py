import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.autumn import bulk
from bot.autumn.models import InvoicePreview
from bot.digests import items, sections
from bot.digests.sections import invoices
from tests.digests.listed import (
    SPAN,
    START,
    at,
    balance,
    balance_row,
    customer,
    days,
    stored_rows,
    subscription,
)
from tests.examples import examples


def rows_of(section: str, **fields: Any) -> list[items.StoredItem]:
    return [row for row in stored_rows(customer(**fields)) if row["section"] == section]


# Before the scan


LATE = items.ScanWindow(START, at(7), since=at(-1))


def late_rows_of(section: str, **fields: Any) -> list[items.StoredItem]:
    stored_items = sections.of_customer(customer(**fields), LATE)
    return [row for row in stored_items if row["section"] == section]


def test_invoice_since_the_last_digest_has_passed() -> None:
    began = {"started_at": days(-100)}
    (row,) = late_rows_of("invoices", subscriptions=[subscription(**began, **period(-0.5))])
    assert (row["at"], row["amount"]) == (at(-0.5), 49_000_000)
    assert row["details"] == {"plan_names": ["Pro"], "estimate": True, "passed": True}
    assert late_rows_of("invoices", subscriptions=[subscription(**began, **period(-1.5))]) == []
    assert rows_of("invoices", subscriptions=[subscription(**began, **period(-0.5))]) == []
    # Autumn has not moved the period on yet.
    (row,) = late_rows_of("invoices", subscriptions=[subscription(**began, current_period_end=days(-0.5))])
    assert (row["at"], row["details"]) == (at(-0.5), {"plan_names": ["Pro"], "estimate": True})


def test_trial_since_the_last_digest_has_ended() -> None:
    (row,) = late_rows_of("trials", subscriptions=[subscription(trial_ends_at=days(-0.5))])
    assert row["at"] == at(-0.5)


def test_reset_since_the_last_digest_has_passed() -> None:
    monthly = balance(
        balance_row(29.5, reset={"interval": "day", "interval_count": 30, "resets_at": days(29.5)})
    )
    plan = subscription(started_at=days(-100))
    (row,) = late_rows_of("resets", subscriptions=[plan], balances={"messages": monthly})
    assert (row["at"], row["amount"], row["plans"]) == (at(-0.5), None, "|pro|")
    assert row["details"] == {"feature_name": "Messages", "passed": True}
    assert (
        late_rows_of("resets", subscriptions=[subscription(plan_id="other")], balances={"messages": monthly})
        == []
    )
    assert late_rows_of("resets", subscriptions=[subscription()], balances={"messages": monthly}) == []
    unlimited = balance(balance_row(29.5, unlimited=True))
    assert late_rows_of("resets", subscriptions=[plan], balances={"messages": unlimited}) == []


def period(start: float) -> dict[str, Any]:
    return {"current_period_start": days(start), "current_period_end": days(start + 30)}


# Resets


def test_reset_row() -> None:
    (row,) = stored_rows(customer(balances={"messages": balance(balance_row(2))}))
    assert row == {
        "section": "resets",
        "customer_id": "cus_1",
        "customer": "Acme",
        "email": "",
        "at": at(2),
        "amount": 40_000_000,
        "currency": "",
        "plans": "|pro|",
        "feature": "messages",
        "details": {"feature_name": "Messages", "granted": "100", "remaining": "40"},
    }


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (balance(balance_row(8)), []),
        (balance(balance_row(7)), [at(7)]),
        # Due already: Autumn has not caught up yet.
        (balance(balance_row(-30)), [at(-30)]),
        (balance(balance_row(None)), []),
        (balance(balance_row(1, unlimited=True)), []),
        (balance(balance_row(1), unlimited=True), []),
        (balance(balance_row(1, reset=None)), []),
        (balance(balance_row(1), balance_row(2)), [at(1), at(2)]),
        (balance(balance_row(1), balance_row(1)), [at(1)]),
        # Entities' rows are not listed one by one.
        (balance(next_reset_at=days(4)), [at(4)]),
        (balance(balance_row(None), next_reset_at=days(4)), [at(4)]),
        (balance(balance_row(1), next_reset_at=days(4)), [at(1)]),
        (balance(next_reset_at=1e300), []),
        ({}, []),
    ],
)
def test_resets_within_the_window(messages: dict[str, Any], expected: list[Any]) -> None:
    assert [row["at"] for row in rows_of("resets", balances={"messages": messages})] == expected


def test_resets_at_the_same_time_are_one_row() -> None:
    rows = [
        balance_row(1, included_grant=10.5, prepaid_grant=2, remaining=0.25),
        balance_row(1, plan_id=None, included_grant=None, remaining=None),
        balance_row(1, plan_id="addon", included_grant=5, remaining=5),
        balance_row(1, included_grant=1, remaining=1),
        balance_row(2),
    ]
    first, second = rows_of("resets", balances={"messages": balance(*rows, feature=None)})
    assert first["details"] == {"feature_name": "messages", "granted": "18.5", "remaining": "6.25"}
    assert first["plans"] == "|pro|addon|"
    assert second["details"]["granted"] == "100"


def test_balance_without_sources_resets_as_one() -> None:
    (row,) = rows_of("resets", balances={"messages": balance(next_reset_at=days(4), granted=None)})
    assert (row["details"]["granted"], row["details"]["remaining"], row["plans"]) == ("0", "40", "")


# Subscriptions


@pytest.mark.parametrize(
    ("fields", "trials", "past_due"),
    [
        ({}, [], []),
        ({"trial_ends_at": days(3)}, [at(3)], []),
        ({"trial_ends_at": days(0)}, [START], []),
        ({"trial_ends_at": days(-1)}, [], []),
        ({"trial_ends_at": days(8)}, [], []),
        ({"trial_ends_at": days(3), "status": "scheduled"}, [], []),
        ({"past_due": True}, [], [at(-27)]),
        ({"past_due": True, "current_period_start": None}, [], [None]),
        ({"past_due": True, "status": "scheduled"}, [], []),
    ],
)
def test_trial_and_past_due_rows(fields: dict[str, Any], trials: list[Any], past_due: list[Any]) -> None:
    fields_of_customer = {"subscriptions": [subscription(**fields)]}
    assert [row["at"] for row in rows_of("trials", **fields_of_customer)] == trials
    assert [row["at"] for row in rows_of("past_due", **fields_of_customer)] == past_due


def test_upcoming_invoice_starts_as_an_estimate() -> None:
    (row,) = rows_of(
        "invoices", subscriptions=[subscription(quantity=3), subscription(current_period_end=days(9))]
    )
    assert row["at"] == at(3)
    assert (row["amount"], row["currency"], row["plans"]) == (147_000_000, "", "|pro|")
    assert row["details"] == {"plan_names": ["Pro"], "estimate": True}


@pytest.mark.parametrize(
    ("fields", "called"),
    [
        ({}, "Acme"),
        ({"name": None, "email": "a@b.test"}, "a@b.test"),
        ({"name": "", "email": ""}, "cus_1"),
        ({"name": None, "id": None}, ""),
    ],
)
def test_customer_name_falls_back_to_email_and_id(fields: dict[str, Any], called: str) -> None:
    assert items.ScannedCustomer.of(customer(**fields)).name == called


def test_subscription_without_a_plan_has_no_product_name() -> None:
    (row,) = rows_of("past_due", subscriptions=[subscription(past_due=True, plan=None, plan_id=None)])
    assert (row["plans"], row["details"]) == ("", {})


# Invoices


def invoice(**fields: Any) -> items.StoredItem | None:
    row = {
        "id": "inv_1",
        "customer_id": "cus_1",
        "status": "open",
        "total": 49.5,
        "currency": "USD",
        **fields,
    }
    (listed,) = bulk.invoices(json.dumps({"list": [row]}).encode()).rows()
    return next(sections.of_invoice(listed, {"pro": "Pro"}), None)


def test_unpaid_invoice_row() -> None:
    item = invoice(
        amount_paid=9.25,
        plan_ids=["pro", "gone"],
        created_at=days(-5),
        hosted_invoice_url="https://pay.test/1",
        entity_id="seat",
    )
    assert item == {
        "section": "unpaid",
        "customer_id": "cus_1",
        "customer": "cus_1",
        "email": "",
        "at": at(-5),
        "amount": 40_250_000,
        "currency": "usd",
        "plans": "|pro|gone|",
        "feature": "",
        "details": {
            "status": "partly_paid",
            "url": "https://pay.test/1",
            "invoice": "inv_1",
            "entity": "seat",
            "plan_names": ["Pro", "gone"],
        },
    }


@pytest.mark.parametrize(
    ("fields", "owed"),
    [
        ({}, 49_500_000),
        ({"status": "uncollectible"}, 49_500_000),
        ({"status": "paid"}, None),
        ({"status": None}, None),
        ({"amount_paid": 49.5}, None),
        ({"amount_paid": 60}, None),
        ({"total": -10}, None),
        ({"total": None}, None),
    ],
)
def test_amount_due_on_an_invoice(fields: dict[str, Any], owed: int | None) -> None:
    item = invoice(**fields)
    assert (item and item["amount"]) == owed


def test_invoice_without_a_customer() -> None:
    item = invoice(customer_id=None, currency=None, created_at=None, id=None)
    assert item is not None
    assert (item["customer_id"], item["customer"], item["currency"], item["at"]) == (None, "", "", None)
    assert item["details"] == {"status": "open"}


def test_previewed_invoice_row() -> None:
    preview = InvoicePreview.model_validate(
        {
            "plan_ids": ["pro", "x"],
            "invoice_at": days(2),
            "currency": "EUR",
            "total": 45,
            "line_items": [{}, {}],
        }
    )
    whose = items.ScannedCustomer("cus_1", "Acme", "a@acme.example")
    item = invoices.of_preview(whose, preview, {"pro": "Pro"})
    assert (item["customer_id"], item["customer"], item["email"]) == ("cus_1", "Acme", "a@acme.example")
    assert (item["at"], item["amount"], item["currency"]) == (at(2), 45_000_000, "eur")
    assert item["details"] == {"plan_names": ["Pro", "x"], "lines": 2}


# Figures


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("29.99", 29_990_000),
        ("-0.000001", -1),
        ("0.0000005", 0),
        ("9000000000000", 9_000_000_000_000_000_000),
        ("9000000000001", None),
        ("Infinity", None),
        ("NaN", None),
        ("1e300", None),
    ],
)
def test_millionths(amount: str, expected: int | None) -> None:
    assert items.millionths(Decimal(amount)) == expected
    assert items.millionths(None) is None
    assert items.units(None) is None


@given(st.decimals(-9_000_000_000_000, 9_000_000_000_000, places=6))
@examples(100)
def test_amount_survives_the_database(amount: Decimal) -> None:
    lies = items.millionths(amount)
    assert items.units(lies) == amount
    assert "E" not in str(items.units(lies)) or abs(amount) < Decimal("0.0001")


@given(st.lists(st.text("abc_-", min_size=1), unique=True, max_size=4))
def test_plans_survive_the_database(plans: list[str]) -> None:
    assert list(items.split_plans(items.join_plans(plans))) == plans


_NUMBER = st.none() | st.integers(-10, 10**13) | st.floats(-1e9, 1e13)
_TIME = st.none() | st.integers(days(-40), days(40)) | st.floats(0, 1e18)
_SOURCE = st.fixed_dictionaries(
    {},
    optional={
        "plan_id": st.none() | st.sampled_from(["pro", "addon"]),
        "included_grant": _NUMBER,
        "remaining": _NUMBER,
        "unlimited": st.none() | st.booleans(),
        "reset": st.none() | st.fixed_dictionaries({"resets_at": _TIME}),
        "price": st.none() | st.just({}),
    },
)
_HELD = st.fixed_dictionaries(
    {},
    optional={
        "plan_id": st.none() | st.just("pro"),
        "plan": st.none()
        | st.fixed_dictionaries(
            {}, optional={"price": st.none() | st.fixed_dictionaries({"amount": _NUMBER})}
        ),
        "status": st.none() | st.sampled_from(["active", "scheduled"]),
        "past_due": st.none() | st.booleans(),
        "scope": st.none() | st.sampled_from(["customer", "entity"]),
        "expires_at": _TIME,
        "trial_ends_at": _TIME,
        "current_period_start": _TIME,
        "current_period_end": _TIME,
        "quantity": _NUMBER,
    },
)
_BALANCE = st.fixed_dictionaries(
    {},
    optional={
        "granted": _NUMBER,
        "next_reset_at": _TIME,
        "breakdown": st.none() | st.lists(_SOURCE, max_size=3),
    },
)


@examples(100)
@given(
    st.none() | st.lists(_HELD, max_size=3),
    st.none() | st.dictionaries(st.text(max_size=3), _BALANCE, max_size=3),
)
def test_any_customer_can_be_stored(subscriptions: Any, balances: Any) -> None:
    for row in stored_rows(customer(subscriptions=subscriptions, balances=balances)):
        assert row["amount"] is None or abs(row["amount"]) < 2**63
        json.dumps(row["details"])
        if row["section"] == "trials" or (row["section"] == "invoices" and row["at"] is not None):
            assert SPAN.start <= row["at"] <= SPAN.end
        if row["section"] == "resets":
            assert row["at"] <= SPAN.end
            Decimal(row["details"]["remaining"])
