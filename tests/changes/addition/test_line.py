"""The quantity of a product's prepaid features that a line of a list asks for."""

from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import Plan, PlanItem, PlanPrice
from bot.changes.addition.request import LINE, AdditionInput
from bot.changes.addition.words import AdditionNote
from bot.changes.line_form import LineCells, LineNote, LineReader
from bot.changes.notes import Note
from tests.changes.billing.quotes import PRO, facts_with
from tests.changes.facts import AHEAD

SEATS = PlanItem(feature_id="seats", included=Decimal(2), price=AHEAD)
NOTHING_INCLUDED = PlanItem(feature_id="rooms", price=AHEAD)
PACK = Plan(id="pack", price=PlanPrice(interval="one_off"))
SUPPORT = Plan(id="support", name="Support", add_on=True)
OFFERED = (
    SUPPORT,
    PACK,
    Plan(id="seats", add_on=True, items=[SEATS]),
    Plan(id="rooms", add_on=True, items=[NOTHING_INCLUDED]),
    Plan(id="both", add_on=True, items=[SEATS, NOTHING_INCLUDED]),
)


def filled_line(product: str, amount: str = "", **changes: Any) -> Any:
    listed = LINE.read(LineReader(LineCells(product, amount)))
    return LINE.fill(listed, facts_with(PRO, **{"offered": OFFERED, **changes}), "unique")


@pytest.mark.parametrize(
    ("product", "amount", "quantities"),
    [
        ("support", "", []),
        ("seats", "", [("seats", 2)]),
        ("seats", "5", [("seats", 5)]),
        ("rooms", "1k", [("rooms", 1000)]),
    ],
)
def test_line_asks_for_one_quantity_or_the_included_one(
    product: str, amount: str, quantities: list[tuple[str, int]]
) -> None:
    request = filled_line(product, amount)
    assert isinstance(request, AdditionInput)
    assert [(quantity.feature, int(quantity.quantity)) for quantity in request.quantities] == quantities
    assert (request.customer, request.subscription) == ("cus_1", "maple_unique")


def test_what_is_bought_once_gets_no_subscription_id() -> None:
    assert filled_line("pack").subscription == ""


def test_line_names_a_product_and_no_action() -> None:
    line = LineReader(LineCells(action="now"))
    LINE.read(line)
    assert line.wrong == {
        "about": Note(LineNote.MISSING, {"what": "product"}),
        "action": Note(LineNote.TAKES_NONE, {"what": "action"}),
    }


@pytest.mark.parametrize(
    ("product", "amount", "refusal"),
    [
        ("support", "5", Note(AdditionNote.NO_QUANTITY)),
        ("rooms", "", Note(LineNote.MISSING, {"what": "amount"})),
        ("both", "5", Note(AdditionNote.SEVERAL_QUANTITIES)),
        ("both", "", Note(AdditionNote.SEVERAL_QUANTITIES)),
        ("pro", "", Note(LineNote.UNKNOWN, {"what": "product", "typed": "pro"})),
    ],
)
def test_line_that_does_not_fit_the_product_says_why(product: str, amount: str, refusal: Note) -> None:
    assert filled_line(product, amount) == refusal


def test_unread_products_are_unknown() -> None:
    assert filled_line("support", offered=None) == Note(
        LineNote.UNKNOWN, {"what": "product", "typed": "support"}
    )
