"""Words stored in databases and policies are spelled as in the code, but for those that the code renamed."""

from enum import StrEnum

import pytest

from bot.access.policy import DecisionReason
from bot.access.rules import Power, Verb
from bot.approvals.lifecycle import Cause, ChangeEvent, State
from bot.approvals.outcome import WriteStatus
from bot.autumn.models import Environment

STORED_AS = {"SUPERSEDED": "overtaken", "REQUESTER_NOT_ALLOWED": "asker_not_allowed"}


@pytest.mark.parametrize(
    "words", [State, ChangeEvent, Cause, WriteStatus, DecisionReason, Environment, Power, Verb]
)
def test_stored_words_stay(words: type[StrEnum]) -> None:
    stored = [STORED_AS.get(member.name, member.name.lower()) for member in words]
    assert [member.value for member in words] == stored
