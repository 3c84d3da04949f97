"""customers.*, and the same over REST."""

from typing import Any

from sandbox.autumn import balances, invoices, products, render, rewards
from sandbox.autumn.context import Context, Route, rpc
from sandbox.autumn.errors import ApiError, invalid
from sandbox.autumn.model import Customer, Json, Product
from sandbox.autumn.store import search
from sandbox.autumn.validation import bad_input, decode_cursor, encode_cursor

EXPANDS = (
    "invoices",
    "invoice_previews",
    "trials_used",
    "rewards",
    "entities",
    "referrals",
    "payment_method",
    "subscriptions.plan",
    "purchases.plan",
    "balances.feature",
    "flags.feature",
    "billing_controls.auto_topups.purchase_limit",
)
LAST_INVOICES = 10


def read(ctx: Context, who: Customer, expand: tuple[str, ...] = ()) -> Json:
    """The customer as it is now: due resets and renewals happen first."""
    state = ctx.state
    products.advance(state, who)
    balances.reset_due(state, who)
    if "payment_method" in expand:
        state.need_stripe()
    shown = render.customer(state, who, ctx.env, expand)
    if ctx.body.get("with_autumn_id"):
        shown["autumn_id"] = who.internal_id
    if "invoices" in expand:
        last = invoices.newest(who)[:LAST_INVOICES]
        shown["invoices"] = [invoices.show(one, ctx.base_url) for one in last]
    if "entities" in expand:
        shown["entities"] = [render.entity(who, one, ctx.env) for one in who.entities[:1000]]
    if "trials_used" in expand:
        shown["trials_used"] = [
            {"plan_id": plan_id, "customer_id": who.id, "fingerprint": who.fingerprint}
            for plan_id in who.trials_used
        ]
    if "referrals" in expand:
        shown["referrals"] = []
    if state.org.stripe and who.stripe_id is not None:
        shown |= _from_stripe(ctx, who, expand)
    return shown


def _from_stripe(ctx: Context, who: Customer, expand: tuple[str, ...]) -> Json:
    shown: Json = {}
    if "invoice_previews" in expand:
        shown["invoice_previews"] = invoices.previews(ctx.state, who)
    if "rewards" in expand:
        active = rewards.in_force(ctx.state, who)
        shown["rewards"] = {"discounts": [rewards.show_discount(ctx.state, one) for one in active]}
    if "payment_method" in expand:
        shown["payment_method"] = who.payment_method
    return shown


