"""Which product a customer is to have, from when, and what they keep of the one they have."""

from typing import Literal

from bot.changes.billing.quantities import FeatureQuantity
from bot.changes.model import ChangeInput
from bot.changes.switch.words import Kept, SwitchAction


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
