"""What is kept in databases and policies is spelt as it is called in the code, once and for all."""

from enum import StrEnum

import pytest

from bot.access.policy import DecisionReason
from bot.access.rules import Power, Verb
from bot.approvals.lifecycle import Cause, ChangeEvent, State
from bot.approvals.outcome import WriteStatus
from bot.autumn.environment import Environment


@pytest.mark.parametrize(
    "words", [State, ChangeEvent, Cause, WriteStatus, DecisionReason, Environment, Power, Verb]
)
def test_words_match_their_names(words: type[StrEnum]) -> None:
    assert [word.value for word in words] == [word.name.lower() for word in words]
