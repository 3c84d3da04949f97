"""GET customers/{id}/products: undocumented, rows as they are stored."""

from sandbox.autumn import products
from sandbox.autumn.context import ApiRoute, Context
from sandbox.autumn.model import Json, LocalCustomer, Product
from sandbox.autumn.validation import bad_input, decode_cursor, encode_cursor


def list_products(ctx: Context) -> Json:
    """Live products, or by `status` the expired ones or all; the newest first."""
    state, customer = ctx.state, ctx.state.customer(ctx.path["customer_id"])
    status = ctx.query.get("status", "active")
    limit = ctx.whole_number("limit", 10)
    if not 1 <= limit <= 100:
        raise bad_input(
            f"limit: Too {'small' if limit < 1 else 'big'}: expected number to be between 1 and 100"
        )
    products.advance(state, customer)
    show_expired = ctx.query.get("show_expired", "") not in ("", "false", "0")
    statuses = {"expired": ("expired",), "all": ("active", "past_due", "scheduled", "expired")}.get(
        "all" if show_expired else status, ("active", "past_due", "scheduled")
    )
    matching = sorted(
        (product for product in customer.products if product.status in statuses),
        key=lambda product: (product.created_at, product.id),
        reverse=True,
    )
    if cursor := ctx.query.get("start_cursor", ""):
        last, moment = decode_cursor(cursor)
        matching = [product for product in matching if (product.created_at, product.id) < (moment, last)]
    page = matching[:limit]
    return {
        "list": [_stored_product(ctx, customer, product) for product in page],
        "next_cursor": encode_cursor(page[-1].id, page[-1].created_at) if len(matching) > limit else None,
        "total_count": len(matching),
    }


def _stored_product(ctx: Context, customer: LocalCustomer, product: Product) -> Json:
    plan = ctx.state.plan(product.plan_id)
    return {
        "id": product.id,
        "internal_product_id": plan.internal_id,
        "product_id": plan.id,
        "internal_customer_id": customer.internal_id,
        "customer_id": customer.id,
        "internal_entity_id": product.entity_id,
        "entity_id": product.entity_id,
        "created_at": product.created_at,
        "updated_at": None,
        "status": product.status,
        "canceled": product.canceled_at is not None,
        "starts_at": product.started_at,
        "trial_ends_at": product.trial_ends_at,
        "canceled_at": product.canceled_at,
        "ended_at": product.ended_at,
        "options": [{"feature_id": key, "quantity": value} for key, value in product.prepaid.items()],
        "free_trial_id": None,
        "collection_method": "charge_automatically",
        "subscription_ids": [product.stripe_subscription] if product.stripe_subscription else [],
        "scheduled_ids": [],
        "quantity": product.quantity,
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


ROUTES = (
    ApiRoute(
        "GET", "/v1/customers/{customer_id}/products", "customers.products", list_products, "customers:read"
    ),
)
