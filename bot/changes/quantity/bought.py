"""What a subscription buys ahead of a feature."""

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal

from bot.autumn.models import BalanceRow, Customer, PlanItem, Subscription
from bot.changes.canonical import ZERO

_AHEAD = "prepaid"


def items(subscription: Subscription) -> Mapping[str, PlanItem]:
    """The features that its product sells by quantity, by id."""
    return {
        item.feature_id: item
        for item in (subscription.plan.items if subscription.plan else ())
        if item.price is not None and item.price.billing_method == _AHEAD
    }


def rows(product: str, feature: str, customer: Customer) -> list[BalanceRow]:
    """Where the quantity is: one row, unless the product is held more than once."""
    balance = customer.balances.get(feature)
    return [
        row
        for row in (balance.breakdown if balance else ())
        if row.plan_id == product and row.price is not None and row.price.billing_method == _AHEAD
    ]


def quantity(row: BalanceRow) -> Decimal:
    """In all: what is bought, and what is included."""
    return row.included_grant + row.prepaid_grant


def included(item: PlanItem) -> Decimal:
    return item.included or ZERO


def pack(item: PlanItem) -> Decimal:
    """How many are sold together."""
    return (item.price.billing_units if item.price else None) or Decimal(1)


def next_up(item: PlanItem, wanted: Decimal) -> Decimal:
    """The least quantity of whole packs that has as many: Autumn would take that."""
    packs = ((wanted - included(item)) / pack(item)).to_integral_value(ROUND_CEILING)
    return included(item) + packs * pack(item)
