"""Batches and their lines as the database holds them."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row

from bot.access.limits import Worth
from bot.approvals.change_rows import preview_columns
from bot.approvals.lifecycle import Approval
from bot.approvals.steps import Preview
from bot.autumn.models import Environment
from bot.batches.model import (
    BatchLineRecord,
    BatchProgress,
    BatchRecord,
    BatchState,
    CheckedLine,
    LineSize,
    LineState,
    totals,
    value_of,
)
from bot.changes import stored


def dump_line(line: CheckedLine) -> dict[str, Any]:
    return {
        "number": line.line.number,
        "state": LineState.QUEUED,
        "input": stored.dump_input(line.input),
        "customer_id": line.input.customer,
        "customer": line.customer,
        "typed": line.line.customer,
        "feature": line.feature,
        **preview_columns(line.preview),
        "undo_of": line.undo_of or None,
        "attempt": 0,
        "why": "",
    }


def line(row: Row[Any]) -> BatchLineRecord:
    preview = Preview(
        before=row.before,
        lines=stored.read_lines(row.lines),
        warnings=stored.read_notes(row.warnings),
        amount=row.amount,
        products=None if row.products is None else frozenset(row.products),
        rewards=None if row.rewards is None else frozenset(row.rewards),
        worth=_worth(row),
    )
    return BatchLineRecord(
        number=row.number,
        state=LineState(row.state),
        input=stored.read_input(row.input),
        customer=row.customer,
        feature=row.feature,
        preview=preview,
        typed=row.typed,
        change_id=row.change_id or "",
        why=row.why,
        undo_of=row.undo_of or "",
        attempt=row.attempt,
    )


def _worth(row: Any) -> Worth | None:
    return None if row.worth is None else Worth(row.worth, row.currency)


def _size(row: Any) -> LineSize:
    return LineSize.of(stored.read_input(row.input), row.feature, row.amount, row.before)


def batch(row: Row[Any], lines: Sequence[Any], approvals: Iterable[Row[Any]]) -> BatchRecord:
    """`lines`: state, input, feature, figures before, amount and worth of each."""
    states = [LineState(line.state) for line in lines]
    return BatchRecord(
        id=row.id,
        state=BatchState(row.state),
        revision=row.revision,
        env=Environment(row.env),
        requester=row.asker,
        requester_team=row.asker_team,
        channel=row.channel,
        reason=row.reason,
        rule=row.rule,
        needed=row.needed,
        created_at=row.created_at,
        updated_at=row.updated_at,
        expires_at=row.expires_at,
        progress=BatchProgress({state: states.count(state) for state in LineState if state in states}),
        totals=totals(_size(line) for line in lines),
        value=value_of(_worth(line) for line in lines),
        approvals=tuple(
            Approval(approval.person, approval.at, approval.rule, approval.team, approval.counts)
            for approval in approvals
        ),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        comment=row.said,
        stopped_by=row.stopped_by,
        undo_of=row.undo_of or "",
        undo=row.undo or "",
        undoing=row.undoing,
    )
