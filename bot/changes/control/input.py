"""A billing control, as it is to be."""

from decimal import Decimal
from typing import Literal

from bot.changes.control.words import ControlType, ThresholdType
from bot.changes.model import ChangeInput


class ControlInput(ChangeInput):
    kind: Literal["control"] = "control"
    control: ControlType
    feature: str
    remove: bool = False
    """Whether the customer's own entry is to go."""
    limit: Decimal | None = None
    """In units of the feature: the limit, or the threshold of an alert or a top-up. None for an overage, and
    for a removal. Of an alert it also says which one is meant, as there may be several of a feature."""
    percentage: bool = False
    """Of a spend limit: whether it is a percentage of what is granted."""
    threshold_type: ThresholdType | None = None
    """Of an alert."""
    quantity: Decimal | None = None
    """Of a top-up: the units that are bought."""
    purchases: Decimal | None = None
    """Of a top-up: how often it may buy in `purchases_in`."""
    purchases_in: str = ""
    """An interval, or UNLIMITED; empty to leave that as it is."""
    interval: str = ""
    """Of a usage limit."""
    properties: str = ""
    """Of a usage limit: the properties of the events that count, as JSON; empty if all do. It also says which
    one is meant."""
    restores: str = ""
    """For an undo: the entry that was there, as JSON."""
