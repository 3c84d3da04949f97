"""Words of the reward."""

from bot.changes.model import RewardAction

REWARD_ACTIONS = {
    RewardAction.APPLY: ("Apply a coupon", "A discount on what the customer pays"),
    RewardAction.REDEEM: ("Redeem a promo code", "A grant of features, by its code"),
    RewardAction.REMOVE: ("Remove the coupon", "Takes the customer's own discount away"),
}
COUPON = "Coupon"
PICK_COUPON = "Pick a coupon"
CODE = "Promo code"
CODE_HINT = "Letter for letter, as it is in Autumn."
NO_COUPONS = "Autumn has no coupons. Make one in its dashboard first."
NO_DISCOUNTS = "*Discounts*\nNone."
DISCOUNTS_UNREAD = "*Discounts*\nNot read from Stripe."
ALL_PLANS = "all products"


def off(value: str) -> str:
    return f"{value} off"
