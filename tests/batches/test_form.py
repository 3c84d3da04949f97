"""The form of a bulk change: what it accepts, and what it reports as missing."""

from typing import Any

import pytest

from bot.batches import form, parsing, words
from bot.batches.form import BatchInput, BatchMeta
from bot.batches.model import BatchLine
from bot.batches.parsing import ForAll
from bot.changes.forms import words as forms_words
from bot.changes.line_form import LineCells

LISTED = BatchMeta(key="0" * 32, draft="d1", customers=3)
PASTED = BatchMeta(key="0" * 32)


def form_values(**values: Any) -> dict[str, dict[str, Any]]:
    """Form values by block_id: a text, or the input's value."""
    return {
        block: {"input": value if isinstance(value, dict) else {"value": value}}
        for block, value in values.items()
    }


def option(value: str) -> dict[str, Any]:
    return {"selected_option": {"value": value}}


def test_list_is_read_as_typed() -> None:
    values = form_values(list="a\tb\u200b\n", reason=" why ", action=option("set"), amount=" 5k ")
    parsed = form.parse(PASTED, values)
    assert parsed.input is not None
    assert parsed.input.pasted == "a\tb\u200b\n"
    assert (parsed.input.reason, parsed.input.file) == ("why", "")
    assert parsed.input.for_all == ForAll("set", "", "5k")


def test_file_is_read_by_its_id() -> None:
    values = form_values(list=None, file={"files": [{"id": "F1"}]}, reason="why", action=option("no action"))
    parsed = form.parse(PASTED, values)
    assert parsed.input is not None
    assert (parsed.input.pasted, parsed.input.file) == ("", "F1")
    assert parsed.input.for_all == ForAll()


@pytest.mark.parametrize(
    ("meta", "values", "errors"),
    [
        (PASTED, form_values(reason="why"), {"list": words.NO_SOURCE}),
        (PASTED, form_values(list=" \n", reason="why"), {"list": words.NO_SOURCE}),
        (
            PASTED,
            form_values(list="a", file={"files": [{"id": "F1"}]}, reason="why"),
            {"list": words.ONE_SOURCE},
        ),
        (PASTED, form_values(list="a", reason=" \u200b"), {"reason": forms_words.REASON_NEEDED}),
        (PASTED, form_values(list="a", reason="why", amount="1.000"), {"amount": "two ways"}),
        (
            PASTED,
            form_values(list="a", reason="why", amount="5", action=option("reset")),
            {"amount": "not a date"},
        ),
        (LISTED, form_values(reason="why", amount="5"), {"feature": forms_words.NO_FEATURE_PICKED}),
        (LISTED, form_values(reason="why", feature=option("messages")), {"amount": "missing"}),
    ],
)
def test_missing_values_are_reported(meta: BatchMeta, values: dict[str, Any], errors: dict[str, str]) -> None:
    parsed = form.parse(meta, values)
    assert parsed.input is None
    assert set(parsed.errors) == set(errors)
    assert all(part in parsed.errors[block] for block, part in errors.items())


def test_customers_of_a_list_get_the_values_filled_in() -> None:
    stored_lines = [BatchLine(number, f"cus_{number}") for number in (1, 4)]
    assert parsing.filled(stored_lines, ForAll("set", "messages", "5k")) == tuple(
        BatchLine(number, f"cus_{number}", LineCells("messages", "5k", "set")) for number in (1, 4)
    )


def test_form_whose_list_was_not_read_keeps_what_was_filled_in() -> None:
    filled = BatchInput(ForAll("set", "messages", "5k"), "The outage", file="F1")
    view = form.again(LISTED, filled, words.LISTED_GONE, most=500)
    assert BatchMeta.decode(view["private_metadata"]) == PASTED, "it takes another list"
    fields = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
    assert fields[form.ACTION_BLOCK]["initial_option"]["value"] == "set"
    assert fields[form.FEATURE_BLOCK]["initial_option"]["value"] == "messages"
    assert fields[form.AMOUNT_BLOCK]["initial_value"] == "5k"
    assert fields[form.REASON_BLOCK]["initial_value"] == "The outage"
    assert words.LISTED_GONE in view["blocks"][0]["text"]["text"]


def test_form_is_within_slacks_limits() -> None:
    for meta in (PASTED, LISTED):
        view = form.build(meta, most=500, pasted="a,b,5")
        assert len(view["private_metadata"]) <= 3000
        hints = [block["hint"]["text"] for block in view["blocks"] if block.get("hint")]
        assert all(len(hint) <= 150 for hint in hints), hints
