"""The list as a card, whatever the customers' names."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bot.kit import phrases
from bot.kit.csv_table import CsvFormat
from bot.lookups.finder import words
from bot.lookups.finder.card import Listed, csv_name, csv_text, list_card, unknown_filter, unknown_order
from bot.lookups.finder.filters import BalanceUse, ListQuery, Order

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def customer(number: int, **fields: Any) -> Any:
    return {"id": f"cus_{number}", "name": f"Name {number}", "created_at": 1_780_000_000_000, **fields}


def drawn(*customers: Any, complete: bool = True, query: ListQuery | None = None) -> str:
    return str(list_card(Listed(customers, complete, NOW), query or ListQuery()).blocks)


def test_row_shows_the_customers_status() -> None:
    standing = customer(
        1,
        subscriptions=[
            {"plan": {"name": "Pro"}, "past_due": True, "trial_ends_at": 1_900_000_000_000},
            {"plan_id": "addon"},
            {},
        ],
        balances={
            "messages": {"granted": 5, "remaining": 0},
            "seats": {"granted": 5, "remaining": 0, "breakdown": [{"included_grant": 5, "usage": 6}]},
            "tokens": {"granted": 5, "remaining": 0, "next_reset_at": 1_700_000_000_000},
        },
    )
    text = drawn(standing)
    for fact in ("Name 1", "cus_1", "Pro, addon", words.PAST_DUE, words.TRIAL):
        assert fact in text
    assert " · ".join((words.over("seats"), words.used_up("messages"), words.reset_due("tokens"))) in text


def test_row_and_file_show_the_number_of_entities() -> None:
    listed = Listed((customer(1), customer(2)), True, NOW, {"cus_1": 3})
    query = ListQuery(entities=1, entity_feature="se*ats")
    card_blocks = str(list_card(listed, query).blocks)
    assert words.filters(query, "", "`se*ats`") in card_blocks
    assert "3 entities" in card_blocks
    assert "1 entity" not in card_blocks.replace(words.filters(query, "", "`se*ats`"), "")
    rows = list(csv.DictReader(io.StringIO(csv_text(listed, CsvFormat()).removeprefix("\ufeff"))))
    assert [row["entities"] for row in rows] == ["3", ""]


def test_customer_without_an_id_cannot_be_opened() -> None:
    assert "'go:" not in drawn({"id": None, "name": None, "email": None})
    assert "'go:" in drawn(customer(1))


def test_pages_and_file_button() -> None:
    many = [customer(number) for number in range(25)]
    first, last = drawn(*many), drawn(*many, query=ListQuery(page=2, plans=("pro",)))
    assert "list:next" in first
    assert "list:previous" not in first
    assert "list:previous" in last
    assert "list:next" not in last
    assert "list_csv" in first


def test_empty_list() -> None:
    assert words.NOBODY in drawn()
    assert "list_csv" not in drawn()


def test_part_of_a_list_does_not_say_that_nobody_matches() -> None:
    text = drawn(complete=False)
    assert words.NOBODY_AMONG_THOSE_READ in text
    assert words.NONE_FOUND in text
    assert words.NOBODY not in text
    assert words.incomplete(0) not in text


def test_truncated_list_says_so() -> None:
    assert words.incomplete(1) in drawn(customer(1), complete=False)
    assert words.incomplete(1) not in drawn(customer(1))


def test_usage_is_shown_where_the_list_is_sorted_by_it() -> None:
    uses = {"cus_1": BalanceUse("Messages", Decimal(4500), Decimal(5000))}
    listed = Listed((customer(1), customer(2)), True, NOW, uses=uses)
    query = ListQuery(order=Order.USED, used_feature="mess*ages")
    card_blocks = str(list_card(listed, query).blocks)
    assert words.use("Messages", "4,500", "5,000") in card_blocks
    assert words.filters(query, "", "", "`mess*ages`") in card_blocks
    assert words.NOT_SORTED_BY_USE not in card_blocks
    rows = list(csv.DictReader(io.StringIO(csv_text(listed, CsvFormat()).removeprefix("\ufeff"))))
    assert [(row["most used"], row["used"], row["granted"]) for row in rows] == [
        ("Messages", "4500", "5000"),
        ("", "", ""),
    ]


def test_order_without_data_is_explained() -> None:
    nothing = Listed((customer(1),), True, NOW)
    assert words.NOT_SORTED_BY_USE in drawn(customer(1), query=ListQuery(order=Order.USED))
    assert words.NOT_SORTED_BY_ENTITIES in drawn(customer(1), query=ListQuery(order=Order.ENTITIES))
    assert words.NOT_SORTED_BY_ENTITIES not in drawn(query=ListQuery(order=Order.ENTITIES))
    counted = Listed((customer(1),), True, NOW, {"cus_1": 1})
    by_entities = ListQuery(order=Order.ENTITIES)
    assert words.NOT_SORTED_BY_ENTITIES not in str(list_card(counted, by_entities).blocks)
    assert words.NOT_SORTED_BY_USE not in str(list_card(nothing, ListQuery()).blocks)


def test_list_query_too_long_for_a_button_cannot_be_sorted() -> None:
    assert "list_order" in drawn(customer(1))
    long = ListQuery(plans=tuple(f"{number}{'x' * 90}" for number in range(5)))
    assert "list_order" not in drawn(customer(1), query=long)


def test_unknown_order_is_named() -> None:
    assert "`revenue`" in str(unknown_order("revenue").blocks)
    assert words.unknown_order(phrases.NONE) in str(unknown_order("").blocks)


def test_unknown_filter_is_named() -> None:
    assert "`acme`" in str(unknown_filter("acme").blocks)


def test_file_has_a_line_per_customer_and_no_formula() -> None:
    rows = [customer(1, name="=1+1", email="a@b.example"), {"id": "cus_2"}]
    text = csv_text(Listed(tuple(rows), complete=True, read_at=NOW), CsvFormat())
    first, second = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert first["customer"] == "'=1+1"
    assert first["joined (UTC)"].startswith("2026-05-28T")
    assert second["customer"] == second["joined (UTC)"] == ""
    assert "products" not in first, "nobody has any"
    assert csv_name(NOW) == "maple-customers-2026-11-23-0900.csv"
