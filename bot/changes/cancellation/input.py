"""When a subscription is to end, and what becomes of the money."""

from typing import Literal

from pydantic import AwareDatetime

from bot.changes.cancellation.words import CancellationAction, Settlement
from bot.changes.model import ChangeInput


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
