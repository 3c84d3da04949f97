"""What a subscription buys ahead of a feature, such as seats, and whether so many can be bought."""

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal

from bot.autumn.models import BalanceRow, Customer, Plan, PlanItem, Subscription
from bot.changes import amounts, canonical
from bot.changes.billing.words import BillingNote
from bot.changes.canonical import ZERO
from bot.changes.notes import Note

_AHEAD = "prepaid"


def items(subscription: Subscription) -> Mapping[str, PlanItem]:
    """The features that its product sells by quantity, by id."""
    return sold(subscription.plan)


def sold(plan: Plan | None) -> Mapping[str, PlanItem]:
    """The features that a product sells by quantity, by id."""
    return {
        item.feature_id: item
        for item in (plan.items if plan else ())
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


def refusal(item: PlanItem, wanted: Decimal) -> Note | None:
    """Why so many, in all, cannot be bought. Autumn would take another number and say nothing."""
    if (problem := amounts.size_problem(wanted)) is not None:
        return amounts.note(problem)
    least, most = included(item), item.price.max_purchase if item.price else None
    if wanted < 0:
        return Note(BillingNote.NEGATIVE)
    if wanted < least:
        return Note(BillingNote.BELOW_INCLUDED, {"included": canonical.number(least)})
    if (next_one := next_up(item, wanted)) != wanted:
        figures = {"pack": pack(item), "included": least, "next": next_one}
        return Note(
            BillingNote.NOT_WHOLE_PACKS, {named: canonical.number(value) for named, value in figures.items()}
        )
    if most is not None and wanted > least + most:
        return Note(BillingNote.OVER_MOST, {"most": canonical.number(least + most)})
    return None
