"""What was filled in, read from a form's `state.values`."""

from enum import StrEnum

import pytest

from bot.kit import form_values


class Size(StrEnum):
    NONE = ""
    SMALL = "small"
    LARGE = "large"


@pytest.mark.parametrize(
    ("picked", "size"),
    [("small", Size.SMALL), ("", Size.NONE), ("huge", Size.LARGE), ("SMALL", Size.LARGE)],
)
def test_picked_choice_or_the_default(picked: str, size: Size) -> None:
    values = {"size": form_values.with_option("pick_size", picked)}
    assert form_values.one_of(values, "size", Size, Size.LARGE) is size


def test_nothing_picked_is_the_default() -> None:
    assert form_values.one_of({}, "size", [Size.SMALL], None) is None
