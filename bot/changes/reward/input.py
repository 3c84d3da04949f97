"""What is requested of a customer's coupon, or by a promo code."""

from typing import Literal

from bot.changes.model import ChangeInput
from bot.changes.reward.words import RewardAction


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
