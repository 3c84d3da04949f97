"""rewards.*, and the coupon of a customer."""

from sandbox.autumn import rewards
from sandbox.autumn.context import Context, Route, rpc
from sandbox.autumn.errors import ApiError, invalid
from sandbox.autumn.model import Customer, Json, Reward
from sandbox.autumn.validation import Reader, bad_input


def list_all(ctx: Context) -> Json:
    newest = sorted(ctx.state.rewards.values(), key=lambda one: one.created_at, reverse=True)
    shown = [rewards.show(one) for one in newest]
    return {
        "coupons": [one["coupon"] for one in shown if "coupon" in one],
        "feature_grants": [one["feature_grant"] for one in shown if "feature_grant" in one],
    }


def _reward(ctx: Context, reward_id: str) -> Reward:
    found = ctx.state.rewards.get(reward_id)
    if found is None:
        raise ApiError(404, "reward_not_found", f"Reward {reward_id} not found")
    return found


def get(ctx: Context) -> Json:
    return rewards.show(_reward(ctx, ctx.text("reward_id")))


def create(ctx: Context) -> Json:
    state, given = ctx.state, ctx.body.get("coupon") or ctx.body.get("feature_grant")
    neither = "input: Provide exactly one of coupon or feature_grant"
    if given is None:
        raise bad_input(neither)
    problems = _coupon_problems(given) if "coupon" in ctx.body else _grant_problems(given)
    if problems:
        raise bad_input(*problems, *([neither] if "coupon" in ctx.body else []))
    if "coupon" in ctx.body:
        state.need_stripe()
        reward = _coupon(given)
    else:
        reward = Reward(given["id"], given["name"], "feature_grant", grants=given["grants"])
        reward.promo_codes = [
            {"code": one["code"], "max_uses": one.get("max_uses")} for one in given["promo_codes"]
        ]
    reward.created_at, reward.internal_id = state.now, state.ids.autumn("rew")
    state.rewards[reward.id] = reward
    return rewards.show(reward)


def _coupon(given: Json) -> Reward:
    codes = [
        {"global_max_redemption": None, "first_time_transaction": False, **one}
        for one in given["promo_codes"]
    ]
    duration = given["duration"]
    return Reward(
        id=given["id"],
        name=given["name"],
        type=given["type"],
        value=given["value"],
        duration=duration["type"],
        length=duration.get("length"),
        plan_ids=given.get("plan_ids"),
        promo_codes=codes,
    )


def _coupon_problems(given: Json) -> list[str]:
    if given["type"] == "percentage_discount" and given["value"] > 100:
        return ["coupon.value: Percentage discounts must be at most 100"]
    return []


def _grant_problems(given: Json) -> list[str]:
    problems = []
    for index, one in enumerate(given["grants"]):
        if expiry := one.get("expiry"):
            where = f"feature_grant.grants.{index}.expiry"
            reader = Reader(expiry, f"{where}.")
            if expiry.get("type") not in ("day", "week", "month", "year"):
                reader.say("type", "must be one of: day, week, month, year")
            reader.get("length", "number", required=True)
            problems += reader.problems
            if odd := [key for key in expiry if key not in ("type", "length")]:
                problems.append(f"{where}: Unrecognized keys: " + ", ".join(f'"{key}"' for key in odd))
    if not given["promo_codes"]:
        problems.append("feature_grant.promo_codes: Too small: expected array to have >=1 items")
    return problems


def update(ctx: Context) -> Json:
    reward = _reward(ctx, ctx.text("reward_id"))
    change = ctx.body.get("feature_grant") or ctx.body.get("coupon") or {}
    reward.promo_codes = change.get("promo_codes", reward.promo_codes)
    reward.name = change.get("name", reward.name)
    return rewards.show(reward)


def redeem(ctx: Context) -> Json:
    reader = ctx.reader
    code = reader.get("code", "string", required=True)
    customer_id = reader.customer_id()
    reader.done()
    reward = rewards.redeem(ctx.state, ctx.state.customer(customer_id), code)
    granted = [{"feature_id": one["feature_id"], "balance": one.get("included")} for one in reward.grants]
    return {"reward_id": reward.id, "entitlements_granted": granted}


