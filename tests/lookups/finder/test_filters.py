"""The list's filters: how they are typed, and what they let through."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.lookups.finder import words
from bot.lookups.finder.filters import (
    BalanceUse,
    ListQuery,
    Order,
    StatusFilter,
    UnknownFilter,
    UnknownOrder,
    balance_use,
    joined_since,
    parse,
    passes,
    spent,
)
from tests.examples import examples

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
TOMORROW = (NOW + timedelta(days=1)).timestamp() * 1000


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("", ListQuery()),
        ("past-due", ListQuery(past_due=True)),
        ("PAST_DUE trial", ListQuery(past_due=True, trial=True)),
        ("over over-limit", ListQuery(over=True)),
        ("product:pro plan:team product:pro", ListQuery(plans=("pro", "team"))),
        ("active", ListQuery(status=StatusFilter.ACTIVE)),
        ("scheduled sort:oldest", ListQuery(status=StatusFilter.SCHEDULED, order=Order.OLDEST)),
        ("joined:30d sort:Name", ListQuery(joined=30, order=Order.NAME)),
        ("joined:7", ListQuery(joined=7)),
        ("sort:entities", ListQuery(order=Order.ENTITIES)),
        ("sort:used", ListQuery(order=Order.USED)),
        ("SORT:Used:messages", ListQuery(order=Order.USED, used_feature="messages")),
        ("sort:used:", UnknownOrder("used:")),
        (f"sort:used:{'x' * 101}", UnknownOrder(f"used:{'x' * 101}")),
        ("sort:revenue", UnknownOrder("revenue")),
        ("sort:", UnknownOrder("")),
        ("entities", ListQuery(entities=1)),
        ("entities:5", ListQuery(entities=5)),
        ("ENTITIES:>=5", ListQuery(entities=5)),
        ("entities:5+", ListQuery(entities=5)),
        ("entity:seats", ListQuery(entities=1, entity_feature="seats")),
        ("entities:3 entity:seats", ListQuery(entities=3, entity_feature="seats")),
        ("entity:seats entities:3", ListQuery(entities=3, entity_feature="seats")),
        ("entities:1000000", ListQuery(entities=1_000_000)),
        ("entities:1000001", UnknownFilter("entities:1000001")),
        ("entities:0", UnknownFilter("entities:0")),
        ("entities:many", UnknownFilter("entities:many")),
        ("entity:", UnknownFilter("entity:")),
        (f"entity:{'x' * 100}", ListQuery(entities=1, entity_feature="x" * 100)),
        (f"entity:{'x' * 101}", UnknownFilter(f"entity:{'x' * 101}")),
        ("joined:0", UnknownFilter("joined:0")),
        ("joined:9999", UnknownFilter("joined:9999")),
        ("joined:soon", UnknownFilter("joined:soon")),
        ("product:", UnknownFilter("product:")),
        ("trial acme", UnknownFilter("acme")),
        ("product:1 product:2 product:3 product:4 product:5 product:6", UnknownFilter("product:6")),
    ],
)
def test_filters_are_parsed(typed: str, query: ListQuery | UnknownFilter | UnknownOrder) -> None:
    assert parse(typed) == query


@given(st.text(max_size=60))
@examples(200)
def test_any_text_is_a_query_or_an_unknown_word(typed: str) -> None:
    query = parse(typed)
    if isinstance(query, ListQuery):
        assert ListQuery.decode(query.encode()) == query
        assert words.filters(query, "", "")


def balance(granted: int | None, remaining: int | None, **fields: Any) -> dict[str, Any]:
    numbers = {"granted": granted, "remaining": remaining}
    return {**{name: None if value is None else Decimal(value) for name, value in numbers.items()}, **fields}


OVER = {"included_grant": Decimal(1), "prepaid_grant": Decimal(1), "usage": Decimal(3)}
PAST = 1_700_000_000_000


def used_balance(used: int, granted: int, **fields: Any) -> dict[str, Any]:
    return {"usage": Decimal(used), "granted": Decimal(granted), **fields}


@pytest.mark.parametrize(
    ("query", "customer", "listed"),
    [
        (ListQuery(), {}, True),
        (ListQuery(past_due=True), {"subscriptions": [{"past_due": True, "status": "active"}]}, True),
        (ListQuery(past_due=True), {"subscriptions": [{"past_due": True, "status": "scheduled"}]}, False),
        (ListQuery(past_due=True), {"subscriptions": None}, False),
        (ListQuery(trial=True), {"subscriptions": [{"trial_ends_at": TOMORROW}]}, True),
        (ListQuery(trial=True), {"subscriptions": [{"trial_ends_at": 1_700_000_000_000}]}, False),
        (ListQuery(trial=True), {"subscriptions": [{}]}, False),
        (ListQuery(over=True), {"balances": {"messages": balance(100, 0)}}, True),
        (ListQuery(over=True), {"balances": {"messages": balance(100, -5)}}, True),
        (ListQuery(over=True), {"balances": {"messages": balance(100, 1)}}, False),
        (ListQuery(over=True), {"balances": {"messages": balance(100, 0, breakdown=[OVER])}}, True),
        (ListQuery(over=True), {"balances": {"messages": balance(100, 0, next_reset_at=PAST)}}, False),
        (ListQuery(over=True), {"balances": {"messages": balance(100, 0, next_reset_at=TOMORROW)}}, True),
        (ListQuery(over=True), {"balances": {"messages": balance(0, 0)}}, False),
        (ListQuery(over=True), {"balances": {"messages": balance(100, None)}}, False),
        (ListQuery(over=True), {"balances": {"messages": balance(100, 0, unlimited=True)}}, False),
    ],
)
def test_filters_that_autumn_does_not_have(query: ListQuery, customer: Any, listed: bool) -> None:
    assert passes(query, customer, NOW, 0) is listed


@pytest.mark.parametrize(("counted", "listed"), [(0, False), (2, False), (3, True), (4, True)])
def test_customers_with_fewer_entities_are_left_out(*, counted: int, listed: bool) -> None:
    assert passes(ListQuery(entities=3), {"id": "cus_1"}, NOW, counted) is listed
    assert passes(ListQuery(), {"id": "cus_1"}, NOW, counted)


@pytest.mark.parametrize(
    ("balances", "feature", "use"),
    [
        ({}, "", None),
        ({"messages": used_balance(90, 100), "seats": used_balance(5, 5)}, "", ("seats", 5, 5)),
        ({"messages": used_balance(90, 100), "seats": used_balance(5, 5)}, "messages", ("messages", 90, 100)),
        ({"messages": used_balance(90, 100)}, "seats", None),
        (
            {"messages": used_balance(90, 100, unlimited=True), "seats": used_balance(1, 5)},
            "",
            ("seats", 1, 5),
        ),
        ({"messages": used_balance(90, 0, unlimited=True)}, "messages", ("messages", 90, 0)),
        ({"messages": used_balance(90, 0), "seats": used_balance(1, 5)}, "", ("seats", 1, 5)),
        ({"messages": used_balance(150, 100), "seats": used_balance(5, 5)}, "", ("messages", 150, 100)),
        ({"messages": {}}, "", ("messages", 0, 0)),
        ({"m": used_balance(1, 2, feature={"name": "Messages"})}, "", ("Messages", 1, 2)),
        (None, "", None),
    ],
)
def test_usage_is_of_one_feature_or_the_largest_share(
    balances: Any, feature: str, use: tuple[str, int, int] | None
) -> None:
    expected = use and BalanceUse(use[0], Decimal(use[1]), Decimal(use[2]))
    assert balance_use({"balances": balances}, feature) == expected


def test_spent_balances_are_used_up_or_over_or_due_for_their_reset() -> None:
    balances = {
        "messages": balance(1, 0, feature={"name": "Messages"}, breakdown=[{"included_grant": Decimal(1)}]),
        "seats": balance(1, 0, breakdown=[{}]),
        "tokens": balance(1, 0, breakdown=[OVER]),
        "emails": balance(1, 0, breakdown=[OVER], next_reset_at=PAST),
    }
    found = spent({"balances": balances}, NOW)  # type: ignore[typeddict-item]
    assert (found.used_up, found.over, found.reset_due) == (["Messages", "seats"], ["tokens"], ["emails"])
    assert spent({}, NOW).limited == []


def test_joined_counts_back_from_now() -> None:
    assert joined_since(ListQuery(joined=2), NOW) == NOW - timedelta(days=2)
    assert joined_since(ListQuery(), NOW) is None
