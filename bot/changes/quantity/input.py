"""How much of a feature a subscription is to have."""

from decimal import Decimal
from enum import StrEnum
from typing import Literal

from bot.changes.model import ChangeInput


class Billed(StrEnum):
    NOW = "now"
    """The difference for the rest of the period."""
    NEXT_INVOICE = "next_invoice"
    """The new quantity, from the next period on."""


class QuantityInput(ChangeInput):
    kind: Literal["quantity"] = "quantity"
    subscription: str
    """Its id."""
    product: str
    """The id of its plan."""
    feature: str
    quantity: Decimal
    """In all, with what the product includes."""
    billed: Billed
