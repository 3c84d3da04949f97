"""features.*, plans.*, entities.* and the organisation."""

from sandbox.autumn import render
from sandbox.autumn.context import Context, Route, rpc
from sandbox.autumn.errors import ApiError, invalid, no_entity
from sandbox.autumn.model import Customer, Entity, Feature, Item, Json, Plan, Product
from sandbox.autumn.routes.customers import get_or_create, read
from sandbox.autumn.state import State
from sandbox.autumn.validation import decode_cursor, encode_cursor


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
    trial = reader.get("free_trial", "object", null=True)
    reader.done()
    if trial is not None:
        trial = {"duration_type": "month", "card_required": True, **trial}
    plan = Plan(
        id=plan_id,
        name=name,
        add_on=ctx.body.get("add_on", False),
        auto_enable=ctx.body.get("auto_enable", False),
        price=price,
        items=[_item(state, one) for one in items],
        trial=trial,
        created_at=state.now,
        internal_id=state.ids.autumn("prod"),
        price_id=state.ids.autumn("pr"),
    )
    state.plans[plan_id] = plan
    return render.plan(state, plan, ctx.env)


def _item(state: State, given: Json) -> Item:
    price, proration, kept = given.get("price"), given.get("proration"), given.get("rollover")
    if proration is not None and (price is None or price["billing_method"] != "prepaid"):
        raise invalid("Proration is only supported for prepaid prices")
    if price is not None:
        price = {"billing_units": 1, "max_purchase": None, **price}
    if kept is not None:
        forever = kept.get("expiry_duration_type") == "forever"
        length = None if forever else kept.get("expiry_duration_length", 1)
        kept = {"max": kept.get("max"), "length": length}
    return Item(
        feature_id=state.feature(given["feature_id"]).id,
        included=given.get("included", 0),
        unlimited=given.get("unlimited", False),
        interval=(given.get("reset") or {}).get("interval"),
        price=price,
        rollover=kept,
        proration=proration,
        id=state.ids.autumn("ent"),
    )


def list_entities(ctx: Context) -> Json:
    """The newest first; of one customer, or of all."""
    reader, state = ctx.reader, ctx.state
    customer_id = reader.get("customer_id", "string")
    limit = reader.limit(default=50, high=5000)
    cursor = reader.get("start_cursor", "string", default="")
    text = reader.get("search", "string", default="").strip().lower()
    plans = {one["id"] for one in reader.get("plans", "array", default=[])}
    reader.done()
    last_id, last_moment = decode_cursor(cursor) if cursor else ("", 0)
    whose = list(state.customers) if customer_id is None else [state.customers.get(customer_id)]
    found = [
        (one, who)
        for who in whose
        if who is not None
        for one in who.entities
        if (not text or any(text in value.lower() for value in (one.id, one.name) if value))
        and (not plans or any(product.plan_id in plans for product in _held(who, one)))
        and (not cursor or (one.created_at, one.id or "") < (last_moment, last_id))
    ]
    found.sort(key=lambda pair: (pair[0].created_at, pair[0].id or ""), reverse=True)
    page = found[:limit]
    for _, who in page:
        read(ctx, who)
    more = len(found) > limit
    return {
        "list": [render.full_entity(state, who, one, ctx.env) for one, who in page],
        "next_cursor": encode_cursor(page[-1][0].id or "", page[-1][0].created_at) if more else None,
    }


def _held(who: Customer, entity: Entity) -> list[Product]:
    live = [one for one in who.products if one.status != "expired"]
    return [one for one in live if one.entity_id in (None, entity.id)]


def get_entity(ctx: Context) -> Json:
    reader = ctx.reader
    entity_id = reader.get("entity_id", "string", required=True)
    customer_id = reader.get("customer_id", "string")
    reader.done()
    who = _holder(ctx.state, entity_id) if customer_id is None else ctx.state.customer(customer_id)
    read(ctx, who)
    for one in who.entities:
        if one.id == entity_id:
            return render.full_entity(ctx.state, who, one, ctx.env)
    raise no_entity(entity_id)


def _holder(state: State, entity_id: str) -> Customer:
    for who in state.customers:
        if any(one.id == entity_id for one in who.entities):
            return who
    raise ApiError(500, "internal_error", f"No entities found for entityId {entity_id}")


def create_entity(ctx: Context) -> Json:
    """Uses one of the feature, beyond the limit too. A customer who is not there is created."""
    reader, state = ctx.reader, ctx.state
    customer_id = reader.customer_id()
    entity_id = reader.get("entity_id", "string", required=True)
    feature_id = reader.get("feature_id", "string", required=True)
    name = reader.get("name", "string", null=True)
    reader.done()
    who = state.customers.get(customer_id) or _created(ctx)
    read(ctx, who)
    if state.feature(feature_id).consumable:
        raise invalid(
            f"Feature '{feature_id}' is consumable (e.g. credits, API calls). "
            "Entities can only be created for non-consumable features (e.g. seats)."
        )
    if entity_id and any(one.id == entity_id for one in who.entities):
        message = f"Entity {entity_id} already exists"
        raise ApiError(409, "entity_already_exists", message)
    entity = Entity(entity_id or None, name, feature_id, state.now)
    who.entities.append(entity)
    shown = render.full_entity(state, who, entity, ctx.env)
    del shown["feature_id"]
    for row in who.rows:
        if row.feature_id == feature_id and not row.unlimited and not row.flag:
            row.balance -= 1
            break
    return shown


def _created(ctx: Context) -> Customer:
    customer_id = str(get_or_create(ctx)["id"])
    return ctx.state.customer(customer_id)


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
