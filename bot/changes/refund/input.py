"""A refund, as it is requested."""

from decimal import Decimal
from typing import Literal

from bot.changes.model import ChangeInput


class RefundInput(ChangeInput):
    kind: Literal["refund"] = "refund"
    invoice: str
    """Stripe's id of it: Autumn takes no other."""
    currency: str
    """What the amount is in."""
    amount: Decimal | None = None
    """In major units; None for all that is left of the invoice."""
