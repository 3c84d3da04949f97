"""Usage to record."""

from decimal import Decimal
from typing import Literal

from bot.changes.model import ChangeInput


class UsageInput(ChangeInput):
    kind: Literal["usage"] = "usage"
    feature: str
    value: Decimal
    """In units of the feature; below 0 to give back what was recorded."""
    mark: str
    """Goes along with the event, which is known by it."""
    undoes: bool = False
    """Whether it gives back what was recorded: a person only records."""
