"""A billing control, as it is to be."""

from decimal import Decimal
from enum import StrEnum
from typing import Literal

from bot.changes.model import ChangeInput


class ControlType(StrEnum):
    """By the name of Autumn's list. Usage alerts and auto top-ups are shown, and left as they are."""

    SPEND = "spend_limits"
    USAGE = "usage_limits"
    OVERAGE = "overage_allowed"


INTERVALS = ("day", "week", "month", "year")


class ControlInput(ChangeInput):
    kind: Literal["control"] = "control"
    control: ControlType
    feature: str
    remove: bool = False
    """Whether the customer's own entry is to go."""
    limit: Decimal | None = None
    """In units of the feature; None for an overage, and for a removal."""
    interval: str = ""
    """Of a usage limit."""
    restores: str = ""
    """For an undo: the entry that was there, as JSON."""
