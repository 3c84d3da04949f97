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
def test_what_is_typed_is_read_with_its_type(typed: str, read: dict[str, Any]) -> None:
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
def test_what_no_event_could_have_is_refused(typed: str) -> None:
    with pytest.raises(NotProperties):
        properties.parse(typed)


@pytest.mark.parametrize(
    ("held", "shown"),
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
def test_values_are_shown_as_they_could_be_typed(held: dict[str, Any], shown: str) -> None:
    assert properties.shown(held) == shown


def test_properties_are_as_long_as_a_card_shows() -> None:
    assert f"up to {LONGEST}" in str(ControlNote.PROPERTIES.text)
    lines = [f"{letter * 60} = {'v' * 60}" for letter in "ab"]
    rest = LONGEST - len(", ".join([*lines, "c = "]))
    assert properties.parse("\n".join([*lines, f"c = {'v' * rest}"]))
    with pytest.raises(NotProperties):
        properties.parse("\n".join([*lines, f"c = {'v' * (rest + 1)}"]))


def test_same_properties_are_the_same_text() -> None:
    assert properties.dump({"b": 1, "a": "x"}) == properties.dump({"a": "x", "b": 1}) == '{"a":"x","b":1}'
    assert properties.dump({}) == ""


NAMES = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20)
VALUES = st.one_of(
    st.booleans(),
    st.integers(-(10**11), 10**11),
    st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=20),
)


@given(st.dictionaries(NAMES, VALUES, max_size=3))
def test_what_is_shown_reads_back_the_same(held: dict[str, Any]) -> None:
    lines = "\n".join(properties.shown({name: value}) for name, value in held.items())
    assert len(lines) < LONGEST
    assert properties.parse(lines) == held
