"""What a product sells by quantity, such as seats, and how much of it a customer has or is to have. Pure."""

import json
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.autumn.models import BalanceRow, Customer, Plan, PlanItem, Subscription
from bot.changes import amounts, canonical
from bot.changes.billing import quote
from bot.changes.billing.words import BillingLine, BillingNote
from bot.changes.canonical import ZERO
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import Facts
from bot.changes.notes import Note

_AHEAD = "prepaid"


def sold_with(subscription: Subscription) -> Mapping[str, PlanItem]:
    """The features that its product sells by quantity, by id."""
    return sold_by_quantity(subscription.plan)


def sold_by_quantity(plan: Plan | None) -> Mapping[str, PlanItem]:
    """The features that a product sells by quantity, by id."""
    return {
        item.feature_id: item
        for item in (plan.items if plan else ())
        if item.price is not None and item.price.billing_method == _AHEAD
    }


def quantity_rows(product: str, feature: str, customer: Customer) -> list[BalanceRow]:
    """Where the quantity is: one row, unless the product is held more than once."""
    balance = customer.balances.get(feature)
    return [
        row
        for row in (balance.breakdown if balance else ())
        if row.plan_id == product and row.price is not None and row.price.billing_method == _AHEAD
    ]


def quantity_of(row: BalanceRow) -> Decimal:
    """In total: what is bought plus what is included."""
    return row.included_grant + row.prepaid_grant


def included_units(item: PlanItem) -> Decimal:
    return item.included or ZERO


def pack_size(item: PlanItem) -> Decimal:
    """How many are sold together."""
    return (item.price.billing_units if item.price else None) or Decimal(1)


def next_up(item: PlanItem, units: Decimal) -> Decimal:
    """The least quantity of whole packs that has as many: Autumn would take that."""
    packs = ((units - included_units(item)) / pack_size(item)).to_integral_value(ROUND_CEILING)
    return included_units(item) + packs * pack_size(item)


def quantity_refusal(item: PlanItem, quantity: Decimal) -> Note | None:
    """Why this total cannot be bought. Autumn would silently take another number."""
    if (problem := amounts.size_problem(quantity)) is not None:
        return amounts.note(problem)
    least, most = included_units(item), item.price.max_purchase if item.price else None
    if quantity < 0:
        return Note(BillingNote.NEGATIVE)
    if quantity < least:
        return Note(BillingNote.BELOW_INCLUDED, {"included": canonical.number(least)})
    if (next_one := next_up(item, quantity)) != quantity:
        figures = {"pack": pack_size(item), "included": least, "next": next_one}
        return Note(
            BillingNote.NOT_WHOLE_PACKS, {named: canonical.number(value) for named, value in figures.items()}
        )
    if most is not None and quantity > least + most:
        return Note(BillingNote.OVER_MOST, {"most": canonical.number(least + most)})
    return None


# How much of each feature a new product is to have


class FeatureQuantity(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    feature: str
    quantity: Decimal
    """In total, with what the product includes."""


Quantities = Sequence[FeatureQuantity]


def refusal(plan: Plan, chosen: Quantities) -> Note | None:
    """Why they cannot be bought with the product. Autumn ignores features that it does not sell."""
    sold = sold_by_quantity(plan)
    if sorted(choice.feature for choice in chosen) != sorted(sold):
        return Note(BillingNote.QUANTITIES_MISSING)
    problems = (quantity_refusal(sold[choice.feature], choice.quantity) for choice in chosen)
    return next((problem for problem in problems if problem is not None), None)


def misquoted(plan_id: str, chosen: Quantities, facts: Facts) -> Note | None:
    """What Autumn's preview of the product says otherwise."""
    move = quote.incoming(plan_id, facts)
    quoted = {quantity.feature_id: quantity.quantity for quantity in move.feature_quantities} if move else {}
    if facts.quote is None:
        return None
    differing = next((choice for choice in chosen if quoted.get(choice.feature) != choice.quantity), None)
    return None if differing is None else Note(BillingNote.OTHER_QUANTITY, {"feature": differing.feature})


def body(chosen: Quantities) -> Mapping[str, Any]:
    """Of the write; empty where the product sells nothing by quantity."""
    listed = [
        {"feature_id": choice.feature, "quantity": canonical.figure(choice.quantity)} for choice in chosen
    ]
    return {"feature_quantities": listed} if listed else {}


def lines(chosen: Quantities) -> list[Line]:
    return [
        Line(
            BillingLine.QUANTITY,
            None,
            canonical.number(choice.quantity),
            ValueFormat.NUMBER,
            about=choice.feature,
        )
        for choice in chosen
    ]


def held(plan_id: str, chosen: Quantities, facts: Facts) -> str | None:
    """What the customer has of them from the product, to compare; None if there is nothing to compare."""
    amounts = {
        choice.feature: [
            canonical.number(quantity_of(row))
            for row in quantity_rows(plan_id, choice.feature, facts.customer)
        ]
        for choice in chosen
    }
    return json.dumps(amounts) if amounts else None


def all_held(chosen: Quantities, stored: str | None) -> bool:
    """Whether what `held` read has each of them."""
    rows: Mapping[str, list[str]] = json.loads(stored or "{}")
    return all(canonical.number(choice.quantity) in rows[choice.feature] for choice in chosen)
