"""customers.*, and the same over REST."""

from typing import Any

from sandbox.autumn import balances, controls, invoices, products, render, rewards
from sandbox.autumn.context import ApiRoute, Context, rpc
from sandbox.autumn.errors import ApiError
from sandbox.autumn.model import Json, LocalCustomer
from sandbox.autumn.store import search
from sandbox.autumn.validation import BodyReader, bad_input, check_page, decode_cursor, encode_cursor

LIST_GUARD = ("customers:read", "list_customers")


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


def read(ctx: Context, customer: LocalCustomer, expand: tuple[str, ...] = ()) -> Json:
    """The customer as it is now: due resets and renewals happen first."""
    state = ctx.state
    products.advance(state, customer)
    balances.reset_due(state, customer)
    if "payment_method" in expand:
        state.need_stripe()
    answer = render.customer(state, customer, ctx.env, expand)
    customer.cached = True
    if ctx.body.get("with_autumn_id"):
        answer["autumn_id"] = customer.internal_id
    if "invoices" in expand:
        last = invoices.newest(customer)[:LAST_INVOICES]
        answer["invoices"] = [invoices.show(invoice, ctx.base_url) for invoice in last]
    if "entities" in expand:
        answer["entities"] = [
            render.short_entity(customer, entity, ctx.env) for entity in customer.entities[:1000]
        ]
    if "trials_used" in expand:
        answer["trials_used"] = [
            {"plan_id": plan_id, "customer_id": customer.id, "fingerprint": customer.fingerprint}
            for plan_id in customer.trials_used
        ]
    if "referrals" in expand:
        answer["referrals"] = []
    if state.org.stripe and customer.cached_stripe_id is not None:
        answer |= _from_stripe(ctx, customer, expand)
    return answer


def _from_stripe(ctx: Context, customer: LocalCustomer, expand: tuple[str, ...]) -> Json:
    parts: Json = {}
    if "invoice_previews" in expand:
        parts["invoice_previews"] = invoices.previews(ctx.state, customer)
    if "rewards" in expand:
        active = rewards.in_force(ctx.state, customer)
        parts["rewards"] = {"discounts": [rewards.show_discount(ctx.state, discount) for discount in active]}
    if "payment_method" in expand and customer.payment_method is not None:
        parts["payment_method"] = customer.payment_method
    return parts


