"""features.*, plans.* and the organization."""

from sandbox.autumn import controls, render
from sandbox.autumn.context import ApiRoute, Context, rpc
from sandbox.autumn.errors import ApiError, invalid
from sandbox.autumn.model import Item, Json, LocalFeature, LocalPlan
from sandbox.autumn.state import AutumnState


def organization(ctx: Context) -> Json:
    org = ctx.state.org
    organization = {"id": org.id, "name": org.name, "slug": org.slug, "env": ctx.env}
    return {**organization, "user": org.user} if org.user else organization


def list_features(ctx: Context) -> Json:
    return {"list": [render.feature(feature) for feature in ctx.state.features.values()]}


def get_feature(ctx: Context) -> Json:
    return render.feature(ctx.state.feature(ctx.text("feature_id")))


def create_feature(ctx: Context) -> Json:
    reader, state = ctx.reader, ctx.state
    feature_id = reader.get("feature_id", "string", required=True)
    name = reader.get("name", "string", required=True)
    kind = reader.get("type", "string", required=True)
    consumable = reader.get("consumable", "boolean", default=kind == "credit_system")
    reader.done()
    if feature_id in state.features:
        raise ApiError(409, "duplicate_feature_id", f"Feature {feature_id} already exists")
    feature = LocalFeature(
        id=feature_id,
        name=name,
        type=kind,
        consumable=consumable,
        event_names=reader.get("event_names", "array", default=[]),
        display=reader.get("display", "object"),
        credit_schema=reader.get("credit_schema", "array"),
        internal_id=state.ids.autumn("fe"),
    )
    state.features[feature_id] = feature
    return render.feature(feature)


def list_plans(ctx: Context) -> Json:
    """The cheapest first, and of those the newest."""
    plans = sorted(ctx.state.plans.values(), key=_by_price)
    return {"list": [render.plan(ctx.state, plan, ctx.env) for plan in plans if not plan.archived]}


def _by_price(plan: LocalPlan) -> tuple[float, int]:
    return (plan.price["amount"] if plan.price else 0, -plan.created_at)


def get_plan(ctx: Context) -> Json:
    return render.plan(ctx.state, ctx.state.plan(ctx.text("plan_id")), ctx.env)


def create_plan(ctx: Context) -> Json:
    reader, state = ctx.reader, ctx.state
    plan_id = reader.get("plan_id", "string", required=True)
    name = reader.get("name", "string", required=True)
    items = reader.get("items", "array", default=[])
    price = reader.get("price", "object")
    trial = reader.get("free_trial", "object", null=True)
    reader.done()
    if trial is not None:
        trial = {"duration_type": "month", "card_required": True, **trial}
    plan = LocalPlan(
        id=plan_id,
        name=name,
        add_on=ctx.body.get("add_on", False),
        auto_enable=ctx.body.get("auto_enable", False),
        price=price,
        items=[_item(state, item) for item in items],
        trial=trial,
        created_at=state.now,
        internal_id=state.ids.autumn("prod"),
        price_id=state.ids.autumn("pr"),
        billing_controls=controls.read(reader),
    )
    state.plans[plan_id] = plan
    return render.plan(state, plan, ctx.env)


def _item(state: AutumnState, body: Json) -> Item:
    price, proration, rollover = body.get("price"), body.get("proration"), body.get("rollover")
    if proration is not None and (price is None or price["billing_method"] != "prepaid"):
        raise invalid("Proration is only supported for prepaid prices")
    if price is not None:
        price = {"billing_units": 1, "max_purchase": None, **price}
    if rollover is not None:
        forever = rollover.get("expiry_duration_type") == "forever"
        length = None if forever else rollover.get("expiry_duration_length", 1)
        rollover = {"max": rollover.get("max"), "length": length}
    return Item(
        feature_id=state.feature(body["feature_id"]).id,
        included=body.get("included", 0),
        unlimited=body.get("unlimited", False),
        interval=(body.get("reset") or {}).get("interval"),
        price=price,
        rollover=rollover,
        proration=proration,
        id=state.ids.autumn("ent"),
    )


ROUTES = (
    ApiRoute("GET", "/v1/organization/me", "organization.me", organization),
    rpc("features.list", list_features, "features:read"),
    rpc("features.get", get_feature, "features:read"),
    rpc("features.create", create_feature, "features:write", write=True),
    ApiRoute("GET", "/v1/features", "features.list", list_features, "features:read"),
    rpc("plans.list", list_plans, "plans:read"),
    rpc("plans.get", get_plan, "plans:read"),
    rpc("plans.create", create_plan, "plans:write", write=True),
    ApiRoute("GET", "/v1/plans", "plans.list", list_plans, "plans:read"),
)
