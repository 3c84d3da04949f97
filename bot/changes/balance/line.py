"""A balance change as a line of a list: `acme,messages,500,give`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.changes import line_form
from bot.changes.balance import words
from bot.changes.balance.input import BalanceInput
from bot.changes.balance.words import BalanceAction, BalanceNote
from bot.changes.line_form import LineForm, LineReader
from bot.changes.model import Facts
from bot.changes.notes import Note

_WHAT = "feature"
ACTIONS: Mapping[BalanceAction, tuple[str, ...]] = {
    BalanceAction.GIVE: ("give", "add", "extra", "give extra allowance"),
    BalanceAction.SET: ("set", "set to", "set the balance"),
    BalanceAction.NONE: ("reset", "reset on", "move the reset date"),
}
"""What the action may say, the usual word first."""


@dataclass(frozen=True, slots=True)
class ListedBalanceChange:
    feature: str
    action: BalanceAction
    amount: Decimal | None = None
    reset_at: datetime | None = None


def read(line: LineReader) -> ListedBalanceChange:
    action, feature = line.action(ACTIONS, BalanceAction.GIVE), line.about(_WHAT)
    if action is BalanceAction.NONE:
        return ListedBalanceChange(feature, action, reset_at=line.day())
    return ListedBalanceChange(feature, action, line.figure())


def fill(listed: ListedBalanceChange, facts: Facts, unique: str) -> BalanceInput | Note:  # noqa: ARG001 - as all kinds
    """Of the balance's only part: a list cannot say which of several is meant."""
    feature = line_form.known(_WHAT, listed.feature, line_form.features(facts))
    if isinstance(feature, Note):
        return feature
    balance = facts.customer.balances.get(feature)
    parts = {row.id for row in balance.breakdown if row.id} if balance else set()
    if len(parts) > 1:
        return Note(BalanceNote.SEVERAL_SOURCES)
    return BalanceInput(
        customer=facts.customer.id or "",
        feature=feature,
        # Without a part the guards say what is the matter.
        row=next(iter(parts), ""),
        action=listed.action,
        amount=listed.amount,
        reset_at=listed.reset_at,
    )


LINE = LineForm(
    words.LINE_USAGE, read, fill, {ACTIONS[action][0]: label for action, label in words.LINE_ACTIONS.items()}
)
