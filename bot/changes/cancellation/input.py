"""When a subscription is to end, and what becomes of the money."""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime

from bot.changes.model import ChangeInput


class CancellationAction(StrEnum):
    AT_PERIOD_END = "at_period_end"
    NOW = "now"
    TAKE_BACK = "take_back"
    """Of a cancellation at the end of the period."""


class Settlement(StrEnum):
    """What the customer gets for the rest of a period that ends now."""

    CREDIT = "credit"
    """For the next invoices."""
    REFUND_UNUSED = "refund_unused"
    """To the card: of the last payment, what was not used."""
    REFUND_ALL = "refund_all"
    """To the card: the whole last payment, less what was refunded before."""
    NOTHING = "nothing"


class CancellationInput(ChangeInput):
    kind: Literal["cancellation"] = "cancellation"
    subscription: str
    """Its id; empty for a one-time purchase."""
    product: str
    """The id of its plan."""
    action: CancellationAction
    settlement: Settlement | None = None
    """Only for NOW, and not for a one-time purchase."""
    one_time: bool = False
    """Whether it is a one-time purchase, which is removed now. No money moves."""
    bought_at: AwareDatetime | None = None
    """For the undo of a purchase: when that one was bought."""
