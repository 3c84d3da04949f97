"""Words stored in databases and policies keep the spelling of their names in the code."""

from enum import StrEnum

import pytest

from bot.access.policy import DecisionReason
from bot.access.rules import Power, Verb
from bot.approvals.lifecycle import Cause, ChangeEvent, State
from bot.approvals.outcome import WriteStatus
from bot.autumn.models import Environment


@pytest.mark.parametrize(
    "words", [State, ChangeEvent, Cause, WriteStatus, DecisionReason, Environment, Power, Verb]
)
def test_words_match_their_names(words: type[StrEnum]) -> None:
    assert [member.value for member in words] == [member.name.lower() for member in words]
