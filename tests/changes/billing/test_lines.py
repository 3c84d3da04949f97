"""Cancellations and quantities as lines of a list."""

from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import Plan, PlanItem
from bot.changes.billing.words import BillingNote
from bot.changes.cancellation.request import LINE as CANCELLATION
from bot.changes.cancellation.request import CancellationInput
from bot.changes.cancellation.words import CancellationAction, Settlement
from bot.changes.line_form import LineCells, LineForm, LineNote, LineReader
from bot.changes.model import ChangeInput, Facts
from bot.changes.notes import Note
from bot.changes.quantity.request import LINE as QUANTITY
from bot.changes.quantity.request import QuantityInput
from bot.changes.quantity.words import Billed, QuantityNote
from tests.changes.billing.quotes import ADD_ON, OF_ENTITY, PRO, facts_with
from tests.changes.facts import AHEAD

NAMED = PRO.model_copy(update={"plan": Plan(id="pro", name="The Pro Plan")})
TEAM = PRO.model_copy(update={"id": "sub_team", "plan_id": "team", "plan": Plan(id="team", name="Team")})
SELLING = PRO.model_copy(
    update={"plan": Plan(id="pro", items=[PlanItem(feature_id="seats", price=AHEAD)])},
)
AGAIN = SELLING.model_copy(update={"id": "sub_again"})


def filled(form: LineForm, facts: Facts, about: str, amount: str = "", action: str = "") -> Any:
    line = LineReader(LineCells(about, amount, action))
    listed = form.read(line)
    assert not line.wrong
    return form.fill(listed, facts, "unique")


def wrong(form: LineForm, amount: str = "") -> dict[Any, Note]:
    """In a line with nothing else in it."""
    line = LineReader(LineCells(amount=amount))
    form.read(line)
    return line.wrong


def cancel(subscription: str, product: str) -> CancellationInput:
    return CancellationInput(
        customer="cus_1",
        subscription=subscription,
        product=product,
        action=CancellationAction.NOW,
        settlement=Settlement.CREDIT,
    )


SEVERAL = Note(BillingNote.SEVERAL, {"product": "pro"})


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("sub_seats", cancel("sub_seats", "seats")),
        ("team", cancel("sub_team", "team")),
        ("Team", cancel("sub_team", "team")),
        ("sub_pro", cancel("sub_pro", "pro")),
        ("pro", SEVERAL),
        ("the pro plan", SEVERAL),
        ("sub_entity", Note(LineNote.UNKNOWN, {"what": "product", "typed": "sub_entity"})),
    ],
)
def test_line_names_a_subscription_by_its_id_or_its_only_product(
    typed: str, expected: ChangeInput | Note
) -> None:
    facts = facts_with(NAMED, AGAIN, TEAM, ADD_ON, OF_ENTITY)
    assert filled(CANCELLATION, facts, typed, action="now with credit") == expected


@pytest.mark.parametrize(
    ("typed", "action", "settlement"),
    [
        ("at the end", CancellationAction.AT_PERIOD_END, None),
        ("At the end of the period", CancellationAction.AT_PERIOD_END, None),
        ("take back", CancellationAction.TAKE_BACK, None),
        ("take the cancellation back", CancellationAction.TAKE_BACK, None),
        ("now with credit", CancellationAction.NOW, Settlement.CREDIT),
        ("now with refund of the unused time", CancellationAction.NOW, Settlement.REFUND_UNUSED),
        ("now with refund of the last payment", CancellationAction.NOW, Settlement.REFUND_ALL),
        ("now with nothing", CancellationAction.NOW, Settlement.NOTHING),
    ],
)
def test_line_says_how_a_subscription_is_cancelled(
    typed: str, action: CancellationAction, settlement: Settlement | None
) -> None:
    request = filled(CANCELLATION, facts_with(PRO), "pro", action=typed)
    assert (request.action, request.settlement) == (action, settlement)


def test_line_of_a_cancellation_needs_a_product_and_an_action_and_takes_no_amount() -> None:
    problems = wrong(CANCELLATION, "5")
    assert problems["about"] == Note(LineNote.MISSING, {"what": "product"})
    assert problems["amount"] == Note(LineNote.TAKES_NONE, {"what": "amount"})
    assert problems["action"].code is LineNote.NO_ACTION


def bought(billed: Billed) -> QuantityInput:
    return QuantityInput(
        customer="cus_1",
        subscription="sub_pro",
        product="pro",
        feature="seats",
        quantity=Decimal(5),
        billed=billed,
    )


@pytest.mark.parametrize(
    ("action", "billed"),
    [
        ("", Billed.NOW),
        ("now", Billed.NOW),
        ("billed now", Billed.NOW),
        ("next invoice", Billed.NEXT_INVOICE),
        ("on the next invoice", Billed.NEXT_INVOICE),
    ],
)
def test_line_says_when_a_quantity_is_billed(action: str, billed: Billed) -> None:
    assert filled(QUANTITY, facts_with(ADD_ON, SELLING), "seats", "5", action) == bought(billed)


@pytest.mark.parametrize(
    ("facts", "typed", "refusal"),
    [
        (facts_with(SELLING, AGAIN), "seats", Note(QuantityNote.HELD_TWICE, {"feature": "seats"})),
        (facts_with(SELLING), "messages", Note(QuantityNote.NOT_BOUGHT_AHEAD, {"feature": "messages"})),
        (facts_with(SELLING), "desks", Note(LineNote.UNKNOWN, {"what": "feature", "typed": "desks"})),
    ],
)
def test_line_of_a_quantity_needs_one_subscription_that_sells_it(
    facts: Facts, typed: str, refusal: Note
) -> None:
    assert filled(QUANTITY, facts, typed, "5") == refusal


def test_line_of_a_quantity_needs_a_feature_and_an_amount() -> None:
    assert wrong(QUANTITY) == {
        "about": Note(LineNote.MISSING, {"what": "feature"}),
        "amount": Note(LineNote.MISSING, {"what": "amount"}),
    }
