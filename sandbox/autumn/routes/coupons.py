"""A customer's coupon: undocumented, rows as they are stored."""

from sandbox.autumn import rewards
from sandbox.autumn.context import ApiRoute, Context
from sandbox.autumn.errors import invalid
from sandbox.autumn.model import Json, LocalCustomer, Reward


def add_coupon(ctx: Context) -> Json:
    """Undocumented; what the dashboard's Add Coupon calls. Answers rows as they are stored."""
    customer = ctx.state.customer(ctx.path["customer_id"])
    reward_id = ctx.path["coupon_id"]
    reward = ctx.state.rewards.get(reward_id)
    if reward is not None and reward.type == "feature_grant":
        code = ctx.body.get("promo_code")
        if not code:
            raise invalid("Promo code is required for feature grant rewards")
        rewards.redeem(ctx.state, customer, code)
        customer.drop_cached()
    else:
        ctx.state.need_stripe()
        reward = rewards.coupon(ctx.state, reward_id)
        rewards.put(ctx.state, customer, reward)
    made_in_stripe = reward.id in ctx.state.stripe_coupons
    coupon = _stripe_coupon(reward) if made_in_stripe else _stored_reward(ctx, reward)
    return {"customer": _stored_customer(ctx, customer), "coupon": coupon}


def _stripe_coupon(coupon: Reward) -> Json:
    percent = coupon.type == "percentage_discount"
    return {
        "id": coupon.id,
        "object": "coupon",
        "created": coupon.created_at // 1000,
        "livemode": False,
        "metadata": {},
        "valid": True,
        "times_redeemed": 0,
        "amount_off": None if percent else round(coupon.value * 100),
        "percent_off": coupon.value if percent else None,
        "currency": None if percent else "usd",
        "duration": {"months": "repeating", "one_off": "once"}.get(coupon.duration, coupon.duration),
        "duration_in_months": coupon.length,
        "max_redemptions": None,
        "redeem_by": None,
        "name": coupon.name,
    }


def remove_coupon(ctx: Context) -> Json:
    customer = ctx.state.customer(ctx.path["customer_id"])
    if customer.stripe_id is None:
        raise invalid("Customer has no Stripe customer to remove a coupon from")
    rewards.take(customer)
    return {"customer": _stored_customer(ctx, customer)}


def _stored_customer(ctx: Context, customer: LocalCustomer) -> Json:
    subscribed = any(product.stripe_subscription for product in customer.products)
    controls = {
        kind: [{key: value for key, value in rule.items() if key != "usage"} for rule in rules]
        for kind, rules in customer.billing_controls.items()
    }
    return {
        "internal_id": customer.internal_id,
        "org_id": ctx.state.org.id,
        "created_at": customer.created_at,
        "name": customer.name or "",
        "id": customer.id,
        "email": customer.email,
        "fingerprint": customer.fingerprint,
        "metadata": customer.metadata,
        "env": ctx.env,
        "processor": {"id": customer.stripe_id, "type": "stripe"} if customer.stripe_id else None,
        "processors": {},
        "send_email_receipts": customer.send_email_receipts,
        "currency": customer.currency or (ctx.state.org.currency if subscribed else None),
        "auto_topups": controls.get("auto_topups"),
        "spend_limits": controls.get("spend_limits"),
        "usage_limits": controls.get("usage_limits"),
        "usage_alerts": controls.get("usage_alerts"),
        "overage_allowed": controls.get("overage_allowed"),
        "config": customer.config,
    }


def _stored_reward(ctx: Context, reward: Reward) -> Json:
    grants_feature = reward.type == "feature_grant"
    codes = [
        {"code": code["code"], **({"global_max_redemption": code["max_uses"]} if grants_feature else {})}
        for code in reward.promo_codes
    ]
    return {
        "internal_id": reward.internal_id,
        "id": reward.id,
        "org_id": ctx.state.org.id,
        "env": ctx.env,
        "created_at": reward.created_at,
        "name": reward.name,
        "discount_config": None if grants_feature else _discount_config(ctx, reward),
        "free_product_config": None,
        "free_product_id": None,
        "promo_codes": codes,
        "type": reward.type,
        "entitlements": [_stored_grant(ctx, reward, grant) for grant in reward.grants],
    }


def _discount_config(ctx: Context, reward: Reward) -> Json:
    plans = [ctx.state.plans[plan_id] for plan_id in reward.plan_ids or () if plan_id in ctx.state.plans]
    return {
        "price_ids": [plan.price_id for plan in plans],
        **({} if reward.plan_ids is None else {"product_ids": reward.plan_ids}),
        "apply_to_all": reward.plan_ids is None,
        "duration_type": reward.duration,
        "discount_value": reward.value,
        "duration_value": reward.length or 0,
        "should_rollover": True,
    }


def _stored_grant(ctx: Context, reward: Reward, grant: Json) -> Json:
    expiry = grant.get("expiry") or {}
    return {
        "id": f"ent_{reward.internal_id.removeprefix('rew_')}",
        "created_at": reward.created_at,
        "internal_feature_id": ctx.state.feature(grant["feature_id"]).internal_id,
        "internal_product_id": None,
        "internal_reward_id": reward.internal_id,
        "is_custom": False,
        "allowance_type": "fixed",
        "allowance": grant.get("included"),
        "interval": None,
        "interval_count": 1,
        "carry_from_previous": False,
        "entity_feature_id": None,
        "pooled": False,
        "org_id": ctx.state.org.id,
        "feature_id": None,
        "usage_limit": None,
        "expiry_duration": expiry.get("type"),
        "expiry_length": expiry.get("length"),
        "rollover": None,
    }


_PATH = "/v1/customers/{customer_id}/coupons"
ROUTES = (
    ApiRoute("POST", _PATH + "/{coupon_id}", "coupons.add", add_coupon, "billing:write", write=True),
    ApiRoute("DELETE", _PATH, "coupons.remove", remove_coupon, "billing:write", write=True),
)
