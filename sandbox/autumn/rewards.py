"""Rewards: what they are, which are in force, and what they grant."""

from sandbox.autumn.errors import ApiError, invalid
from sandbox.autumn.model import Json, LocalCustomer, LocalDiscount, Product, Reward, Row
from sandbox.autumn.months import add, add_months
from sandbox.autumn.numbers import clean
from sandbox.autumn.state import AutumnState


def show(reward: Reward) -> Json:
    """{coupon: …} or {feature_grant: …}."""
    if reward.type == "feature_grant":
        return {
            "feature_grant": {
                "id": reward.id,
                "name": reward.name,
                "grants": reward.grants,
                "promo_codes": reward.promo_codes,
                "created_at": reward.created_at,
            }
        }
    return {
        "coupon": {
            "id": reward.id,
            "name": reward.name,
            "type": reward.type,
            "value": clean(reward.value),
            "duration": {"type": reward.duration, "length": reward.length},
            "plan_ids": reward.plan_ids,
            "promo_codes": reward.promo_codes,
            "created_at": reward.created_at,
        }
    }


def show_discount(state: AutumnState, discount: LocalDiscount) -> Json:
    reward = coupon(state, discount.reward_id)
    return {
        "id": reward.id,
        "name": reward.name,
        "type": reward.type,
        "discount_value": clean(reward.value),
        "currency": None if reward.type == "percentage_discount" else state.org.currency,
        "start": discount.start,
        "end": discount.end,
        "subscription_id": discount.subscription_id,
        "duration_type": reward.duration,
        "duration_value": reward.length or 0,
    }


def in_force(state: AutumnState, customer: LocalCustomer) -> list[LocalDiscount]:
    now = state.now // 1000
    return [discount for discount in customer.discounts if discount.end is None or discount.end > now]


def discounts_for(state: AutumnState, customer: LocalCustomer, product: Product, when: int) -> list[Reward]:
    """Those that count for a product's invoice at a time: its own, or else the customer's."""
    active = [
        discount for discount in customer.discounts if discount.end is None or discount.end * 1000 > when
    ]
    own = [discount for discount in active if discount.subscription_id == product.stripe_subscription]
    return [
        coupon(state, discount.reward_id)
        for discount in own or (d for d in active if d.subscription_id is None)
    ]


def coupon(state: AutumnState, reward_id: str) -> Reward:
    """A reward that gives money off, by its id. Raises 400."""
    reward = state.coupon(reward_id)
    if reward is None:
        raise invalid(f'Invalid coupon ID: "{reward_id}"')
    return reward


def put(
    state: AutumnState, customer: LocalCustomer, reward: Reward, subscription_id: str | None = None
) -> None:
    """Put a coupon on the customer, replacing the one there, or next to others on a subscription."""
    start = state.now // 1000
    end = add_months(state.now, reward.length or 0) // 1000 if reward.duration == "months" else None
    if subscription_id is None:
        if customer.stripe_id is None:
            customer.stripe_id, customer.cached_before_stripe = state.ids.stripe("cus"), customer.cached
        customer.discounts = [
            discount for discount in customer.discounts if discount.subscription_id is not None
        ]
    elif any(d.reward_id == reward.id and d.subscription_id == subscription_id for d in customer.discounts):
        return
    customer.discounts.append(LocalDiscount(reward.id, start, end, subscription_id))


def take(customer: LocalCustomer) -> None:
    """Take the customer's own coupon away. Raises 400 if there is no coupon."""
    own = [discount for discount in customer.discounts if discount.subscription_id is None]
    if not own:
        message = f"(Stripe Error) No active discount for customer: {customer.stripe_id}"
        raise ApiError(400, "stripe_error", message)
    customer.discounts.remove(own[0])


def by_code(state: AutumnState, code: str) -> Reward:
    """The reward of a promo code, letter for letter. Raises 404."""
    for reward in state.rewards.values():
        if any(promo["code"] == code for promo in reward.promo_codes):
            return reward
    raise ApiError(404, "reward_not_found", f'No reward found for code "{code}"')


def redeem(state: AutumnState, customer: LocalCustomer, code: str) -> Reward:
    """Give what a promo code grants. Raises 400 and 404."""
    reward = by_code(state, code)
    if reward.type != "feature_grant":
        raise ApiError(400, "invalid_reward", f'Reward "{reward.id}" is not a feature grant reward')
    if reward.id in customer.redeemed:
        message = f'Customer "{customer.id}" has already redeemed this reward'
        raise ApiError(400, "customer_already_redeemed_referral_code", message)
    most = next(promo.get("max_uses") for promo in reward.promo_codes if promo["code"] == code)
    if most is not None and state.redemptions.get(code, 0) >= most:
        message = f'Promo code "{code}" has reached its maximum redemptions'
        raise ApiError(400, "referral_code_max_redemptions_reached", message)
    state.redemptions[code] = state.redemptions.get(code, 0) + 1
    customer.redeemed.append(reward.id)
    for grant in reward.grants:
        customer.rows.append(_granted(state, code, grant))
    return reward


def _granted(state: AutumnState, code: str, grant: Json) -> Row:
    expiry = grant.get("expiry")
    return Row(
        id=state.ids.autumn("cus_ent"),
        external_id=f"reward_{code}_{grant['feature_id']}_{state.ids.autumn('bal')}",
        feature_id=grant["feature_id"],
        created_at=state.now,
        included=grant.get("included") or 0,
        balance=grant.get("included") or 0,
        unlimited=grant.get("included") is None and state.feature(grant["feature_id"]).type != "boolean",
        flag=state.feature(grant["feature_id"]).type == "boolean",
        expires_at=add(state.now, expiry["type"], expiry["length"]) if expiry else None,
    )
