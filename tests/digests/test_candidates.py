from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import InvoicePreview
from bot.digests.sections import invoices, resets
from tests.digests.listed import SPAN, START, at, balance, balance_row, customer, days, ms, subscription

PLAN: dict[str, Any] = {"name": "Usage", "price": None, "items": []}


def estimate_for(whose: dict[str, Any], **fields: Any) -> invoices.Estimate | None:
    listed = customer(subscriptions=[subscription(**fields)], **whose)
    return invoices.estimate(listed, (listed["subscriptions"] or [])[0])


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
def test_base_price_is_the_estimate(fields: dict[str, Any], amount: str) -> None:
    assert estimate_for({}, **fields) == invoices.Estimate(at(3), Decimal(amount), "")


def test_currency_of_the_price_is_used() -> None:
    estimated = estimate_for({}, plan={"price": {"amount": 5, "currency": "EUR"}})
    assert estimated is not None
    assert estimated.currency == "eur"


def test_price_in_several_currencies_leaves_the_currency_unknown() -> None:
    price = {"amount": 49, "currency": "usd", "additional_currencies": [{"currency": "eur", "amount": 45}]}
    assert estimate_for({}, plan={"price": price}) == invoices.Estimate(at(3), Decimal(49), "")


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "scheduled", "plan": PLAN},
        {"status": "scheduled", "plan": {**PLAN, "items": [{"price": {"amount": 1}}]}},
        {"current_period_end": None},
        {"plan": PLAN},
        {"plan": {"price": {"amount": 0}}},
        # Nothing renews, and nothing is billed by usage.
        {"expires_at": days(3)},
        {"expires_at": days(1)},
    ],
)
def test_subscription_without_a_next_invoice_has_no_estimate(fields: dict[str, Any]) -> None:
    assert estimate_for({}, **fields) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"current_period_end": days(3)}, at(3)),
        ({"current_period_end": None}, None),
        ({"current_period_end": days(3), "expires_at": days(4)}, at(3)),
    ],
)
def test_product_of_an_entity_is_invoiced_without_a_known_amount(
    fields: dict[str, Any], expected: Any
) -> None:
    estimated = estimate_for({}, scope="entity", plan={"name": "Seat"}, **fields)
    assert estimated == invoices.Estimate(expected, None, "", of_entity=True)


@pytest.mark.parametrize(
    "fields",
    [
        {"current_period_end": days(3), "expires_at": days(3)},
        {"current_period_end": None, "expires_at": days(3)},
        {"current_period_end": None, "auto_enable": True},
    ],
)
def test_product_of_an_entity_that_ends_or_is_free_is_not_invoiced(fields: dict[str, Any]) -> None:
    assert estimate_for({}, scope="entity", plan={"name": "Seat"}, **fields) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"started_at": days(2)}, at(2)),
        ({"started_at": days(2), "trial_ends_at": days(5)}, at(5)),
        ({"started_at": None}, None),
    ],
)
def test_scheduled_product_has_its_first_invoice(fields: dict[str, Any], expected: Any) -> None:
    estimated = estimate_for(
        {}, status="scheduled", current_period_start=None, current_period_end=None, **fields
    )
    assert estimated == invoices.Estimate(expected, Decimal(49), "")


def test_customer_unknown_to_stripe_gets_no_invoice() -> None:
    assert estimate_for({"stripe_id": None}) is None


@pytest.mark.parametrize(
    ("whose", "fields"),
    [
        ({"balances": {"messages": balance(balance_row(1, price={"amount": 1}))}}, {"plan": PLAN}),
        ({}, {"plan": {**PLAN, "items": [{}, {"price": {"amount": 1}}]}}),
        ({}, {"plan": {**subscription()["plan"], "items": [{"price": {}}]}, "expires_at": days(3)}),
        # Its plan was not listed.
        ({}, {"plan": None}),
    ],
)
def test_usage_price_has_no_estimated_amount(whose: dict[str, Any], fields: dict[str, Any]) -> None:
    assert estimate_for(whose, **fields) == invoices.Estimate(at(3), None, "")


