"""What is requested of a customer's coupon, or by a promo code."""

from enum import StrEnum
from typing import Literal

from bot.changes.model import ChangeInput


class RewardAction(StrEnum):
    APPLY = "apply"
    ATTACH = "attach"
    """To one subscription."""
    REDEEM = "redeem"
    REMOVE = "remove"


class RewardInput(ChangeInput):
    kind: Literal["reward"] = "reward"
    action: RewardAction
    reward: str = ""
    """The coupon's id, for APPLY and ATTACH."""
    code: str = ""
    """The promo code of a feature grant, for REDEEM."""
    subscription: str = ""
    """Its id, for ATTACH."""
    product: str = ""
    """The id of its plan, for ATTACH."""
    instead: str | None = None
    """For an undo: the coupon that must still be there, empty for none."""
