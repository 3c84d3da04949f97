from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import InvoicePreview
from bot.digests import candidates
from tests.digests.listed import SPAN, at, balance, customer, days, held, source

PLAN: dict[str, Any] = {"name": "Usage", "price": None, "items": []}


def estimate(whose: dict[str, Any], **fields: Any) -> candidates.Estimate | None:
    found = customer(subscriptions=[held(**fields)], **whose)
    return candidates.estimate(found, (found["subscriptions"] or [])[0])


@pytest.mark.parametrize(
    ("fields", "amount"),
    [
        ({}, "49"),
        ({"quantity": 3}, "147"),
        ({"quantity": None}, "49"),
        ({"quantity": 0}, "0"),
        ({"past_due": True}, "49"),
        ({"plan": {"price": {"amount": 29.99}}}, "29.99"),
        # It ends, but after the next invoice.
        ({"expires_at": days(30)}, "49"),
    ],
)
def test_the_base_price_is_the_estimate(fields: dict[str, Any], amount: str) -> None:
    assert estimate({}, **fields) == candidates.Estimate(at(3), Decimal(amount), "")


def test_a_currency_that_is_told() -> None:
    found = estimate({}, plan={"price": {"amount": 5, "currency": "EUR"}})
    assert found is not None
    assert found.currency == "eur"


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "scheduled"},
        {"current_period_end": None},
        {"plan": PLAN},
        {"plan": {"price": {"amount": 0}}},
        # Nothing renews, and nothing is billed by use.
        {"expires_at": days(3)},
        {"expires_at": days(1)},
    ],
)
def test_no_invoice_is_coming(fields: dict[str, Any]) -> None:
    assert estimate({}, **fields) is None


def test_who_is_no_customer_of_stripes_gets_no_invoice() -> None:
    assert estimate({"stripe_id": None}) is None


@pytest.mark.parametrize(
    ("whose", "fields"),
    [
        ({"balances": {"messages": balance(source(1, price={"amount": 1}))}}, {"plan": PLAN}),
        ({}, {"plan": {**PLAN, "items": [{}, {"price": {"amount": 1}}]}}),
        ({}, {"plan": {**held()["plan"], "items": [{"price": {}}]}, "expires_at": days(3)}),
        # Its plan was not told.
        ({}, {"plan": None}),
    ],
)
def test_what_usage_will_cost_is_not_known(whose: dict[str, Any], fields: dict[str, Any]) -> None:
    assert estimate(whose, **fields) == candidates.Estimate(at(3), None, "")


def test_usage_of_another_plan_is_another_plans() -> None:
    rows = balance(source(1, plan_id="addon", price={"amount": 1}), source(1, price=None))
    assert estimate({"balances": {"messages": rows}}, plan=PLAN) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"trial_ends_at": days(2), "current_period_end": None}, at(2)),
        ({"trial_ends_at": days(3)}, at(3)),
        # A trial that is over counts no more.
        ({"trial_ends_at": days(-20)}, at(3)),
    ],
)
def test_a_trial_ends_with_an_invoice(fields: dict[str, Any], expected: Any) -> None:
    found = estimate({}, **fields)
    assert found is not None
    assert found.at == expected


def test_only_what_comes_in_time() -> None:
    given = [
        InvoicePreview.model_validate({"invoice_at": when, "total": 1})
        for when in (None, days(-1), days(0), days(7), days(7.1))
    ]
    found = candidates.within(given, SPAN.start, SPAN.end)
    assert [one.invoice_at for one in found] == [at(0), at(7)]
