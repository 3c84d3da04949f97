"""What the answer to a write tells before customers.get does."""

from pydantic import BaseModel, ValidationError

from bot.changes.model import AnyInput, Facts, RewardAction, RewardInput, Snapshot


class _Coupon(BaseModel):
    id: str
    name: str | None = None


class _Applied(BaseModel):
    """The answer to a coupon that was applied."""

    coupon: _Coupon


def credited(asked: AnyInput, facts: Facts, answered: object, after: Snapshot) -> Snapshot:
    """What was read back, with a coupon that Autumn said it applied.

    Applying one makes the customer in Stripe, so a customer read back without Stripe is a copy from before.
    """
    if not isinstance(asked, RewardInput) or asked.action is not RewardAction.APPLY:
        return after
    if facts.customer.stripe_id is not None:
        return after
    try:
        coupon = _Applied.model_validate(answered).coupon
    except ValidationError:
        return after
    return {**after, "coupon": coupon.id, "coupon_name": coupon.name}
