"""balances.*"""

from contextlib import ExitStack

from sandbox.autumn import balances, controls, edits, happenings, products, render
from sandbox.autumn.context import ApiRoute, Context, rpc
from sandbox.autumn.errors import ApiError, invalid
from sandbox.autumn.model import Json, LocalCustomer, LocalEvent, LocalFeature, Row
from sandbox.autumn.months import ORDER
from sandbox.autumn.numbers import clean
from sandbox.autumn.validation import BodyReader, bad_input

DONE: Json = {"success": True}
INTERVALS = ("one_off", *ORDER)


def _settled(ctx: Context, customer_id: str) -> LocalCustomer:
    """The customer with its due resets done."""
    customer = ctx.state.customer(customer_id)
    products.advance(ctx.state, customer)
    balances.reset_due(ctx.state, customer)
    return customer


def _target(reader: BodyReader) -> tuple[str, str, str | None, str | None]:
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
    customer = _settled(ctx, customer_id)
    ctx.state.feature(feature_id)
    edits.need_entity(customer, entity_id)
    edits.apply(ctx.state, customer, change)
    return DONE


def create(ctx: Context) -> Json:
    reader = ctx.reader
    customer_id, feature_id, entity_id, balance_id = _target(reader)
    included = reader.get("included_grant", "number", default=reader.get("granted_balance", "number"))
    unlimited = reader.get("unlimited", "boolean", default=False)
    reset = reader.get("reset", "object", null=True) or {}
    expires_at = reader.get("expires_at", "number", null=True)
    next_reset_at = reader.get("next_reset_at", "number")
    if "interval" in reset and reset["interval"] not in INTERVALS:
        reader.say("reset.interval", f"must be one of: {', '.join(INTERVALS)}")
    rollover = _rollover(reader)
    reader.done()
    customer = _settled(ctx, customer_id)
    ctx.state.feature(feature_id)
    edits.need_entity(customer, entity_id)
    if any(entity.id == entity_id and entity.feature_id == feature_id for entity in customer.entities):
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
        rollover=rollover,
    )
    edits.create(ctx.state, customer, grant)
    return DONE


def delete(ctx: Context) -> Json:
    reader = ctx.reader
    customer_id = reader.customer_id()
    deletion = edits.Deletion(
        feature_id=reader.get("feature_id", "string"),
        entity_id=reader.get("entity_id", "string"),
        balance_id=reader.get("balance_id", "string"),
        interval=reader.get("interval", "string"),
        recalculate=reader.get("recalculate_balances", "boolean", default=False),
    )
    reader.done()
    customer = _settled(ctx, customer_id)
    edits.need_entity(customer, deletion.entity_id)
    edits.delete(ctx.state, customer, deletion)
    return DONE


def track(ctx: Context) -> Json:
    reader, state = ctx.reader, ctx.state
    customer_id = reader.customer_id()
    feature_id, event_name = reader.get("feature_id", "string"), reader.get("event_name", "string")
    value = reader.get("value", "number", default=1)
    properties = reader.get("properties", "object", default={})
    entity_id = reader.get("entity_id", "string")
    behavior = reader.one_of("overage_behavior", ("cap", "reject"), "cap")
    timestamp = reader.get("timestamp", "number", default=state.now)
    if timestamp > state.now:
        reader.say("timestamp", "timestamp cannot be in the future")
    reader.done()
    if feature_id is None and event_name is None:
        raise bad_input("input: Either feature_id or event_name must be provided")
    customer = _settled(ctx, customer_id)
    edits.need_entity(customer, entity_id)
    name = _tracked(ctx, feature_id, event_name or "")
    event = LocalEvent(
        state.ids.autumn("evt"), timestamp, name, customer.id, value, properties, entity_id=entity_id
    )
    pools = [feature.id for feature in state.features.values() if _pays_for(feature.credit_schema, name)]
    before = balances.seen(state, customer)
    rows = {paid_by: balances.of_feature(before, paid_by, entity_id=entity_id) for paid_by in [name, *pools]}
    most = controls.usable(state, customer, name, rows[name], properties)
    if behavior == "reject" and value > most:
        message = f"Insufficient balance to deduct {value} from feature {name}"
        raise ApiError(400, "insufficient_balance", message)
    with ExitStack() as watched:
        for paying_feature in rows:
            watched.enter_context(happenings.usage(state, customer, paying_feature, entity_id))
        deductions = edits.track(state, customer, event)
    if ctx.body.get("async"):
        ctx.status = 202
        return {"customer_id": customer_id, "value": value, "balance": None}
    balance_by_feature = {
        paid_by: balances.show(mine, state.feature(paid_by), entity_id=entity_id) if mine else None
        for paid_by, mine in rows.items()
    }
    return {
        "customer_id": customer_id,
        **({"entity_id": entity_id} if entity_id else {}),
        "value": value,
        "balance": next((balance for balance in balance_by_feature.values() if balance), None),
        **({"balances": balance_by_feature} if pools else {}),
        "deductions": deductions,
    }


def _tracked(ctx: Context, feature_id: str | None, event_name: str) -> str:
    """The feature by its id, or by one of its events' names. Raises 404."""
    if feature_id is not None:
        return ctx.state.feature(feature_id).id
    for feature in ctx.state.features.values():
        if event_name in (feature.id, *feature.event_names):
            return feature.id
    raise ApiError(404, "invalid_request", f"No features found for event name: {event_name}")


