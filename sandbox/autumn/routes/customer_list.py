"""customers.list: search, filters and pages."""

from sandbox.autumn import products, render
from sandbox.autumn.context import ApiRoute, Context, rpc
from sandbox.autumn.model import Json, LocalCustomer
from sandbox.autumn.store import search
from sandbox.autumn.validation import bad_input, check_page, decode_cursor, encode_cursor


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
    plan_ids = {product["id"] for product in plans}
    expand = tuple(product for product in ctx.body.get("expand", ()) if "." in str(product))
    page: list[LocalCustomer] = []
    matching = ctx.state.customers.scan(
        descending=descending,
        matches=lambda product: (
            matches_text(product)
            and (low is None or product.created_at >= low)
            and (high is None or product.created_at <= high)
        ),
        after=(last_moment, last_id) if cursor else None,
    )
    for who in matching:
        products.advance(ctx.state, who)
        live = [product for product in who.products if product.status != "expired"]
        if plan_ids and not plan_ids & {product.plan_id for product in live}:
            continue
        if status and not any((product.status == "scheduled") == (status == "scheduled") for product in live):
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


def list_by_rest(ctx: Context) -> Json:
    limit = ctx.whole_number("limit", 10)
    if limit < 10:
        raise bad_input("limit: Too small: expected number to be >=10")
    ctx.body = {"limit": limit, **({"search": ctx.query["search"]} if "search" in ctx.query else {})}
    return list_page(ctx)


GUARD = ("customers:read", "list_customers")
ROUTES = (
    rpc("customers.list", list_page, *GUARD),
    ApiRoute("POST", "/v1/customers/list", "customers.list", list_page, *GUARD),
    ApiRoute("GET", "/v1/customers", "customers.list", list_by_rest, *GUARD),
)
