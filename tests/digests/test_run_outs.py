"""Customers who will use up a balance before it resets."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.digests.items import GRANTED, REMAINING, RESETS_AT
from bot.digests.sections import run_outs
from tests.digests.listed import at, balance, balance_row, customer, days, ms, stored_rows, subscription


def rows(**fields: Any) -> list[dict[str, Any]]:
    listed = customer(balances={"messages": balance(balance_row(**fields))})
    return [row for row in stored_rows(listed) if row["section"] == run_outs.SECTION.key]


def test_balance_that_lasts_less_than_its_cycle_is_listed() -> None:
    # Ten of thirty days have passed and 80 of 100 are used: the rest lasts two and a half days.
    (row,) = rows(resets=20, reset=monthly(20), remaining=20)
    assert row["at"] == at(2.5)
    assert (row["feature"], row["plans"]) == ("messages", "|pro|")
    assert row["details"][REMAINING] == "20"
    assert row["details"][RESETS_AT] == days(20)


def monthly(resets: float, **fields: Any) -> dict[str, Any]:
    return {"interval": "day", "interval_count": 30, "resets_at": days(resets), **fields}


@pytest.mark.parametrize(
    "fields",
    [
        {"remaining": 80},
        {"remaining": 0},
        {"remaining": -5},
        {"remaining": None},
        {"remaining": 100},
        {"unlimited": True},
        {"price": {"amount": 1}},
        {"reset": None},
        {"reset": monthly(-1)},
        {"reset": monthly(20, interval="one_off")},
        # Just reset: its pace is not reliable yet.
        {"reset": monthly(29.9), "remaining": 50},
        # Runs out after the window.
        {"reset": monthly(12), "remaining": 39},
    ],
)
def test_other_balances_are_not_listed(fields: dict[str, Any]) -> None:
    assert rows(**{"resets": 20, "reset": monthly(20), "remaining": 20, **fields}) == []


def test_unlimited_balance_is_not_listed() -> None:
    listed = customer(balances={"messages": balance(balance_row(20, remaining=20), unlimited=True)})
    assert [row for row in stored_rows(listed) if row["section"] == run_outs.SECTION.key] == []


def test_standalone_grant_has_no_product() -> None:
    (row,) = rows(resets=20, reset=monthly(20), remaining=20, plan_id=None)
    assert row["plans"] == ""


def test_other_sources_of_the_balance_extend_it() -> None:
    plan = balance_row(20, reset=monthly(20), remaining=20)
    grant = balance_row(None, plan_id=None, remaining=30)
    (row,) = [
        row
        for row in stored_rows(customer(balances={"messages": balance(plan, grant)}))
        if row["section"] == run_outs.SECTION.key
    ]
    # Eight a day are used, and fifty are left.
    assert row["at"] == at(6.25)
    assert (row["details"][REMAINING], row["details"][GRANTED], row["plans"]) == ("50", "200", "|pro|")


def test_cycle_starts_on_the_day_of_the_month_the_product_began() -> None:
    # 23 of 30 days have passed since October 31, and 92 of 100 are used: the rest lasts two days.
    start = datetime(2026, 11, 30, 9, tzinfo=UTC)
    reset = {"interval": "month", "resets_at": ms(start)}
    began = ms(datetime(2026, 1, 31, 9, tzinfo=UTC))
    listed = customer(
        balances={"messages": balance(balance_row(7, reset=reset, remaining=8))},
        subscriptions=[subscription(started_at=began)],
    )
    (row,) = [row for row in stored_rows(listed) if row["section"] == run_outs.SECTION.key]
    assert row["at"] == at(2)
