from itertools import product

import pytest

from bot.approvals.lifecycle import Cause, State
from bot.approvals.outcome import FinalState, WriteStatus, final_state, write_answer
from bot.autumn.errors import AutumnError, Garbled, NotSent, TimedOut, Unreachable, refused
from bot.changes.model import Verdict

APPLIED, NOT_APPLIED, UNCLEAR = Verdict.APPLIED, Verdict.NOT_APPLIED, Verdict.UNCLEAR


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (NotSent(), WriteStatus.NOT_SENT),
        (Unreachable(), WriteStatus.SILENT),
        (TimedOut(), WriteStatus.SILENT),
        (Garbled(), WriteStatus.SILENT),
        (refused(400)(status=400, code="invalid_inputs"), WriteStatus.REFUSED),
        (refused(401)(status=401, code="invalid_secret_key"), WriteStatus.REFUSED),
        (refused(403)(status=403), WriteStatus.REFUSED),
        (refused(404)(status=404, code="customer_not_found"), WriteStatus.REFUSED),
        (refused(408)(status=408), WriteStatus.BROKEN),
        (refused(409)(status=409), WriteStatus.DUPLICATE),
        (refused(409)(status=409, code="duplicate_idempotency_key"), WriteStatus.DUPLICATE),
        (refused(409)(status=409, code="customer_already_exists"), WriteStatus.REFUSED),
        (refused(423)(status=423), WriteStatus.LOCKED),
        (refused(429)(status=429), WriteStatus.LIMITED),
        (refused(500)(status=500), WriteStatus.BROKEN),
        (refused(503)(status=503), WriteStatus.BROKEN),
        (refused(504)(status=504), WriteStatus.BROKEN),
    ],
)
def test_write_status_for_each_error(error: AutumnError, answer: WriteStatus) -> None:
    assert write_answer(error).status is answer


def test_rate_limit_keeps_its_delay() -> None:
    assert write_answer(refused(429)(status=429, retry_after=7)).retry_after == 7


@pytest.mark.parametrize("status", [404, 423, 429, 500])
def test_refusal_keeps_its_code(status: int) -> None:
    error = refused(status)(status=status, code="gone")
    assert write_answer(error).details == {"status": str(status), "code": "gone"}


def test_replayed_request_keeps_its_code() -> None:
    error = refused(409)(status=409, code="duplicate_idempotency_key")
    assert write_answer(error).details == {"status": "409", "code": "duplicate_idempotency_key"}


@pytest.mark.parametrize(
    ("detail", "scopes"),
    [
        ("Insufficient scopes. Missing: billing:write", "billing:write"),
        ("Missing: balances:write, rewards:read", "balances:write, rewards:read"),
        ("Blocked", None),
    ],
)
def test_missing_scope_is_kept(detail: str, scopes: str | None) -> None:
    error = refused(403)(detail, status=403, code="insufficient_scopes")
    assert write_answer(error).details.get("scopes") == scopes


@pytest.mark.parametrize("code", ["", "duplicate_idempotency_key"])
def test_duplicate_keeps_autumns_status_and_code(code: str) -> None:
    answer = write_answer(refused(409)(status=409, code=code))
    assert (answer.status, answer.details) == (WriteStatus.DUPLICATE, {"status": "409", "code": code})


TABLE = {
    (WriteStatus.ACCEPTED, APPLIED): (State.APPLIED, Cause.DONE),
    (WriteStatus.ACCEPTED, NOT_APPLIED): (State.UNCONFIRMED, Cause.NOT_SEEN),
    (WriteStatus.ACCEPTED, UNCLEAR): (State.UNCONFIRMED, Cause.NOT_SEEN),
    (WriteStatus.NOT_SENT, APPLIED): (State.FAILED, Cause.NOT_REACHED),
    (WriteStatus.NOT_SENT, NOT_APPLIED): (State.FAILED, Cause.NOT_REACHED),
    (WriteStatus.NOT_SENT, UNCLEAR): (State.FAILED, Cause.NOT_REACHED),
    **{(WriteStatus.LIMITED, verdict): (State.FAILED, Cause.RATE_LIMITED) for verdict in Verdict},
    **{(WriteStatus.LOCKED, verdict): (State.FAILED, Cause.AUTUMN_REFUSED) for verdict in Verdict},
    (WriteStatus.REFUSED, APPLIED): (State.UNCONFIRMED, Cause.REFUSED_YET_MOVED),
    (WriteStatus.REFUSED, NOT_APPLIED): (State.FAILED, Cause.AUTUMN_REFUSED),
    (WriteStatus.REFUSED, UNCLEAR): (State.UNCONFIRMED, Cause.REFUSED_YET_MOVED),
    (WriteStatus.DUPLICATE, APPLIED): (State.APPLIED, Cause.FOUND_DONE),
    (WriteStatus.DUPLICATE, NOT_APPLIED): (State.UNCONFIRMED, Cause.DUPLICATE),
    (WriteStatus.DUPLICATE, UNCLEAR): (State.UNCONFIRMED, Cause.DUPLICATE),
    (WriteStatus.BROKEN, APPLIED): (State.APPLIED, Cause.FOUND_DONE),
    (WriteStatus.BROKEN, NOT_APPLIED): (State.UNCONFIRMED, Cause.AUTUMN_BROKE),
    (WriteStatus.BROKEN, UNCLEAR): (State.UNCONFIRMED, Cause.AUTUMN_BROKE),
    (WriteStatus.SILENT, APPLIED): (State.APPLIED, Cause.FOUND_DONE),
    (WriteStatus.SILENT, NOT_APPLIED): (State.UNCONFIRMED, Cause.NO_ANSWER),
    (WriteStatus.SILENT, UNCLEAR): (State.UNCONFIRMED, Cause.NO_ANSWER),
    (WriteStatus.CUT_OFF, APPLIED): (State.APPLIED, Cause.FOUND_DONE),
    (WriteStatus.CUT_OFF, NOT_APPLIED): (State.UNCONFIRMED, Cause.CUT_OFF),
    (WriteStatus.CUT_OFF, UNCLEAR): (State.UNCONFIRMED, Cause.CUT_OFF),
}


@pytest.mark.parametrize(("answer", "verdict"), list(product(WriteStatus, Verdict)))
def test_final_state_for_each_answer_and_verdict(answer: WriteStatus, verdict: Verdict) -> None:
    assert final_state(answer, verdict) == FinalState(*TABLE[answer, verdict])


@pytest.mark.parametrize(("answer", "verdict"), list(product(WriteStatus, Verdict)))
def test_partly_written_change_never_fails(answer: WriteStatus, verdict: Verdict) -> None:
    alone, after = final_state(answer, verdict), final_state(answer, verdict, earlier=True)
    assert after.state is not State.FAILED
    if answer in (WriteStatus.NOT_SENT, WriteStatus.LIMITED, WriteStatus.LOCKED, WriteStatus.REFUSED):
        assert after == FinalState(State.UNCONFIRMED, Cause.PARTLY)
    else:
        assert after == alone


@pytest.mark.parametrize(("answer", "verdict"), list(product(WriteStatus, Verdict)))
def test_only_accepted_changes_not_in_autumn_wait_for_payment(answer: WriteStatus, verdict: Verdict) -> None:
    state = final_state(answer, verdict, unpaid=True)
    if answer is WriteStatus.ACCEPTED and verdict is not APPLIED:
        assert state == FinalState(State.UNCONFIRMED, Cause.AWAITS_PAYMENT)
    else:
        assert state == final_state(answer, verdict)