def test_usage_price_of_another_plan_does_not_count() -> None:
    rows = balance(balance_row(1, plan_id="addon", price={"amount": 1}), balance_row(1, price=None))
    assert estimate_for({"balances": {"messages": rows}}, plan=PLAN) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"trial_ends_at": days(2), "current_period_end": None}, at(2)),
        ({"trial_ends_at": days(3)}, at(3)),
        # A trial that is over no longer counts.
        ({"trial_ends_at": days(-20)}, at(3)),
    ],
)
def test_trial_ends_with_an_invoice(fields: dict[str, Any], expected: Any) -> None:
    estimated = estimate_for({}, **fields)
    assert estimated is not None
    assert estimated.at == expected


def test_only_previews_within_the_window_or_without_a_date_count() -> None:
    previews = [
        InvoicePreview.model_validate({"invoice_at": when, "total": 1})
        for when in (None, days(-1), days(0), days(7), days(7.1))
    ]
    previews_within = invoices.within(previews, SPAN.start, SPAN.end)
    assert [preview.invoice_at for preview in previews_within] == [None, at(0), at(7)]


# What was billed and reset before the scan


@pytest.mark.parametrize(
    ("fields", "whose", "expected"),
    [
        ({"started_at": days(-60)}, {}, invoices.Estimate(at(-27), Decimal(49), "")),
        # Although it ends with this period.
        ({"started_at": days(-60), "expires_at": days(3)}, {}, invoices.Estimate(at(-27), Decimal(49), "")),
        # The first period was billed with the purchase.
        ({"started_at": days(-27)}, {}, None),
        ({"started_at": None}, {}, None),
        ({"started_at": days(-60), "status": "scheduled"}, {}, None),
        ({"started_at": days(-60), "current_period_start": None}, {}, None),
        ({"started_at": days(-60)}, {"stripe_id": None}, None),
        ({"started_at": days(-60), "plan": {"price": None, "items": []}}, {}, None),
    ],
)
def test_last_invoice_of_a_subscription(
    fields: dict[str, Any], whose: dict[str, Any], expected: invoices.Estimate | None
) -> None:
    listed = customer(subscriptions=[subscription(**fields)], **whose)
    assert invoices.last_billed(listed, (listed["subscriptions"] or [])[0]) == expected


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("interval", "count", "next_one", "began", "last_one"),
    [
        ("month", None, "2026-12-23", "2026-01-23", "2026-11-23"),
        ("day", 1, "2026-11-24", "2026-01-23", "2026-11-23"),
        ("week", 2, "2026-11-30", "2026-01-23", "2026-11-16"),
        ("year", 1, "2027-11-20", "2025-11-20", "2026-11-20"),
        # Months are of different lengths.
        ("month", 1, "2027-02-28", "2026-01-31", "2027-01-31"),
        ("month", 1, "2026-11-30", "2026-01-31", "2026-10-31"),
        ("month", 1, "2026-11-30", "2026-01-30", "2026-10-30"),
        # Not reset yet; without a plan; overdue; with an unknown interval.
        ("month", 1, "2026-12-23", "2026-11-23", None),
        ("month", 1, "2026-12-23", None, None),
        ("month", 1, "2026-11-22", "2026-01-22", None),
        ("one_off", 1, "2026-12-23", "2026-01-23", None),
        (None, None, "2026-12-23", "2026-01-23", None),
        ("month", 1, None, "2026-01-23", None),
    ],
)
def test_last_reset_of_a_balance(
    interval: str | None, count: int | None, next_one: str | None, began: str | None, last_one: str | None
) -> None:
    reset = {
        "interval": interval,
        "interval_count": count,
        "resets_at": ms(utc(next_one)) if next_one else None,
    }
    listed = customer(balances={"messages": balance(balance_row(1, reset=reset))})
    (row,) = (listed["balances"] or {})["messages"]["breakdown"] or []
    reset_at = resets.last_reset(row, utc(began) if began else None, START)
    assert reset_at == (utc(last_one) if last_one else None)
