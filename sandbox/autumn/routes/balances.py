"""balances.*"""

from sandbox.autumn import balances, edits, products
from sandbox.autumn.context import Context, Route, rpc
from sandbox.autumn.errors import invalid
from sandbox.autumn.model import Customer, Event, Json
from sandbox.autumn.validation import Reader

DONE: Json = {"success": True}


def _settled(ctx: Context, customer_id: str) -> Customer:
    """The customer with its due resets done."""
    who = ctx.state.customer(customer_id)
    products.advance(ctx.state, who)
    balances.reset_due(ctx.state, who)
    return who


def _target(reader: Reader) -> tuple[str, str, str | None, str | None]:
    return (
        reader.customer_id(),
        reader.get("feature_id", "string", required=True),
        reader.get("entity_id", "string"),
        reader.get("balance_id", "string"),
    )


def update(ctx: Context) -> Json:
    reader = ctx.reader
    customer_id, feature_id, entity_id, balance_id = _target(reader)
    change = edits.Update(
        feature_id=feature_id,
        entity_id=entity_id,
        balance_id=balance_id,
        interval=reader.get("interval", "string"),
        remaining=reader.get("remaining", "number"),
        add_to_balance=reader.get("add_to_balance", "number"),
        usage=reader.get("usage", "number"),
        included_grant=reader.get("included_grant", "number"),
        next_reset_at=reader.get("next_reset_at", "number"),
        expires_at=reader.get("expires_at", "number"),
    )
    reader.done()
    who = _settled(ctx, customer_id)
    ctx.state.feature(feature_id)
    edits.need_entity(who, entity_id)
    edits.apply(ctx.state, who, change)
    return DONE


def create(ctx: Context) -> Json:
    reader = ctx.reader
    customer_id, feature_id, entity_id, balance_id = _target(reader)
    included = reader.get("included_grant", "number", default=reader.get("granted_balance", "number"))
    unlimited = reader.get("unlimited", "boolean", default=False)
    reset = reader.get("reset", "object", null=True) or {}
    expires_at = reader.get("expires_at", "number", null=True)
    next_reset_at = reader.get("next_reset_at", "number")
    reader.done()
    who = _settled(ctx, customer_id)
    ctx.state.feature(feature_id)
    edits.need_entity(who, entity_id)
    if any(one.id == entity_id and one.feature_id == feature_id for one in who.entities):
        raise invalid("Cannot give an entity a balance of its own feature type")
    grant = edits.Grant(
        feature_id=feature_id,
        included=included,
        unlimited=unlimited,
        balance_id=balance_id,
        entity_id=entity_id,
        interval=reset.get("interval"),
        interval_count=reset.get("interval_count", 1),
        expires_at=expires_at,
        next_reset_at=next_reset_at,
    )
    edits.create(ctx.state, who, grant)
    return DONE


def delete(ctx: Context) -> Json:
    reader = ctx.reader
    customer_id, feature_id, entity_id, balance_id = _target(reader)
    interval = reader.get("interval", "string")
    reader.done()
    who = _settled(ctx, customer_id)
    ctx.state.feature(feature_id)
    edits.delete(ctx.state, who, edits.Update(feature_id, entity_id, balance_id, interval))
    return DONE


def track(ctx: Context) -> Json:
    reader, state = ctx.reader, ctx.state
    customer_id = reader.customer_id()
    name = reader.get("feature_id", "string") or reader.get("event_name", "string", required=True)
    value = reader.get("value", "number", default=1)
    properties = reader.get("properties", "object", default={})
    entity_id = reader.get("entity_id", "string")
    reader.done()
    who = _settled(ctx, customer_id)
    edits.need_entity(who, entity_id)
    state.feature(name)
    event = Event(state.ids.autumn("evt"), state.now, name, who.id, value, properties, entity_id=entity_id)
    deductions = edits.track(state, who, event)
    pools = [one.id for one in state.features.values() if _pays_for(one.credit_schema, name)]
    shown = {one: _show(ctx, who, one, entity_id) for one in [name, *pools]}
    return {
        "customer_id": customer_id,
        **({"entity_id": entity_id} if entity_id else {}),
        "value": value,
        "balance": next((one for one in shown.values() if one), None),
        **({"balances": shown} if pools else {}),
        "deductions": deductions,
    }


def _pays_for(schema: list[Json] | None, feature_id: str) -> bool:
    return any(one["metered_feature_id"] == feature_id for one in schema or ())


def _show(ctx: Context, who: Customer, feature_id: str, entity_id: str | None) -> Json | None:
    rows = balances.of_feature(balances.seen(ctx.state, who), feature_id, entity_id=entity_id)
    return balances.show(rows, ctx.state.feature(feature_id), entity_id=entity_id) if rows else None


def check(ctx: Context) -> Json:
    reader = ctx.reader
    customer_id, feature_id, entity_id, _ = _target(reader)
    needed = reader.get("required_balance", "number", default=1)
    reader.done()
    who = _settled(ctx, customer_id)
    ctx.state.feature(feature_id)
    edits.need_entity(who, entity_id)
    shown = _show(ctx, who, feature_id, entity_id)
    allowed = shown is not None and (
        shown["unlimited"] or shown["overage_allowed"] or shown["remaining"] >= needed
    )
    return {
        "allowed": allowed,
        "customer_id": customer_id,
        **({"entity_id": entity_id} if entity_id else {}),
        "required_balance": needed,
        "balance": shown,
        "flag": None,
    }


def set_by_path(ctx: Context) -> Json:
    """The older way of setting balances: each becomes the grant and what remains."""
    reader = ctx.reader
    wanted = reader.get("balances", "array", required=True)
    reader.done()
    who = _settled(ctx, ctx.path["customer_id"])
    for one in wanted:
        ctx.state.feature(one["feature_id"])
    for one in wanted:
        change = edits.Update(one["feature_id"], remaining=one["balance"], included_grant=one["balance"])
        if not edits.matched(ctx.state, who, change):
            raise invalid(f"No balances found for feature {one['feature_id']}")
        edits.apply(ctx.state, who, change)
    return DONE


WRITE = "balances:write"
ROUTES = (
    rpc("balances.update", update, WRITE, "track", write=True),
    rpc("balances.create", create, WRITE, write=True),
    rpc("balances.delete", delete, WRITE, write=True),
    rpc("balances.track", track, WRITE, "track", write=True),
    rpc("balances.check", check, "balances:read", "check"),
    Route("POST", "/v1/balances/create", "balances.create", create, WRITE, write=True),
    Route("POST", "/v1/customers/{customer_id}/balances", "balances.set", set_by_path, WRITE, write=True),
)
