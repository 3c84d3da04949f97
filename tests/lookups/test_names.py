"""Which feature a typed text means."""

import pytest

from bot.lookups.names import resolve_feature

OFFERED = {"messages": "Messages", "ai_credits": "AI Credits", "seats": "Seats", "m2": "Message archive"}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("messages", "messages"),
        ("message", "messages"),
        ("MESSAGES", "messages"),
        ("ai_credits", "ai_credits"),
        ("AI credit", "ai_credits"),
        ("credits", "ai_credits"),
        ("archive", "m2"),
        ("sea", "seats"),
        ("mess", ""),
        ("tokens", ""),
        ("", ""),
        ("s", ""),
    ],
)
def test_feature_is_matched_by_name_or_prefix(typed: str, expected: str) -> None:
    assert resolve_feature(typed, OFFERED) == expected
