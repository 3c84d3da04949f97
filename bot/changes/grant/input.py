"""A standalone grant, as it is requested."""

from decimal import Decimal
from typing import Literal

from pydantic import AwareDatetime

from bot.changes.model import ChangeInput
from bot.changes.standalone import MAPLE_ID, GrantSize

INTERVALS = ("hour", "day", "week", "month", "quarter", "semi_annual", "year")
"""How often Autumn refills a balance, as a person picks it."""


class GrantInput(ChangeInput):
    kind: Literal["grant"] = "grant"
    feature: str
    grant: str
    """The grant's id: Autumn takes each only once for a customer, so a grant cannot be given twice."""
    size: GrantSize
    amount: Decimal | None = None
    """In units of the feature; None only without a size of its own."""
    expires_at: AwareDatetime | None = None
    every: str = ""
    """How often it refills; empty for a grant that is given once."""
    every_count: int = 1
    resets_at: AwareDatetime | None = None
    """For an undo: when it is to refill next."""
    left: Decimal | None = None
    """For an undo: what is to be left of the amount; None for all of it."""


def grant_id(submission: str) -> str:
    """The same for one form, however often it is submitted."""
    return f"{MAPLE_ID}{submission[:20]}"
