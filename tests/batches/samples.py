"""Sample bulk changes for tests of cards."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bot.approvals.lifecycle import Approval
from bot.approvals.steps import Preview
from bot.autumn.models import Environment
from bot.batches.model import (
    BatchLineRecord,
    BatchProgress,
    BatchRecord,
    BatchState,
    FeatureTotal,
    LineState,
)
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction

NOW = datetime(2026, 12, 3, 14, 5, tzinfo=UTC)
NAMES = {"messages": "Messages"}


def give_input(customer: str, amount: int) -> BalanceInput:
    return BalanceInput(
        customer=customer, feature="messages", row="row", action=BalanceAction.GIVE, amount=Decimal(amount)
    )


def line(number: int, state: LineState = LineState.QUEUED, **fields: Any) -> BatchLineRecord:
    values = {
        "input": give_input(f"cus_{number}", number),
        "customer": f"Customer {number}",
        "feature": "messages",
        "preview": Preview({}, (), (), Decimal(number)),
        "typed": f"cus_{number}",
        **fields,
    }
    return BatchLineRecord(number, state, **values)


def record(
    state: BatchState = BatchState.WAITING, counts: Mapping[LineState, int] | None = None, **fields: Any
) -> BatchRecord:
    values: dict[str, Any] = {
        "revision": 3,
        "env": Environment.SANDBOX,
        "requester": "U01ANA",
        "requester_team": "T01",
        "channel": "C01",
        "reason": "The outage",
        "rule": "support",
        "needed": 1,
        "created_at": NOW,
        "updated_at": NOW,
        "expires_at": NOW,
        "progress": BatchProgress(counts or {LineState.QUEUED: 3}),
        "totals": (FeatureTotal("balance", "messages", 3, Decimal(6)),),
        "left_to_undo": (counts or {}).get(LineState.APPLIED, 0),
        **fields,
    }
    return BatchRecord("b1", state, **values)


def approval(person: str, *, counts: bool = True) -> Approval:
    return Approval(person, NOW, "rule", "T01", counts)


def lines(*states: LineState) -> Sequence[BatchLineRecord]:
    return [line(number, state) for number, state in enumerate(states, 1)]
