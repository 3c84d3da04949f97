"""What a line of a list asks for: a coupon, or a promo code."""

from dataclasses import replace
from typing import Any

import pytest

from bot.changes.line_form import LineCells, LineNote, LineReader
from bot.changes.model import Facts
from bot.changes.notes import Note
from bot.changes.reward.request import LINE, RewardInput
from bot.changes.reward.words import RewardAction, RewardNote
from tests.changes.facts import billing, coupon, discount, facts, rewards

COUPONS = replace(facts(), rewards=rewards(coupon("ten"), coupon("twenty")), billing=billing())
HAS_TEN = replace(COUPONS, billing=billing(discount("ten")))


def reward(action: RewardAction, **changes: Any) -> RewardInput:
    return RewardInput(customer="cus_1", action=action, **changes)


@pytest.mark.parametrize(
    ("about", "action", "customer_facts", "filled"),
    [
        ("ten", "apply", COUPONS, reward(RewardAction.APPLY, reward="ten")),
        ("Ten Off", "Apply coupon", COUPONS, reward(RewardAction.APPLY, reward="ten")),
        ("gone", "apply", COUPONS, Note(LineNote.UNKNOWN, {"what": "coupon", "typed": "gone"})),
        ("ten", "apply", facts(), Note(LineNote.UNKNOWN, {"what": "coupon", "typed": "ten"})),
        ("BONUS", "redeem", COUPONS, reward(RewardAction.REDEEM, code="BONUS")),
        ("BONUS", "redeem promo code", COUPONS, reward(RewardAction.REDEEM, code="BONUS")),
        ("", "remove", HAS_TEN, reward(RewardAction.REMOVE)),
        ("ten off", "remove coupon", HAS_TEN, reward(RewardAction.REMOVE)),
        ("twenty", "remove", HAS_TEN, Note(RewardNote.ANOTHER_COUPON, {"name": "ten off"})),
        ("twenty", "remove", COUPONS, reward(RewardAction.REMOVE)),
    ],
)
def test_line_asks_for_a_coupon_or_a_code(
    about: str, action: str, customer_facts: Facts, filled: RewardInput | Note
) -> None:
    reader = LineReader(LineCells(about, "", action))
    assert LINE.fill(LINE.read(reader), customer_facts, "unique") == filled
    assert not reader.wrong


@pytest.mark.parametrize(
    ("cells", "cell", "problem"),
    [
        (LineCells("", "", "apply"), "about", Note(LineNote.MISSING, {"what": "coupon"})),
        (LineCells("", "", "redeem"), "about", Note(LineNote.MISSING, {"what": "promo code"})),
        (LineCells("ten", "5", "apply"), "amount", Note(LineNote.TAKES_NONE, {"what": "amount"})),
        (
            LineCells("ten"),
            "action",
            Note(LineNote.NO_ACTION, {"typed": "", "words": "apply, remove or redeem"}),
        ),
    ],
)
def test_line_that_cannot_be_read_says_why(cells: LineCells, cell: str, problem: Note) -> None:
    reader = LineReader(cells)
    LINE.read(reader)
    assert reader.wrong == {cell: problem}
