"""Typed text as it is shown: everything invisible is removed, and nothing visible is lost."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.kit import text
from bot.kit.visible import hides, visible, visible_lines

BLANKS = "\u115f\u1160\u2800\u3164\uffa0"
IGNORED = (
    "\x00\x1b\xad\u034f\u061c\u17b4\u180b\u180e\u200b\u200c\u200d\u200e\u202e\u2060\u2064\u206a\ufe00\ufe0f"
    "\ufeff\ufff9\U0001d173\U000e0001\U000e0041\U000e0100\U000e0fff"
)
ANY = st.text(st.characters(), max_size=60) | st.text(
    st.sampled_from(
        [*BLANKS, *IGNORED, " ", "\n", "\xa0", "a", "é", "ی", "👩", "🏽", "葛", "1", "\u20e3", "🏴"]
    ),
    max_size=30,
)


@pytest.mark.parametrize("char", [*BLANKS, *IGNORED, "\xa0", "\u3000", "\u2028", "\t"])
def test_character_that_draws_nothing_is_removed(char: str) -> None:
    assert visible(char * 3) == ""
    assert visible(f"{char}Acme{char}") == "Acme"
    assert visible(f"Ac{char}me") in ("Acme", "Ac me")


@pytest.mark.parametrize(
    "name",
    [
        "می\u200cخواهم",
        "ශ්\u200dරී ලංකා",
        "👩\u200d👧 Family",
        "🏳\ufe0f\u200d🌈",
        "👩🏽\u200d🚀",
        "1\ufe0f\u20e3",
        "❤\ufe0f",
        "‼\ufe0f",
        "葛\U000e0100城",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "Zoë d\u2019Arc",
        "e\u0301",
        "שלום",
    ],
)
def test_joiners_of_letters_and_emoji_are_kept(name: str) -> None:
    assert visible(name) == name
    assert not hides(name)


@pytest.mark.parametrize(
    ("typed", "hidden"),
    [("Acme", False), ("  Acme \n  Ltd ", False), ("A\u200bcme", True), ("\u3164", True), ("\ud800", True)],
)
def test_hidden_characters_are_detected(typed: str, hidden: bool) -> None:
    assert hides(typed) is hidden


def test_lines_stay_lines() -> None:
    assert visible_lines("\u200b\n First  one\u200b\n\nSecond\x00\n\u2800") == "First one\n\nSecond"


@given(ANY)
@example("🀀\u200c\ufe0f")
def test_remaining_text_is_visible_and_shown_on_cards(typed: str) -> None:
    remaining = visible(typed)
    assert visible(remaining) == remaining
    assert not hides(remaining)
    assert text.unescape(text.literal(remaining, 1000)) == text.unescape(remaining)
    assert not set(remaining) & set(BLANKS)
    assert not re.search(r"\s\s|^\s|\s$", remaining)
    if remaining:
        drawn = {unicodedata.category(char)[0] for char in remaining}
        assert drawn & set("LMNPSC")
        assert not all(char in IGNORED for char in remaining)