def _expand(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise bad_input("expand: must be an array")
    for index, value in enumerate(values):
        if value not in EXPANDS:
            raise bad_input(f"expand.{index}: must be one of: {', '.join(EXPANDS)}")
    return tuple(values)


def get(ctx: Context) -> Json:
    customer_id, expand = ctx.customer_id(), _expand(ctx.body.get("expand", []))
    return read(ctx, ctx.state.customer(customer_id), expand)


def get_by_path(ctx: Context) -> Json:
    asked = [one for one in ctx.query.get("expand", "").split(",") if one]
    return read(ctx, ctx.state.customer(ctx.path["customer_id"]), _expand(asked))


def list_page(ctx: Context) -> Json:
    reader = ctx.reader
    limit = reader.limit(default=50, high=5000)
    cursor = reader.get("start_cursor", "string", default="")
    text = reader.get("search", "string", default="")
    order = reader.one_of("sort_order", ("asc", "desc"), "desc")
    status = reader.one_of("subscription_status", ("active", "scheduled"))
    created = reader.get("created_at_range", "object", default={})
    plans = reader.get("plans", "array", default=[])
    processors = reader.get("processors", "array", default=[])
    reader.done()
    if limit > 1000:
        raise invalid(f"limit {limit} exceeds max of 1000 for this org")
    after = decode_cursor(cursor) if cursor else None
    descending, found = order == "desc", search(text)
    low, high = created.get("start"), created.get("end")
    wanted = {one["id"] for one in plans}
    expand = tuple(one for one in ctx.body.get("expand", ()) if "." in str(one))
    page: list[Customer] = []
    matching = ctx.state.customers.scan(
        descending=descending,
        matches=lambda one: (
            found(one)
            and (low is None or one.created_at >= low)
            and (high is None or one.created_at <= high)
            and (after is None or _beyond((one.created_at, one.id or ""), after, descending=descending))
        ),
    )
    for who in matching:
        products.advance(ctx.state, who)
        live = [one for one in who.products if one.status != "expired"]
        if wanted and not wanted & {one.plan_id for one in live}:
            continue
        if status and not any((one.status == "scheduled") == (status == "scheduled") for one in live):
            continue
        if processors and not ("stripe" in processors and who.stripe_id):
            continue
        page.append(who)
        if len(page) > limit:
            break
    shown = page[:limit]
    more = len(page) > limit and shown[-1].id is not None
    return {
        "list": [render.customer(ctx.state, who, ctx.env, expand, listed=True) for who in shown],
        "next_cursor": encode_cursor(shown[-1].id or "", shown[-1].created_at) if more else None,
    }


def _beyond(place: tuple[int, str], after: tuple[str, int], *, descending: bool) -> bool:
    mark = (after[1], after[0])
    return place < mark if descending else place > mark


def list_by_rest(ctx: Context) -> Json:
    limit = ctx.whole_number("limit", 10)
    if limit < 10:
        raise bad_input("limit: Too small: expected number to be >=10")
    ctx.body = {"limit": limit, **({"search": ctx.query["search"]} if "search" in ctx.query else {})}
    return list_page(ctx)


def update(ctx: Context) -> Json:
    reader, state = ctx.reader, ctx.state
    customer_id = reader.customer_id()
    name = reader.get("name", "string", null=True)
    email = reader.email()
    metadata = reader.get("metadata", "object", default={})
    new_id = reader.get("new_customer_id", "string")
    receipts = reader.get("send_email_receipts", "boolean")
    controls = reader.get("billing_controls", "object", default={})
    config = reader.get("config", "object", default={})
    fingerprint = reader.get("fingerprint", "string", null=True)
    currency = reader.get("currency", "string", null=True)
    reader.done()
    who = state.customer(customer_id)
    if new_id is not None and new_id != who.id and new_id in state.customers:
        raise ApiError(409, "customer_already_exists", f"Customer {new_id} already exists")
    who.id = new_id or who.id
    who.name = name if reader.has("name") else who.name
    who.email = email if reader.has("email") else who.email
    who.fingerprint = fingerprint if reader.has("fingerprint") else who.fingerprint
    who.currency = currency if reader.has("currency") else who.currency
    who.send_email_receipts = who.send_email_receipts if receipts is None else receipts
    who.metadata = {key: value for key, value in {**who.metadata, **metadata}.items() if value is not None}
    who.config = {**who.config, **config}
    _set_controls(who, controls)
    state.customers.changed(who)
    _rename_records(who)
    return read(ctx, who)


def _set_controls(who: Customer, controls: Json) -> None:
    for kind, rules in controls.items():
        who.billing_controls[kind] = [
            {"feature_id": one["feature_id"], "enabled": True, **one, "usage": 0} for one in rules
        ]


def _rename_records(who: Customer) -> None:
    for invoice in who.invoices:
        invoice.customer_id = who.id
    for event in who.events or ():
        event.customer_id = who.id


def delete(ctx: Context) -> Json:
    reader = ctx.reader
    customer_id = reader.customer_id()
    reader.get("delete_in_stripe", "boolean")
    reader.done()
    ctx.state.customers.remove(ctx.state.customer(customer_id))
    return {"success": True}


def delete_by_path(ctx: Context) -> Json:
    ctx.state.customers.remove(ctx.state.customer(ctx.path["customer_id"]))
    return {"success": True}


def get_or_create(ctx: Context) -> Json:
    reader, state = ctx.reader, ctx.state
    customer_id = reader.customer_id(null=True)
    name = reader.get("name", "string", null=True)
    email = reader.email()
    metadata = reader.get("metadata", "object", default={})
    reader.done()
    who = state.customers.get(customer_id) if customer_id else None
    if who is None:
        who = Customer(
            internal_id=state.ids.autumn("cus"),
            id=customer_id,
            name=name,
            email=email,
            created_at=state.now,
            metadata=metadata,
        )
        state.customers.add(who)
        if plan := products.default_plan(state):
            products.give(state, who, plan)
    return read(ctx, who)


def list_products(ctx: Context) -> Json:
    """Undocumented: a customer's products as they are stored, the expired ones too."""
    state, who = ctx.state, ctx.state.customer(ctx.path["customer_id"])
    status = ctx.query.get("status", "active")
    limit = ctx.whole_number("limit", 10)
    if not 1 <= limit <= 100:
        raise bad_input(
            f"limit: Too {'small' if limit < 1 else 'big'}: expected number to be between 1 and 100"
        )
    products.advance(state, who)
    show_expired = ctx.query.get("show_expired", "") not in ("", "false", "0")
    wanted = {"expired": ("expired",), "all": ("active", "past_due", "scheduled", "expired")}.get(
        "all" if show_expired else status, ("active", "past_due", "scheduled")
    )
    found = sorted(
        (one for one in who.products if one.status in wanted),
        key=lambda one: (one.created_at, one.id),
        reverse=True,
    )
    if cursor := ctx.query.get("start_cursor", ""):
        last, moment = decode_cursor(cursor)
        found = [one for one in found if (one.created_at, one.id) < (moment, last)]
    page = found[:limit]
    return {
        "list": [_stored_product(ctx, who, one) for one in page],
        "next_cursor": encode_cursor(page[-1].id, page[-1].created_at) if len(found) > limit else None,
        "total_count": len(found),
    }


def _stored_product(ctx: Context, who: Customer, one: Product) -> Json:
    plan = ctx.state.plan(one.plan_id)
    return {
        "id": one.id,
        "internal_product_id": plan.internal_id,
        "product_id": plan.id,
        "internal_customer_id": who.internal_id,
        "customer_id": who.id,
        "internal_entity_id": one.entity_id,
        "entity_id": one.entity_id,
        "created_at": one.created_at,
        "updated_at": None,
        "status": one.status,
        "canceled": one.canceled_at is not None,
        "starts_at": one.started_at,
        "trial_ends_at": one.trial_ends_at,
        "canceled_at": one.canceled_at,
        "ended_at": one.ended_at,
        "options": [{"feature_id": key, "quantity": value} for key, value in one.prepaid.items()],
        "free_trial_id": None,
        "collection_method": "charge_automatically",
        "subscription_ids": [one.stripe_subscription] if one.stripe_subscription else [],
        "scheduled_ids": [],
        "quantity": one.quantity,
        "is_custom": False,
        "customer_prices": [],
        "customer_entitlements": [],
        "free_trial": None,
        "product": {
            "internal_id": plan.internal_id,
            "id": plan.id,
            "name": plan.name,
            "description": plan.description,
            "org_id": ctx.state.org.id,
            "created_at": plan.created_at,
            "env": ctx.env,
            "is_add_on": plan.add_on,
            "is_default": plan.auto_enable,
            "group": plan.group or "",
            "version": plan.version,
            "archived": plan.archived,
        },
    }


READ, WRITE = "customers:read", "customers:write"
ROUTES = (
    rpc("customers.get", get, READ, "check"),
    rpc("customers.list", list_page, READ, "list_customers"),
    rpc("customers.update", update, WRITE, write=True),
    rpc("customers.delete", delete, WRITE, write=True),
    rpc("customers.get_or_create", get_or_create, WRITE, "check", write=True),
    Route("POST", "/v1/customers/list", "customers.list", list_page, READ, "list_customers"),
    Route("GET", "/v1/customers", "customers.list", list_by_rest, READ, "list_customers"),
    Route("GET", "/v1/customers/{customer_id}", "customers.get", get_by_path, READ, "check"),
    Route("DELETE", "/v1/customers/{customer_id}", "customers.delete", delete_by_path, WRITE, write=True),
    Route("GET", "/v1/customers/{customer_id}/products", "customers.products", list_products, READ),
)
