"""Finding a customer's own coupon, and rewards by id or code."""

from bot.autumn.models import Coupon, Discount, FeatureGrant, RewardList
from bot.changes.model import Facts
from bot.lookups.invoices import discounting

_NONE = RewardList()


def own_discount(facts: Facts) -> Discount | None:
    return discounting.own_discount(facts.billing.discounts if facts.billing else ())


def subscription_discounts(facts: Facts) -> list[Discount]:
    discounts = facts.billing.discounts if facts.billing else ()
    return [one for one in discounts if one.subscription_id is not None]


def stripe_only(own: Discount | None, facts: Facts) -> bool:
    """Whether the customer's coupon is none of Autumn's, so that Autumn cannot apply it again."""
    return own is not None and facts.rewards is not None and coupon_of(own.id, facts) is None


def coupon_of(reward_id: str, facts: Facts) -> Coupon | None:
    return next((one for one in (facts.rewards or _NONE).coupons if one.id == reward_id), None)


def coupon_by_code(code: str, facts: Facts) -> Coupon | None:
    coupons = (facts.rewards or _NONE).coupons
    return next((one for one in coupons if any(each.code == code for each in one.promo_codes)), None)


def grant_of(code: str, facts: Facts) -> FeatureGrant | None:
    """By promo code, letter for letter, as Autumn compares them."""
    grants = (facts.rewards or _NONE).feature_grants
    return next((one for one in grants if any(each.code == code for each in one.promo_codes)), None)


def redeemable(facts: Facts) -> bool:
    """Whether there is a grant whose code the customer may still redeem."""
    grants = (facts.rewards or _NONE).feature_grants
    return any(one.grants and one.promo_codes and redeemed_code(one, facts) is None for one in grants)


def redeemed_code(grant: FeatureGrant, facts: Facts) -> str | None:
    """The code by which the customer redeemed this grant before, as far as can be told; each does so once.

    Autumn names what a code gave `reward_<code>_<feature>_bal_…`. It shows that no longer once it is used up,
    which Maple's own history may still know.
    """
    rows = [row.id for balance in facts.customer.balances.values() for row in balance.breakdown]
    for promo in grant.promo_codes:
        names = tuple(f"reward_{promo.code}_{one.feature_id}_" for one in grant.grants)
        if promo.code in facts.redeemed or any(row.startswith(names) for row in rows):
            return promo.code
    return None


def name_of(one: Coupon | Discount | FeatureGrant) -> str:
    return one.name or one.id
