"""rewards.*"""

from sandbox.autumn import rewards
from sandbox.autumn.context import Context, rpc
from sandbox.autumn.errors import ApiError, invalid
from sandbox.autumn.model import Json, Reward
from sandbox.autumn.validation import BodyReader, bad_input


def list_all(ctx: Context) -> Json:
    newest = sorted(ctx.state.rewards.values(), key=lambda reward: reward.created_at, reverse=True)
    rewards_shown = [rewards.show(reward) for reward in newest]
    return {
        "coupons": [reward["coupon"] for reward in rewards_shown if "coupon" in reward],
        "feature_grants": [reward["feature_grant"] for reward in rewards_shown if "feature_grant" in reward],
    }


def _reward(ctx: Context, reward_id: str) -> Reward:
    reward = ctx.state.rewards.get(reward_id)
    if reward is None:
        raise ApiError(404, "reward_not_found", f"Reward {reward_id} not found")
    return reward


def get(ctx: Context) -> Json:
    return rewards.show(_reward(ctx, ctx.text("reward_id")))


def create(ctx: Context) -> Json:
    state, body = ctx.state, ctx.body.get("coupon") or ctx.body.get("feature_grant")
    neither = "input: Provide exactly one of coupon or feature_grant"
    if body is None:
        raise bad_input(neither)
    problems = _coupon_problems(body) if "coupon" in ctx.body else _grant_problems(body)
    if problems:
        raise bad_input(*problems, *([neither] if "coupon" in ctx.body else []))
    if body["id"] in state.rewards:
        raise invalid(f"Reward with id {body['id']} already exists")
    if "coupon" in ctx.body:
        state.need_stripe()
        reward = _coupon(body)
    else:
        reward = Reward(body["id"], body["name"], "feature_grant", grants=body["grants"])
        reward.promo_codes = [
            {"code": promo["code"], "max_uses": promo.get("max_uses")} for promo in body["promo_codes"]
        ]
    reward.created_at, reward.internal_id = state.now, state.ids.autumn("rew")
    state.rewards[reward.id] = reward
    return rewards.show(reward)


def _coupon(body: Json) -> Reward:
    codes = [
        {"global_max_redemption": None, "first_time_transaction": False, **promo}
        for promo in body["promo_codes"]
    ]
    duration = body["duration"]
    return Reward(
        id=body["id"],
        name=body["name"],
        type=body["type"],
        value=body["value"],
        duration=duration["type"],
        length=duration.get("length"),
        plan_ids=body.get("plan_ids"),
        promo_codes=codes,
    )


def _coupon_problems(body: Json) -> list[str]:
    if body["type"] == "percentage_discount" and body["value"] > 100:
        return ["coupon.value: Percentage discounts must be at most 100"]
    return []


def _grant_problems(body: Json) -> list[str]:
    problems = []
    for index, grant in enumerate(body["grants"]):
        if expiry := grant.get("expiry"):
            where = f"feature_grant.grants.{index}.expiry"
            reader = BodyReader(expiry, f"{where}.")
            if expiry.get("type") not in ("day", "week", "month", "year"):
                reader.say("type", "must be one of: day, week, month, year")
            reader.get("length", "number", required=True)
            problems += reader.problems
            if odd := [key for key in expiry if key not in ("type", "length")]:
                problems.append(f"{where}: Unrecognized keys: " + ", ".join(f'"{key}"' for key in odd))
    if not body["promo_codes"]:
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
    granted = [
        {"feature_id": grant["feature_id"], "balance": grant.get("included")} for grant in reward.grants
    ]
    return {"reward_id": reward.id, "entitlements_granted": granted}


READ, WRITE = "rewards:read", "rewards:write"
ROUTES = (
    rpc("rewards.list", list_all, READ),
    rpc("rewards.get", get, READ),
    rpc("rewards.create", create, WRITE, write=True),
    rpc("rewards.update", update, WRITE, write=True),
    rpc("rewards.redeem", redeem, WRITE, write=True),
)
