"""How much of each feature a new product is to have of those that it sells by quantity. Pure."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.autumn.models import Plan
from bot.changes import canonical
from bot.changes.billing import bought, quote
from bot.changes.billing.words import BillingLine, BillingNote
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import Facts
from bot.changes.notes import Note


class FeatureQuantity(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    feature: str
    quantity: Decimal
    """In all, with what the product includes."""


Quantities = Sequence[FeatureQuantity]


def refusal(plan: Plan, chosen: Quantities) -> Note | None:
    """Why they cannot be bought with the product. Autumn ignores features that it does not sell."""
    sold = bought.sold(plan)
    if sorted(each.feature for each in chosen) != sorted(sold):
        return Note(BillingNote.QUANTITIES_MISSING)
    problems = (bought.refusal(sold[each.feature], each.quantity) for each in chosen)
    return next((problem for problem in problems if problem is not None), None)


def misquoted(plan_id: str, chosen: Quantities, facts: Facts) -> Note | None:
    """What Autumn's preview of the product says otherwise."""
    move = quote.incoming(plan_id, facts)
    quoted = {each.feature_id: each.quantity for each in move.feature_quantities} if move else {}
    if facts.quote is None:
        return None
    other = next((each for each in chosen if quoted.get(each.feature) != each.quantity), None)
    return None if other is None else Note(BillingNote.OTHER_QUANTITY, {"feature": other.feature})


def body(chosen: Quantities) -> Mapping[str, Any]:
    """Of the write; empty where the product sells nothing by quantity."""
    listed = [{"feature_id": each.feature, "quantity": canonical.figure(each.quantity)} for each in chosen]
    return {"feature_quantities": listed} if listed else {}


def lines(chosen: Quantities) -> list[Line]:
    return [
        Line(
            BillingLine.QUANTITY,
            None,
            canonical.number(each.quantity),
            ValueFormat.NUMBER,
            about=each.feature,
        )
        for each in chosen
    ]


def held(plan_id: str, chosen: Quantities, facts: Facts) -> str | None:
    """What the customer has of them from the product, to compare; None where there is nothing to."""
    amounts = {
        each.feature: [
            canonical.number(bought.quantity(row))
            for row in bought.rows(plan_id, each.feature, facts.customer)
        ]
        for each in chosen
    }
    return json.dumps(amounts, sort_keys=True) if amounts else None


def all_held(chosen: Quantities, stored: str | None) -> bool:
    """Whether what `held` read has each of them."""
    rows: Mapping[str, list[str]] = json.loads(stored or "{}")
    return all(canonical.number(each.quantity) in rows.get(each.feature, []) for each in chosen)
