"""features.*, plans.*, entities.* and the organisation."""

from sandbox.autumn import render
from sandbox.autumn.context import Context, Route, rpc
from sandbox.autumn.errors import ApiError, no_entity
from sandbox.autumn.model import Customer, Entity, Feature, Item, Json, Plan
from sandbox.autumn.routes.customers import read
from sandbox.autumn.state import State


def organization(ctx: Context) -> Json:
    org = ctx.state.org
    shown = {"id": org.id, "name": org.name, "slug": org.slug, "env": ctx.env}
    return {**shown, "user": org.user} if org.user else shown


def list_features(ctx: Context) -> Json:
    return {"list": [render.feature(one) for one in ctx.state.features.values()]}


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
    feature = Feature(
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
    return {"list": [render.plan(ctx.state, one, ctx.env) for one in plans if not one.archived]}


def _by_price(one: Plan) -> tuple[float, int]:
    return (one.price["amount"] if one.price else 0, -one.created_at)


def get_plan(ctx: Context) -> Json:
    return render.plan(ctx.state, ctx.state.plan(ctx.text("plan_id")), ctx.env)


def create_plan(ctx: Context) -> Json:
    reader, state = ctx.reader, ctx.state
    plan_id = reader.get("plan_id", "string", required=True)
    name = reader.get("name", "string", required=True)
    items = reader.get("items", "array", default=[])
    price = reader.get("price", "object")
    reader.done()
    plan = Plan(
        id=plan_id,
        name=name,
        add_on=ctx.body.get("add_on", False),
        auto_enable=ctx.body.get("auto_enable", False),
        price=price,
        items=[_item(state, one) for one in items],
        created_at=state.now,
        internal_id=state.ids.autumn("prod"),
        price_id=state.ids.autumn("pr"),
    )
    state.plans[plan_id] = plan
    return render.plan(state, plan, ctx.env)


def _item(state: State, given: Json) -> Item:
    return Item(
        feature_id=state.feature(given["feature_id"]).id,
        included=given.get("included", 0),
        unlimited=given.get("unlimited", False),
        interval=(given.get("reset") or {}).get("interval"),
        price=given.get("price"),
        id=state.ids.autumn("ent"),
    )


def list_entities(ctx: Context) -> Json:
    who = _customer(ctx)
    shown = [render.full_entity(ctx.state, who, one, ctx.env) for one in who.entities]
    return {"list": shown, "next_cursor": None}


def get_entity(ctx: Context) -> Json:
    reader = ctx.reader
    entity_id = reader.get("entity_id", "string", required=True)
    customer_id = reader.customer_id()
    reader.done()
    who = ctx.state.customer(customer_id)
    read(ctx, who)
    for one in who.entities:
        if one.id == entity_id:
            return render.full_entity(ctx.state, who, one, ctx.env)
    raise no_entity(entity_id)


def create_entity(ctx: Context) -> Json:
    reader, state = ctx.reader, ctx.state
    entity_id = reader.get("entity_id", "string", required=True)
    feature_id = reader.get("feature_id", "string", required=True)
    name = reader.get("name", "string", null=True)
    reader.done()
    who = _customer(ctx)
    entity = Entity(entity_id, name, state.feature(feature_id).id, state.now)
    who.entities.append(entity)
    shown = render.full_entity(state, who, entity, ctx.env)
    del shown["feature_id"]
    for row in who.rows:
        if row.feature_id == feature_id and not row.unlimited and not row.flag:
            row.balance -= 1
            break
    return shown


def _customer(ctx: Context) -> Customer:
    who = ctx.state.customer(ctx.customer_id())
    read(ctx, who)
    return who


ROUTES = (
    Route("GET", "/v1/organization/me", "organization.me", organization),
    rpc("features.list", list_features, "features:read"),
    rpc("features.get", get_feature, "features:read"),
    rpc("features.create", create_feature, "features:write", write=True),
    Route("GET", "/v1/features", "features.list", list_features, "features:read"),
    rpc("plans.list", list_plans, "plans:read"),
    rpc("plans.get", get_plan, "plans:read"),
    rpc("plans.create", create_plan, "plans:write", write=True),
    Route("GET", "/v1/plans", "plans.list", list_plans, "plans:read"),
    rpc("entities.list", list_entities, "customers:read", "list_customers"),
    rpc("entities.get", get_entity, "customers:read"),
    rpc("entities.create", create_entity, "customers:write", write=True),
)