def _expand(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise bad_input("expand: must be an array")
    for index, value in enumerate(values):
        if value not in EXPANDS:
            raise bad_input(f"expand.{index}: must be one of: {', '.join(EXPANDS)}")
    return tuple(values)


def get(ctx: Context) -> Json:
    reader = ctx.reader
    customer_id = reader.strict_customer_id()
    reader.done()
    expand = _expand(ctx.body.get("expand", []))
    return read(ctx, ctx.state.customer(customer_id), expand)


def get_by_path(ctx: Context) -> Json:
    names = [name for name in ctx.query.get("expand", "").split(",") if name]
    return read(ctx, ctx.state.customer(ctx.path["customer_id"]), _expand(names))


def update(ctx: Context) -> Json:
    reader = ctx.reader
    return _update(ctx, reader, reader.strict_customer_id())


def update_by_path(ctx: Context) -> Json:
    """The older route, which takes ids of the old form."""
    return _update(ctx, ctx.reader, ctx.path["customer_id"])


def _update(ctx: Context, reader: BodyReader, customer_id: str) -> Json:
    state = ctx.state
    name = reader.get("name", "string", null=True)
    email = reader.email()
    metadata = reader.get("metadata", "object", default={})
    new_id = reader.get("new_customer_id", "string")
    receipts = reader.get("send_email_receipts", "boolean")
    new_controls = controls.read(reader)
    config = reader.get("config", "object", default={})
    fingerprint = reader.get("fingerprint", "string", null=True)
    currency = reader.get("currency", "string", null=True)
    reader.done()
    customer = state.customer(customer_id)
    if new_id is not None and new_id != customer.id and new_id in state.customers:
        raise ApiError(409, "customer_already_exists", f"Customer {new_id} already exists")
    customer.id = new_id or customer.id
    customer.name = (name or None) if reader.has("name") else customer.name
    customer.email = email if reader.has("email") else customer.email
    customer.fingerprint = (fingerprint or None) if reader.has("fingerprint") else customer.fingerprint
    customer.currency = currency if reader.has("currency") else customer.currency
    customer.send_email_receipts = customer.send_email_receipts if receipts is None else receipts
    customer.metadata = {
        key: value for key, value in {**customer.metadata, **metadata}.items() if value is not None
    }
    customer.config = {**customer.config, **config}
    customer.billing_controls |= new_controls
    state.customers.changed(customer)
    _rename_records(customer)
    return read(ctx, customer)


def _rename_records(customer: LocalCustomer) -> None:
    for invoice in customer.invoices:
        invoice.customer_id = customer.id
    for event in customer.events or ():
        event.customer_id = customer.id


def delete(ctx: Context) -> Json:
    reader = ctx.reader
    customer_id = reader.strict_customer_id()
    reader.get("delete_in_stripe", "boolean")
    reader.done()
    ctx.state.customers.remove(ctx.state.customer(customer_id))
    return {"success": True}


def clear_cache(ctx: Context) -> Json:
    """Undocumented: customers.get then reads the customer again. The customer need not exist."""
    customer = ctx.state.customers.get(ctx.text("customer_id"))
    if customer is not None:
        customer.drop_cached()
    return {"success": True}


def delete_by_path(ctx: Context) -> Json:
    ctx.state.customers.remove(ctx.state.customer(ctx.path["customer_id"]))
    return {"success": True}


def get_or_create(ctx: Context) -> Json:
    reader = ctx.reader
    customer_id = reader.strict_customer_id(null=True)
    name = reader.get("name", "string", null=True)
    email = reader.email()
    metadata = reader.get("metadata", "object", default={})
    reader.done()
    return read(ctx, find_or_create(ctx, customer_id, name=name, email=email, metadata=metadata))


def find_or_create(ctx: Context, customer_id: str | None, **details: Any) -> LocalCustomer:
    """The customer, or a new one with those details and the default plan."""
    state = ctx.state
    customer = state.customers.get(customer_id) if customer_id else None
    if customer is None:
        internal_id = state.ids.autumn("cus")
        details = {"name": None, "email": None, **details}
        customer = LocalCustomer(internal_id, customer_id, created_at=state.now, **details)
        state.customers.add(customer)
        if plan := products.default_plan(state):
            products.give(state, customer, plan)
    return customer


READ, WRITE = "customers:read", "customers:write"
ROUTES = (
    rpc("customers.get", get, READ, "check"),
    rpc("customers.update", update, WRITE, write=True),
    rpc("customers.delete", delete, WRITE, write=True),
    rpc("customers.get_or_create", get_or_create, WRITE, "check", write=True),
    ApiRoute("POST", "/v1/customers/clear_cache", "customers.clear_cache", clear_cache, WRITE),
    ApiRoute("GET", "/v1/customers/{customer_id}", "customers.get", get_by_path, READ, "check"),
    ApiRoute("POST", "/v1/customers/{customer_id}", "customers.update", update_by_path, WRITE, write=True),
    ApiRoute("DELETE", "/v1/customers/{customer_id}", "customers.delete", delete_by_path, WRITE, write=True),
)


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
    check_page(limit)
    last_id, last_moment = decode_cursor(cursor) if cursor else ("", 0)
    descending, matches_text = order == "desc", search(text)
    low, high = created.get("start"), created.get("end")
    plan_ids = {plan["id"] for plan in plans}
    expand = tuple(path for path in ctx.body.get("expand", ()) if "." in str(path))
    page: list[LocalCustomer] = []
    matching = ctx.state.customers.scan(
        descending=descending,
        matches=lambda candidate: (
            matches_text(candidate)
            and (low is None or candidate.created_at >= low)
            and (high is None or candidate.created_at <= high)
        ),
        after=(last_moment, last_id) if cursor else None,
    )
    for customer in matching:
        products.advance(ctx.state, customer)
        live = [product for product in customer.products if product.status != "expired"]
        if plan_ids and not plan_ids & {product.plan_id for product in live}:
            continue
        if status and not any((product.status == "scheduled") == (status == "scheduled") for product in live):
            continue
        if processors and not ("stripe" in processors and customer.stripe_id):
            continue
        page.append(customer)
        if len(page) > limit:
            break
    listed = page[:limit]
    more = len(page) > limit and listed[-1].id is not None
    return {
        "list": [
            render.customer(ctx.state, listed_customer, ctx.env, expand, listed=True)
            for listed_customer in listed
        ],
        "next_cursor": encode_cursor(listed[-1].id or "", listed[-1].created_at) if more else None,
    }


def list_by_rest(ctx: Context) -> Json:
    limit = ctx.whole_number("limit", 10)
    if limit < 10:
        raise bad_input("limit: Too small: expected number to be >=10")
    ctx.body = {"limit": limit, **({"search": ctx.query["search"]} if "search" in ctx.query else {})}
    return list_page(ctx)


LIST_ROUTES = (
    rpc("customers.list", list_page, *LIST_GUARD),
    ApiRoute("POST", "/v1/customers/list", "customers.list", list_page, *LIST_GUARD),
    ApiRoute("GET", "/v1/customers", "customers.list", list_by_rest, *LIST_GUARD),
)
