"""What is requested of a balance."""

from decimal import Decimal
from typing import Literal

from pydantic import AwareDatetime

from bot.changes.balance.words import BalanceAction
from bot.changes.model import ChangeInput


class BalanceInput(ChangeInput):
    kind: Literal["balance"] = "balance"
    feature: str
    row: str
    """The id of one row of the balance's breakdown; Autumn takes it as `balance_id`."""
    action: BalanceAction
    amount: Decimal | None = None
    """In units of the feature; None only with NONE."""
    reset_at: AwareDatetime | None = None
    cycle: AwareDatetime | None = None
    """For an undo: the reset date the row must still have. After a reset there is nothing left to undo."""
