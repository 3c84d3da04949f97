"""What a line of a list changes of a balance."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bot.changes.balance import words
from bot.changes.balance.request import LINE, BalanceInput
from bot.changes.balance.words import BalanceAction, BalanceNote
from bot.changes.line_form import LineCells, LineNote, LineReader
from bot.changes.model import Facts
from bot.changes.notes import Note
from tests.changes.facts import balance, customer, facts, row

PLAIN = facts(balance(row()))
DAY = datetime(2026, 12, 31, tzinfo=UTC)
ACTIONS = "give, set or reset"


def reader(about: str, amount: str = "", action: str = "") -> LineReader:
    return LineReader(LineCells(about, amount, action))


def filled(*cells: str, of: Facts = PLAIN) -> Any:
    line = reader(*cells)
    listed = LINE.read(line)
    assert not line.wrong
    return LINE.fill(listed, of, "unique")


@pytest.mark.parametrize("word", ["", "give", "Add", "extra", "Give extra allowance"])
def test_line_gives_extra_unless_it_says_otherwise(word: str) -> None:
    assert filled("messages", "1k", word) == BalanceInput(
        customer="cus_1", feature="messages", row="row", action=BalanceAction.GIVE, amount=Decimal(1000)
    )


@pytest.mark.parametrize("word", ["set", "set to", "Set the balance"])
def test_line_sets_what_remains(word: str) -> None:
    assert filled("messages", "-40", word) == BalanceInput(
        customer="cus_1", feature="messages", row="row", action=BalanceAction.SET, amount=Decimal(-40)
    )


@pytest.mark.parametrize("word", ["reset", "reset_on", "Move the reset date"])
def test_amount_of_a_reset_is_its_date(word: str) -> None:
    assert filled("messages", "2026-12-31", word) == BalanceInput(
        customer="cus_1", feature="messages", row="row", action=BalanceAction.RESET_DATE, reset_at=DAY
    )


@pytest.mark.parametrize(
    ("cells", "wrong"),
    [
        (("", "5"), {"about": Note(LineNote.MISSING, {"what": "feature"})}),
        (("messages", ""), {"amount": Note(LineNote.MISSING, {"what": "amount"})}),
        (("messages", "", "reset"), {"amount": Note(LineNote.MISSING, {"what": "date"})}),
        (("messages", "5", "reset"), {"amount": Note(LineNote.NOT_A_DATE, {"typed": "5"})}),
        (
            ("messages", "5", "burn"),
            {"action": Note(LineNote.UNKNOWN_ACTION, {"typed": "burn", "words": ACTIONS})},
        ),
    ],
)
def test_line_that_cannot_be_read_says_why(cells: tuple[str, ...], wrong: dict[str, Note]) -> None:
    line = reader(*cells)
    LINE.read(line)
    assert line.wrong == wrong


def test_list_cannot_say_which_of_several_parts_is_meant() -> None:
    several = facts(balance(row(), row("other"), row("")))
    assert filled("messages", "5", of=several) == Note(BalanceNote.SEVERAL_SOURCES)
    with_id = facts(balance(row(), row("")))
    assert filled("messages", "5", of=with_id).row == "row"


def test_feature_that_is_not_held_is_left_to_the_guards() -> None:
    assert filled("seats", "5").row == ""
    assert filled("elsewhere", "5") == Note(LineNote.UNKNOWN, {"what": "feature", "typed": "elsewhere"})


def test_customer_without_an_id_is_left_to_the_guards() -> None:
    nameless = facts(customer=customer(balance(row()), id=None))
    assert filled("messages", "5", of=nameless).customer == ""


def test_form_of_a_list_offers_the_usual_word_of_each_action() -> None:
    assert LINE.usage == words.LINE_USAGE
    assert list(LINE.actions) == ["give", "set", "reset"]
    assert LINE.actions["reset"] == words.LINE_ACTIONS[BalanceAction.RESET_DATE]
