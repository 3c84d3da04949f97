"""Which product a customer is to have, from when, and what they keep of the one they have."""

from enum import StrEnum
from typing import Literal

from bot.changes.billing.quantities import FeatureQuantity
from bot.changes.model import ChangeInput


class SwitchAction(StrEnum):
    NOW = "now"
    AT_PERIOD_END = "at_period_end"
    CALL_OFF = "call_off"
    """Of one at the end of the period: only as its undo."""


class Kept(StrEnum):
    """Of the balances of the product that is replaced now."""

    NOTHING = "nothing"
    USAGE = "usage"
    """What was used counts against the new product."""
    REMAINING = "remaining"
    """What is left becomes a standalone grant until the end of the period."""


class SwitchInput(ChangeInput):
    kind: Literal["switch"] = "switch"
    product: str
    """The id of the new plan."""
    action: SwitchAction
    kept: Kept = Kept.NOTHING
    """Only for NOW."""
    replaces: str | None = None
    """The id of the plan whose place it takes, as the form said: empty for none, None if not said."""
    quantities: tuple[FeatureQuantity, ...] = ()
    """Of what the product sells by quantity. Not for CALL_OFF."""
    subscription: str = ""
    """For CALL_OFF: the one that goes on."""
