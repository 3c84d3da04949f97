"""What is requested of a balance."""

from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime

from bot.changes.model import ChangeInput


class BalanceAction(StrEnum):
    GIVE = "give"
    """More allowance: granted and remaining both rise by the amount."""
    SET = "set"
    """What remains becomes the amount; a negative one is units of overage."""
    USAGE = "usage"
    """What counts as used becomes the amount."""
    NONE = "none"
    """Only a new reset date."""
    TAKE = "take"
    """The undoing of GIVE: granted and remaining both fall by the amount."""
    SHIFT = "shift"
    """The undoing of SET and USAGE: remaining moves by the amount (either way), granted stays."""


OFFERED = (BalanceAction.GIVE, BalanceAction.SET, BalanceAction.USAGE, BalanceAction.NONE)
"""What a person picks from; the others come from Undo."""


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
