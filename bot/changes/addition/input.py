"""Which product a customer is to have beside the others."""

from typing import Literal

from bot.changes.billing.quantities import FeatureQuantity
from bot.changes.model import ChangeInput


class AdditionInput(ChangeInput):
    kind: Literal["addition"] = "addition"
    product: str
    """The id of the plan."""
    subscription: str = ""
    """The id that the subscription gets; empty for a one-time purchase, which has none."""
    quantities: tuple[FeatureQuantity, ...] = ()
    """Of what the product sells by quantity."""
