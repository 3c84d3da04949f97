from itertools import product

import pytest

from bot.approvals.lifecycle import Ending, State
from bot.approvals.outcome import Answer, Outcome, outcome, said
from bot.autumn.errors import AutumnError, Garbled, NotSent, TimedOut, Unreachable, refused
from bot.changes.model import Verdict

APPLIED, NOT_APPLIED, UNCLEAR = Verdict.APPLIED, Verdict.NOT_APPLIED, Verdict.UNCLEAR


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (NotSent(), Answer.NOT_SENT),
        (Unreachable(), Answer.SILENT),
        (TimedOut(), Answer.SILENT),
        (Garbled(), Answer.SILENT),
        (refused(400)(status=400, code="invalid_inputs"), Answer.REFUSED),
        (refused(401)(status=401, code="invalid_secret_key"), Answer.REFUSED),
        (refused(403)(status=403), Answer.REFUSED),
        (refused(404)(status=404, code="customer_not_found"), Answer.REFUSED),
        (refused(408)(status=408), Answer.BROKEN),
        (refused(409)(status=409), Answer.DUPLICATE),
        (refused(409)(status=409, code="duplicate_idempotency_key"), Answer.DUPLICATE),
        (refused(409)(status=409, code="customer_already_exists"), Answer.REFUSED),
        (refused(423)(status=423), Answer.REFUSED),
        (refused(429)(status=429), Answer.LIMITED),
        (refused(500)(status=500), Answer.BROKEN),
        (refused(503)(status=503), Answer.BROKEN),
        (refused(504)(status=504), Answer.BROKEN),
    ],
)
def test_what_an_attempt_says(error: AutumnError, answer: Answer) -> None:
    assert said(error).answer is answer


def test_a_refusal_is_told_with_its_code() -> None:
    assert said(refused(404)(status=404, code="gone")).details == {"status": "404", "code": "gone"}


@pytest.mark.parametrize(
    ("detail", "scopes"),
    [
        ("Insufficient scopes. Missing: billing:write", "billing:write"),
        ("Missing: balances:write, rewards:read", "balances:write, rewards:read"),
        ("Blocked", None),
    ],
)
def test_a_missing_scope_is_told(detail: str, scopes: str | None) -> None:
    error = refused(403)(detail, status=403, code="insufficient_scopes")
    assert said(error).details.get("scopes") == scopes


TABLE = {
    (Answer.ACCEPTED, APPLIED): (State.APPLIED, Ending.DONE),
    (Answer.ACCEPTED, NOT_APPLIED): (State.UNCONFIRMED, Ending.NOT_SEEN),
    (Answer.ACCEPTED, UNCLEAR): (State.UNCONFIRMED, Ending.NOT_SEEN),
    (Answer.NOT_SENT, APPLIED): (State.FAILED, Ending.NOT_REACHED),
    (Answer.NOT_SENT, NOT_APPLIED): (State.FAILED, Ending.NOT_REACHED),
    (Answer.NOT_SENT, UNCLEAR): (State.FAILED, Ending.NOT_REACHED),
    **{(Answer.LIMITED, verdict): (State.FAILED, Ending.RATE_LIMITED) for verdict in Verdict},
    (Answer.REFUSED, APPLIED): (State.UNCONFIRMED, Ending.REFUSED_YET_MOVED),
    (Answer.REFUSED, NOT_APPLIED): (State.FAILED, Ending.AUTUMN_REFUSED),
    (Answer.REFUSED, UNCLEAR): (State.UNCONFIRMED, Ending.REFUSED_YET_MOVED),
    (Answer.DUPLICATE, APPLIED): (State.APPLIED, Ending.FOUND_DONE),
    (Answer.DUPLICATE, NOT_APPLIED): (State.UNCONFIRMED, Ending.DUPLICATE),
    (Answer.DUPLICATE, UNCLEAR): (State.UNCONFIRMED, Ending.DUPLICATE),
    (Answer.BROKEN, APPLIED): (State.APPLIED, Ending.FOUND_DONE),
    (Answer.BROKEN, NOT_APPLIED): (State.UNCONFIRMED, Ending.AUTUMN_BROKE),
    (Answer.BROKEN, UNCLEAR): (State.UNCONFIRMED, Ending.AUTUMN_BROKE),
    (Answer.SILENT, APPLIED): (State.APPLIED, Ending.FOUND_DONE),
    (Answer.SILENT, NOT_APPLIED): (State.UNCONFIRMED, Ending.NO_ANSWER),
    (Answer.SILENT, UNCLEAR): (State.UNCONFIRMED, Ending.NO_ANSWER),
    (Answer.CUT_OFF, APPLIED): (State.APPLIED, Ending.FOUND_DONE),
    (Answer.CUT_OFF, NOT_APPLIED): (State.UNCONFIRMED, Ending.CUT_OFF),
    (Answer.CUT_OFF, UNCLEAR): (State.UNCONFIRMED, Ending.CUT_OFF),
}


@pytest.mark.parametrize(("answer", "verdict"), list(product(Answer, Verdict)))
def test_what_is_said_of_it(answer: Answer, verdict: Verdict) -> None:
    assert outcome(answer, verdict) == Outcome(*TABLE[answer, verdict])


@pytest.mark.parametrize(("answer", "verdict"), list(product(Answer, Verdict)))
def test_after_a_part_was_done_nothing_is_said_to_have_failed(answer: Answer, verdict: Verdict) -> None:
    alone, after = outcome(answer, verdict), outcome(answer, verdict, earlier=True)
    assert after.state is not State.FAILED
    if answer in (Answer.NOT_SENT, Answer.LIMITED, Answer.REFUSED):
        assert after == Outcome(State.UNCONFIRMED, Ending.PARTLY)
    else:
        assert after == alone
