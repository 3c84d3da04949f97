from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.changes.control import properties
from bot.changes.control.properties import LONGEST, NotProperties
from bot.changes.control.words import ControlNote


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", {}),
        ("\n  \n", {}),
        ("model = gpt-4", {"model": "gpt-4"}),
        ("model=a=b", {"model": "a=b"}),
        ("b = 5\n\na = -1.50", {"b": 5, "a": -1.5}),
        ("on = true\noff = false\nword = True", {"on": True, "off": False, "word": "True"}),
        ("zip = 007\nlong = 1234567890123", {"zip": "007", "long": "1234567890123"}),
        ('five = "5"\nquote = "say \\"so\\""', {"five": "5", "quote": 'say "so"'}),
        (f"{'n' * 64} = {'v' * 128}", {"n" * 64: "v" * 128}),
    ],
)
def test_typed_values_get_their_type(typed: str, read: dict[str, Any]) -> None:
    parsed = properties.parse(typed)
    assert parsed == read
    assert [type(value) for value in parsed.values()] == [type(value) for value in read.values()]


@pytest.mark.parametrize(
    "typed",
    [
        "model",
        "= x",
        "model =",
        'model = ""',
        'model = "x',
        "model = x\nmodel = y",
        f"{'n' * 65} = x",
        f"x = {'v' * 129}",
        "\n".join(f"{letter * 60} = {'v' * 60}" for letter in "abc"),
    ],
)
def test_impossible_properties_are_refused(typed: str) -> None:
    with pytest.raises(NotProperties):
        properties.parse(typed)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"b": "x", "a": 1.5, "c": True, "d": None}, "a = 1.5, b = x, c = true, d = null"),
        (
            {"a": "5", "b": "true", "c": " x", "d": 'so "x"'},
            'a = "5", b = "true", c = " x", d = "so \\"x\\""',
        ),
        ({"a": 0.000001}, "a = 0.000001"),
        ({"a": 'é "x"'}, 'a = "é \\"x\\""'),
    ],
)
def test_values_are_shown_as_typed(values: dict[str, Any], expected: str) -> None:
    assert properties.shown(values) == expected


def test_properties_are_limited_to_what_a_card_shows() -> None:
    assert f"up to {LONGEST}" in str(ControlNote.PROPERTIES.text)
    lines = [f"{letter * 60} = {'v' * 60}" for letter in "ab"]
    remaining_length = LONGEST - len(", ".join([*lines, "c = "]))
    assert properties.parse("\n".join([*lines, f"c = {'v' * remaining_length}"]))
    with pytest.raises(NotProperties):
        properties.parse("\n".join([*lines, f"c = {'v' * (remaining_length + 1)}"]))


def test_equal_properties_have_equal_text() -> None:
    assert properties.dump({"b": 1, "a": "x"}) == properties.dump({"a": "x", "b": 1}) == '{"a":"x","b":1}'
    assert properties.dump({}) == ""


NAMES = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20)
VALUES = st.one_of(
    st.booleans(),
    st.integers(-(10**11), 10**11),
    st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=20),
)


@given(st.dictionaries(NAMES, VALUES, max_size=3))
def test_shown_properties_parse_back(values: dict[str, Any]) -> None:
    lines = "\n".join(properties.shown({name: value}) for name, value in values.items())
    assert len(lines) < LONGEST
    assert properties.parse(lines) == values
