"""A customer's products, prices and debts in one line."""

from typing import Any

import pytest

from bot.approvals.names import customer_summary
from bot.autumn.models import Customer

PRO = {
    "plan_id": "pro",
    "status": "active",
    "plan": {"id": "pro", "name": "Pro*", "price": {"amount": 49, "currency": "usd", "interval": "month"}},
}
OPEN = {"id": "in_1", "status": "open", "total": 24.5, "currency": "usd"}


@pytest.mark.parametrize(
    ("customer", "line"),
    [
        ({}, ""),
        ({"subscriptions": [PRO]}, "Pro∗, $49.00 per month"),
        ({"subscriptions": [{"plan_id": "x", "status": "active"}]}, "x"),
        ({"subscriptions": [PRO | {"plan": {"id": "free", "name": "Free"}}]}, "Free"),
        ({"subscriptions": [PRO | {"status": "scheduled"}]}, ""),
        ({"subscriptions": [PRO | {"past_due": True}]}, "Pro∗, $49.00 per month · *past due*"),
        ({"invoices": [OPEN]}, "*$24.50 unpaid*"),
        ({"invoices": [OPEN | {"status": "paid"}]}, ""),
    ],
)
def test_standing_names_products_prices_and_debts(customer: dict[str, Any], line: str) -> None:
    assert customer_summary(Customer.model_validate({"id": "cus_1", **customer})) == line
