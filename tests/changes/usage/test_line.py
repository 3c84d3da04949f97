"""What a line of a list records."""

from decimal import Decimal

import pytest

from bot.changes.line_form import LineCells, LineNote, LineReader
from bot.changes.notes import Note
from bot.changes.usage.request import LINE, UsageInput
from tests.changes.facts import facts


@pytest.mark.parametrize("feature", ["messages", "gone"])
def test_line_records_usage_of_a_feature_even_of_one_unknown(feature: str) -> None:
    reader = LineReader(LineCells(feature, "1.5k"))
    filled = LINE.fill(LINE.read(reader), facts(), "u" * 32)
    assert filled == UsageInput(customer="cus_1", feature=feature, value=Decimal(1500), mark="u" * 20)
    assert not reader.wrong


def test_line_names_the_feature_and_takes_no_action() -> None:
    reader = LineReader(LineCells("", "5", "give"))
    LINE.read(reader)
    assert reader.wrong == {
        "about": Note(LineNote.MISSING, {"what": "feature"}),
        "action": Note(LineNote.TAKES_NONE, {"what": "action"}),
    }


def test_line_finds_a_feature_by_its_name() -> None:
    features = {"messages": facts().features["messages"].model_copy(update={"name": "All messages"})}
    filled = LINE.fill(LINE.read(LineReader(LineCells("all Messages", "5"))), facts(features=features), "u")
    assert isinstance(filled, UsageInput)
    assert filled.feature == "messages"