def add_coupon(ctx: Context) -> Json:
    """Undocumented; what the dashboard's Add Coupon calls. Answers rows as they are stored."""
    who = ctx.state.customer(ctx.path["customer_id"])
    reward_id = ctx.path["coupon_id"]
    reward = ctx.state.rewards.get(reward_id)
    if reward is not None and reward.type == "feature_grant":
        code = ctx.body.get("promo_code")
        if not code:
            raise invalid("Promo code is required for feature grant rewards")
        rewards.redeem(ctx.state, who, code)
    else:
        ctx.state.need_stripe()
        reward = rewards.coupon(ctx.state, reward_id)
        rewards.put(ctx.state, who, reward)
    return {"customer": _stored_customer(ctx, who), "coupon": _stored_reward(ctx, reward)}


def remove_coupon(ctx: Context) -> Json:
    who = ctx.state.customer(ctx.path["customer_id"])
    if who.stripe_id is None:
        raise invalid("Customer has no Stripe customer to remove a coupon from")
    rewards.take(who)
    return {"customer": _stored_customer(ctx, who)}


def _stored_customer(ctx: Context, who: Customer) -> Json:
    subscribed = any(one.stripe_subscription for one in who.products)
    controls = {
        kind: [{key: value for key, value in one.items() if key != "usage"} for one in rules]
        for kind, rules in who.billing_controls.items()
    }
    return {
        "internal_id": who.internal_id,
        "org_id": ctx.state.org.id,
        "created_at": who.created_at,
        "name": who.name or "",
        "id": who.id,
        "email": who.email,
        "fingerprint": who.fingerprint,
        "metadata": who.metadata,
        "env": ctx.env,
        "processor": {"id": who.stripe_id, "type": "stripe"} if who.stripe_id else None,
        "processors": {},
        "send_email_receipts": who.send_email_receipts,
        "currency": who.currency or (ctx.state.org.currency if subscribed else None),
        "auto_topups": controls.get("auto_topups"),
        "spend_limits": controls.get("spend_limits"),
        "usage_limits": controls.get("usage_limits"),
        "usage_alerts": controls.get("usage_alerts"),
        "overage_allowed": controls.get("overage_allowed"),
        "config": who.config,
    }


def _stored_reward(ctx: Context, one: Reward) -> Json:
    grant = one.type == "feature_grant"
    codes = [
        {"code": code["code"], **({"global_max_redemption": code["max_uses"]} if grant else {})}
        for code in one.promo_codes
    ]
    return {
        "internal_id": one.internal_id,
        "id": one.id,
        "org_id": ctx.state.org.id,
        "env": ctx.env,
        "created_at": one.created_at,
        "name": one.name,
        "discount_config": None if grant else _discount_config(ctx, one),
        "free_product_config": None,
        "free_product_id": None,
        "promo_codes": codes,
        "type": one.type,
        "entitlements": [_stored_grant(ctx, one, grant) for grant in one.grants],
    }


def _discount_config(ctx: Context, one: Reward) -> Json:
    plans = [ctx.state.plans[plan_id] for plan_id in one.plan_ids or () if plan_id in ctx.state.plans]
    return {
        "price_ids": [plan.price_id for plan in plans],
        **({} if one.plan_ids is None else {"product_ids": one.plan_ids}),
        "apply_to_all": one.plan_ids is None,
        "duration_type": one.duration,
        "discount_value": one.value,
        "duration_value": one.length or 0,
        "should_rollover": True,
    }


def _stored_grant(ctx: Context, one: Reward, grant: Json) -> Json:
    expiry = grant.get("expiry") or {}
    return {
        "id": f"ent_{one.internal_id.removeprefix('rew_')}",
        "created_at": one.created_at,
        "internal_feature_id": ctx.state.feature(grant["feature_id"]).internal_id,
        "internal_product_id": None,
        "internal_reward_id": one.internal_id,
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


READ, WRITE = "rewards:read", "rewards:write"
_COUPONS = "/v1/customers/{customer_id}/coupons"
ROUTES = (
    rpc("rewards.list", list_all, READ),
    rpc("rewards.get", get, READ),
    rpc("rewards.create", create, WRITE, write=True),
    rpc("rewards.update", update, WRITE, write=True),
    rpc("rewards.redeem", redeem, WRITE, write=True),
    Route("POST", _COUPONS + "/{coupon_id}", "coupons.add", add_coupon, "billing:write", write=True),
    Route("DELETE", _COUPONS, "coupons.remove", remove_coupon, "billing:write", write=True),
)
