from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bot.access.policy import Decision, DecisionReason, Request, Verb
from bot.approvals.steps import Preview
from bot.autumn.models import Environment
from bot.batches.model import (
    BatchLine,
    BatchProgress,
    BatchRecord,
    BatchState,
    BatchValue,
    CheckedBatch,
    CheckedLine,
    FeatureTotal,
    LineProblem,
    LineReason,
    LineState,
)
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction
from bot.changes.line_form import LineCells

AT = datetime(2026, 11, 22, tzinfo=UTC)
ALLOWED = Decision(True, DecisionReason.ALLOWED)


def checked_line(number: int, feature: str, amount: int | None) -> CheckedLine:
    size = None if amount is None else Decimal(amount)
    change = BalanceInput(
        customer="cus_1", feature=feature, row="row", action=BalanceAction.GIVE, amount=size
    )
    line = BatchLine(number, "cus_1", LineCells(feature, str(amount)))
    return CheckedLine(line, change, "Acme", feature, Preview({}, (), amount=size))


def record(state: BatchState, undoing: str = "", *, left: int = 0, **counts: int) -> BatchRecord:
    progress = BatchProgress({LineState(name): count for name, count in counts.items()})
    return BatchRecord(
        id="b1",
        state=state,
        revision=1,
        env=Environment.SANDBOX,
        requester="U_ANA",
        requester_team="T1",
        channel="",
        reason="",
        rule="",
        needed=1,
        created_at=AT,
        updated_at=AT,
        expires_at=AT,
        progress=progress,
        totals=(),
        undo=undoing,
        undoing=bool(undoing),
        left_to_undo=left,
    )


def test_units_are_totalled_by_feature() -> None:
    batch = CheckedBatch(
        (
            checked_line(1, "messages", 100),
            checked_line(2, "seats", 3),
            checked_line(3, "messages", 50),
            checked_line(4, "messages", None),
        )
    )
    assert batch.totals == (
        FeatureTotal("balance", "messages", 3, Decimal(150), unsized=1),
        FeatureTotal("balance", "seats", 1, Decimal(3)),
    )
    assert batch.value == BatchValue({}, unknown=4)


def test_batch_with_a_wrong_line_can_only_be_requested_without_it() -> None:
    problem = LineProblem(2, "nobody", LineReason.NO_CUSTOMER)
    batch = CheckedBatch((checked_line(1, "messages", 1),), (problem,), ALLOWED)
    assert not batch.requestable
    assert batch.without_problems().requestable


@pytest.mark.parametrize("decision", [None, Decision(False, DecisionReason.NO_RULE)])
def test_batch_refused_by_the_policy_cannot_be_requested(decision: Decision | None) -> None:
    assert not CheckedBatch((checked_line(1, "messages", 1),), (), decision).requestable


def test_line_is_quoted_as_typed() -> None:
    assert BatchLine(1, "a@b.co", LineCells("messages", "5")).text == "a@b.co, messages, 5"
    full = BatchLine(1, "cus_1", LineCells("seats", "5", "now"), "quantity", "ws_1")
    assert full.text == "cus_1, seats, 5, now, quantity, ws_1"


@pytest.mark.parametrize(
    ("batch", "stoppable", "resumable", "undoable"),
    [
        (record(BatchState.WAITING, queued=2), False, False, False),
        (record(BatchState.RUNNING, queued=1, applied=1), True, False, False),
        (record(BatchState.RUNNING, running=1, applied=1), False, False, False),
        (record(BatchState.STOPPED, skipped=1, applied=1, left=1), False, True, True),
        (record(BatchState.STOPPED, applied=2, left=1), False, False, True),
        (record(BatchState.DONE, applied=1, refused=1, left=1), False, False, True),
        (record(BatchState.DONE, skipped=1, applied=1, left=1), False, False, True),
        (record(BatchState.DONE, "b2", applied=1, left=1), False, False, False),
        (record(BatchState.DONE, applied=1), False, False, False),
        (record(BatchState.DONE, refused=1), False, False, False),
    ],
)
def test_actions_offered_on_a_card(
    batch: BatchRecord, stoppable: bool, resumable: bool, undoable: bool
) -> None:
    assert (batch.stoppable, batch.resumable, batch.undoable) == (stoppable, resumable, undoable)


def test_progress_counts_lines_by_state() -> None:
    progress = BatchProgress({LineState.APPLIED: 3, LineState.QUEUED: 2, LineState.RUNNING: 1})
    assert (progress.all, progress.ended, progress.of(LineState.APPLIED, LineState.QUEUED)) == (6, 3, 5)


def test_first_refusal_is_a_lines_or_the_totals() -> None:
    no, request = Decision(False, DecisionReason.NO_RULE), Request(Verb.ASK)
    total = CheckedBatch((checked_line(1, "messages", 5),), decision=no, request=request)
    assert total.refused == (no, request)
    unread = LineProblem(2, "x", LineReason.NOT_READ)
    barred = LineProblem(3, "x", LineReason.NOT_ALLOWED, decision=no, request=replace(request, own=True))
    listed = replace(total, problems=(unread, barred))
    assert listed.refused == (no, replace(request, own=True))
    assert replace(total, decision=Decision(True, DecisionReason.ALLOWED)).refused is None
    assert replace(total, decision=None, problems=(unread,)).refused is None