def _rollover(reader: BodyReader) -> Json | None:
    body = reader.get("rollover", "object", null=True)
    if body is None:
        return None
    part = BodyReader(body, "rollover.")
    rollover = {"max": part.get("max", "number"), "length": part.get("length", "number", required=True)}
    reader.problems += part.problems
    return rollover


def _pays_for(schema: list[Json] | None, feature_id: str) -> bool:
    return any(part["metered_feature_id"] == feature_id for part in schema or ())


def check(ctx: Context) -> Json:
    """Whether this much may be used. `send_event` uses it right away; so does `lock`, until it is
    released."""
    reader, state = ctx.reader, ctx.state
    customer_id = reader.customer_id()
    feature_id, entity_id = reader.get("feature_id", "string"), reader.get("entity_id", "string")
    needed = reader.get("required_balance", "number", default=1)
    lock = reader.get("lock", "object", default={})
    reader.done()
    if feature_id is None:
        raise bad_input("input: Must provide either product_id or feature_id")
    customer = _settled(ctx, customer_id)
    feature = state.feature(feature_id)
    edits.need_entity(customer, entity_id)
    spent_on, rows = _paid_by(ctx, customer, feature_id, entity_id)
    if spent_on.credit_schema and spent_on is not feature:
        costs = {part["metered_feature_id"]: part["credit_cost"] for part in spent_on.credit_schema}
        needed = clean(needed * costs[feature_id])
    flag = _flag(ctx, customer, feature_id)
    allowed = flag is not None or (
        bool(rows) and controls.usable(state, customer, spent_on.id, rows) >= needed
    )
    if allowed and rows and (ctx.body.get("send_event") or lock.get("enabled")):
        event = LocalEvent(
            state.ids.autumn("evt"), state.now, spent_on.id, customer.id, needed, entity_id=entity_id
        )
        with happenings.usage(state, customer, spent_on.id, entity_id):
            edits.track(state, customer, event)
        if lock.get("enabled"):
            state.reserved[str(lock.get("lock_id"))] = (customer, event)
    return {
        "allowed": allowed,
        "customer_id": customer_id,
        **({"entity_id": entity_id} if entity_id else {}),
        "required_balance": needed,
        "balance": balances.show(rows, spent_on, entity_id=entity_id) if rows else None,
        "flag": flag,
    }


def _paid_by(
    ctx: Context, customer: LocalCustomer, feature_id: str, entity_id: str | None
) -> tuple[LocalFeature, list[Row]]:
    """The feature's own rows, or those of the credits that it costs."""
    all_rows = balances.seen(ctx.state, customer)
    feature = ctx.state.feature(feature_id)
    rows = balances.of_feature(all_rows, feature_id, entity_id=entity_id)
    for pool in ctx.state.features.values() if not rows else ():
        if _pays_for(pool.credit_schema, feature_id):
            pool_rows = balances.of_feature(all_rows, pool.id, entity_id=entity_id)
            if pool_rows:
                return pool, pool_rows
    return feature, rows


def _flag(ctx: Context, customer: LocalCustomer, feature_id: str) -> Json | None:
    for row in balances.seen(ctx.state, customer):
        if row.flag and row.feature_id == feature_id:
            return render.flag(ctx.state, row)
    return None


def finalize(ctx: Context) -> Json:
    """End a reservation of balances.check: `release` gives back what it took."""
    reader = ctx.reader
    lock_id = reader.get("lock_id", "string", required=True)
    action = reader.choice("action", ("confirm", "release"))
    reader.done()
    if lock_id not in ctx.state.reserved:
        raise ApiError(404, "invalid_request", f"Lock {lock_id} not found")
    customer, event = ctx.state.reserved.pop(lock_id)
    if action == "release":
        rows = balances.of_feature(
            balances.seen(ctx.state, customer), event.feature_id, entity_id=event.entity_id
        )
        balances.give_back(rows, event.value)
        ctx.state.events(customer).remove(event)
    return DONE


def set_by_path(ctx: Context) -> Json:
    """The older way of setting balances: each becomes the grant and what remains."""
    reader = ctx.reader
    entries = reader.get("balances", "array", required=True)
    reader.done()
    customer = _settled(ctx, ctx.path["customer_id"])
    for entry in entries:
        ctx.state.feature(entry["feature_id"])
    for entry in entries:
        change = edits.Update(
            entry["feature_id"], remaining=entry["balance"], included_grant=entry["balance"]
        )
        if not edits.matched(ctx.state, customer, change):
            raise invalid(f"No balances found for feature {entry['feature_id']}")
        edits.apply(ctx.state, customer, change)
    return DONE


WRITE = "balances:write"
ROUTES = (
    rpc("balances.update", update, WRITE, "track", write=True),
    rpc("balances.create", create, WRITE, write=True),
    rpc("balances.delete", delete, WRITE, write=True),
    rpc("balances.track", track, WRITE, "track", write=True),
    rpc("balances.check", check, "balances:read", "check"),
    rpc("balances.finalize", finalize, WRITE, "track", write=True),
    ApiRoute("POST", "/v1/balances/create", "balances.create", create, WRITE, write=True),
    ApiRoute("POST", "/v1/customers/{customer_id}/balances", "balances.set", set_by_path, WRITE, write=True),
)
