"""entities.*"""

from sandbox.autumn import controls, products, render
from sandbox.autumn.context import Context, rpc
from sandbox.autumn.errors import ApiError, invalid, no_entity
from sandbox.autumn.model import Json, LocalCustomer, LocalEntity, Product
from sandbox.autumn.routes.customers import find_or_create, read
from sandbox.autumn.state import AutumnState
from sandbox.autumn.validation import decode_cursor, encode_cursor


def list_entities(ctx: Context) -> Json:
    """The newest first; of one customer, or of all."""
    reader, state = ctx.reader, ctx.state
    customer_id = reader.get("customer_id", "string")
    limit = reader.limit(default=50, high=5000)
    cursor = reader.get("start_cursor", "string", default="")
    text = reader.get("search", "string", default="").strip().lower()
    plans = {plan["id"] for plan in reader.get("plans", "array", default=[])}
    status = reader.one_of("subscription_status", ("active", "scheduled"))
    reader.done()
    last_id, last_moment = decode_cursor(cursor) if cursor else ("", 0)
    customers = list(state.customers) if customer_id is None else [state.customers.get(customer_id)]
    matching = [
        (entity, customer)
        for customer in customers
        if customer is not None
        for entity in customer.entities
        if (not text or any(text in value.lower() for value in (entity.id, entity.name) if value))
        and (not plans or any(product.plan_id in plans for product in _held(customer, entity)))
        and (not status or any(_has(product, status) for product in _held(customer, entity)))
        and (not cursor or (entity.created_at, entity.id or "") < (last_moment, last_id))
    ]
    matching.sort(key=lambda pair: (pair[0].created_at, pair[0].id or ""), reverse=True)
    page = matching[:limit]
    for _, holder in page:
        read(ctx, holder)
    more = len(matching) > limit
    return {
        "list": [render.full_entity(state, customer, entity, ctx.env) for entity, customer in page],
        "next_cursor": encode_cursor(page[-1][0].id or "", page[-1][0].created_at) if more else None,
    }


def _held(customer: LocalCustomer, entity: LocalEntity) -> list[Product]:
    live = [product for product in customer.products if product.status != "expired"]
    return [product for product in live if product.entity_id in (None, entity.id)]


def _has(product: Product, status: str) -> bool:
    return (product.status == "scheduled") == (status == "scheduled")


def _find(ctx: Context) -> tuple[LocalCustomer, LocalEntity]:
    """The entity that a request names, alone or with its customer. Raises 404, and 500 as Autumn does."""
    reader = ctx.reader
    entity_id = reader.get("entity_id", "string", required=True)
    customer_id = reader.get("customer_id", "string")
    reader.done()
    customer = _holder(ctx.state, entity_id) if customer_id is None else ctx.state.customer(customer_id)
    for entity in customer.entities:
        if entity.id == entity_id:
            return customer, entity
    raise no_entity(entity_id)


def _holder(state: AutumnState, entity_id: str) -> LocalCustomer:
    for customer in state.customers:
        if any(entity.id == entity_id for entity in customer.entities):
            return customer
    raise ApiError(500, "internal_error", f"No entities found for entityId {entity_id}")


def get_entity(ctx: Context) -> Json:
    customer, entity = _find(ctx)
    read(ctx, customer)
    return render.full_entity(ctx.state, customer, entity, ctx.env)


def create_entity(ctx: Context) -> Json:
    """Uses one unit of the feature, even beyond the limit. A customer who does not exist is created."""
    reader, state = ctx.reader, ctx.state
    customer_id = reader.customer_id()
    entity_id = reader.get("entity_id", "string", required=True)
    feature_id = reader.get("feature_id", "string", required=True)
    name = reader.get("name", "string", null=True)
    billing_controls = controls.read(reader)
    reader.done()
    customer = find_or_create(ctx, customer_id)
    read(ctx, customer)
    if state.feature(feature_id).consumable:
        raise invalid(
            f"Feature '{feature_id}' is consumable (e.g. credits, API calls). "
            "Entities can only be created for non-consumable features (e.g. seats)."
        )
    if entity_id and any(existing.id == entity_id for existing in customer.entities):
        raise ApiError(409, "entity_already_exists", f"Entity {entity_id} already exists")
    entity = LocalEntity(entity_id or None, name, feature_id, state.now, billing_controls)
    customer.entities.append(entity)
    created = render.full_entity(state, customer, entity, ctx.env)
    del created["feature_id"]
    _occupy(customer, feature_id, 1)
    return created


def _occupy(customer: LocalCustomer, feature_id: str, by: int) -> None:
    """Take up seats, or below zero free them."""
    for row in customer.rows:
        if row.feature_id == feature_id and not row.unlimited and not row.flag:
            row.balance -= by
            return


def update_entity(ctx: Context) -> Json:
    customer, entity = _find(ctx)
    reader = ctx.reader
    entity.billing_controls |= controls.read(reader)
    reader.done()
    read(ctx, customer)
    return render.full_entity(ctx.state, customer, entity, ctx.env)


def delete_entity(ctx: Context) -> Json:
    """Its seat is free again; its grants and plans go, a paid one without credit."""
    customer, entity = _find(ctx)
    for product in [
        held for held in customer.products if held.entity_id == entity.id and held.status != "expired"
    ]:
        products.take_away(customer, product, ctx.state.now)
    customer.rows = [row for row in customer.rows if row.entity_id is None or row.entity_id != entity.id]
    customer.entities.remove(entity)
    _occupy(customer, entity.feature_id, -1)
    return {"success": True}


READ, WRITE = "customers:read", "customers:write"
ROUTES = (
    rpc("entities.list", list_entities, READ, "list_customers"),
    rpc("entities.get", get_entity, READ, "entities"),
    rpc("entities.create", create_entity, WRITE, write=True),
    rpc("entities.update", update_entity, WRITE, write=True),
    rpc("entities.delete", delete_entity, WRITE, write=True),
)
