"""Sample change records for cards."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.approvals.lifecycle import Approval, Cause, Record, State
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction, BalanceLine, BalanceNote
from bot.changes.lines import Line, ValueFormat
from bot.changes.notes import Note
from bot.changes.trial.request import TrialInput
from bot.changes.trial.words import TrialAction
from bot.kit.card import Card
from tests.kit import checks
from tests.lookups.samples import BEFORE, LATER, NOW

_PERSON = re.compile(r"<@(U1ANA|U2LEA|U3RAJ|U\d)>")
"""The people the records below name; nobody else may be mentioned."""

POOL = {
    "row": "row_1",
    "plan": "pro",
    "included": "1000",
    "prepaid": "0",
    "balance": "700",
    "rolled_granted": "0",
    "rolled_left": "0",
    "interval": "month",
    "resets_at": None,
    "price": None,
    "expires_at": None,
}
ENDINGS = {
    State.APPLIED: Cause.DONE,
    State.FAILED: Cause.NOT_REACHED,
    State.UNCONFIRMED: Cause.NO_ANSWER,
}


def approval_by(person: str, at: datetime, rule: str = "", team: str = "") -> Approval:
    return Approval(person, at, rule, team, counts=True)


def record(state: State = State.WAITING, **changes: Any) -> Record:
    fields: dict[str, Any] = {
        "id": "chg_1",
        "state": state,
        "version": 1,
        "revision": 3,
        "kind": "balance",
        "input": BalanceInput(
            customer="cus_1",
            feature="messages",
            row="row_1",
            action=BalanceAction.GIVE,
            amount=Decimal(500),
        ),
        "customer_id": "cus_1",
        "env": "live",
        "requester": "U1ANA",
        "requester_team": "T1",
        "channel": "C1",
        "created_at": BEFORE,
        "updated_at": NOW,
        "expires_at": LATER,
        "before": POOL,
        "lines": (
            Line(BalanceLine.GRANTED, "1000", "1500", ValueFormat.NUMBER),
            Line(BalanceLine.REMAINING, "700", "1200", ValueFormat.NUMBER),
        ),
        "warnings": (Note(BalanceNote.UNTIL_RESET, {"at": ""}),),
        "reason": "A bad week",
        "rule": "two people",
        "needed": 2,
        "approvals": (approval_by("U2LEA", NOW - timedelta(hours=1)),),
        "ending": ENDINGS.get(state),
        "decided_by": "U3RAJ" if state in (State.DENIED, State.WITHDRAWN) else "",
        "decided_at": NOW,
        "invertible": True,
    }
    return Record(**{**fields, **changes})


def moved_trial(state: State = State.APPLIED, **changes: Any) -> Record:
    """Its end was picked for Dec 1; Autumn rounded up."""
    trial = TrialInput(
        customer="cus_1",
        subscription="sub_1",
        product="pro",
        action=TrialAction.MOVE_END,
        ends_at=datetime(2026, 12, 1, 14, tzinfo=UTC),
    )
    then = {"subscription": "sub_1", "trial_ends_at": "2026-11-25T12:00:00.000+00:00"}
    after = {"subscription": "sub_2", "trial_ends_at": "2026-12-02T12:00:00.000+00:00"}
    return record(
        state, **{"kind": "trial", "input": trial, "before": then, "after": after, "lines": (), **changes}
    )


def fits(card: Card) -> None:
    """Like `checks.fits`, but with mentions of the people in the record."""
    without_mentions = Card(
        text=_PERSON.sub(f"<@{checks.SHARER}>", card.text),
        blocks=_mentioning(card.blocks),
        plain=_mentioning(card.plain),
    )
    checks.fits(without_mentions)


def _mentioning(blocks: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(_PERSON.sub(f"<@{checks.SHARER}>", json.dumps(blocks))))
