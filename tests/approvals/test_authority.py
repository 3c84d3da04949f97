"""What the policy is asked about a change, and what follows from its state."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.access.limits import Worth
from bot.access.people import Actor
from bot.access.policy import Decision, DecisionReason, Request, Verb
from bot.approvals import policy_requests
from bot.approvals.lifecycle import EDGES, OVER, State
from bot.approvals.preview import Assessment
from bot.approvals.steps import Terms
from bot.autumn.models import Environment
from bot.changes.model import Judgement
from tests.approvals.harness import NOW
from tests.approvals.test_verbs import ASKED, NEW, PREVIEW
from tests.changes.facts import facts
from tests.policy import BALANCE

ABOUT = Request(
    Verb.UNDO,
    BALANCE,
    Decimal(5),
    Environment.SANDBOX,
    frozenset({"pro", "add"}),
    frozenset({"vip"}),
    features=frozenset({"f"}),
    own=True,
    worth=Worth(Decimal("2.50"), "USD"),
)
SEEN = facts()


def test_request_from_an_assessment() -> None:
    assessment = Assessment(ASKED, SEEN, Judgement(), PREVIEW)
    assert policy_requests.request_for_preview(Verb.UNDO, assessment, Environment.SANDBOX) == ABOUT


def test_request_without_preview() -> None:
    request = policy_requests.request_for_preview(
        Verb.ASK, Assessment(ASKED, SEEN, Judgement(), None), Environment.LIVE
    )
    about = Request(Verb.ASK, BALANCE, None, Environment.LIVE, None, None, frozenset({"f"}), own=True)
    assert request == about


@pytest.mark.parametrize(("person", "own"), [("U1", True), ("U2", False)])
def test_request_from_a_record(person: str, own: bool) -> None:
    request = policy_requests.request_for_record(Verb.APPROVE, NEW, Actor(person, "T1"))
    assert request == replace(ABOUT, verb=Verb.APPROVE, own=own)


def test_undo_uses_its_own_verb() -> None:
    assert policy_requests.asking_verb("") is Verb.ASK
    assert policy_requests.asking_verb("another") is Verb.UNDO


def test_terms() -> None:
    decision = Decision(True, DecisionReason.ALLOWED, "rule", approvals=3, expires_after=timedelta(hours=2))
    assert policy_requests.terms(decision, NOW) == Terms("rule", 3, NOW + timedelta(hours=2))


@pytest.mark.parametrize("state", State)
def test_final_states_have_no_followers(state: State) -> None:
    over = {State.APPLIED, State.FAILED, State.DENIED, State.WITHDRAWN, State.EXPIRED, State.SUPERSEDED}
    assert (state in OVER) is (state in over) is (not EDGES[state])


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("invertible", [True, False])
@pytest.mark.parametrize("undo", ["", "another"])
def test_change_kinds_that_can_be_undone(state: State, invertible: bool, undo: str) -> None:
    can = (state, invertible, undo) == (State.APPLIED, True, "")
    assert replace(NEW, state=state, invertible=invertible, undo=undo).undoable is can
