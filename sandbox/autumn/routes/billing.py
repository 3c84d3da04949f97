"""billing.update, and the pages of the payment processor."""

from sandbox.autumn import products, rewards
from sandbox.autumn.context import Context, rpc
from sandbox.autumn.errors import ApiError
from sandbox.autumn.model import Invoice, Json
from sandbox.autumn.numbers import money
from sandbox.autumn.routes.billing_change import (
    Change,
    change_of,
    charge,
    customer_of,
    falls_back_to,
    period_end,
    short,
    unused,
)
from sandbox.autumn.state import State


def update(ctx: Context) -> Json:
    change, state = change_of(ctx), ctx.state
    entity_id = change.product.entity_id
    entity = {"entity_id": entity_id} if entity_id else {}
    answer: Json = {"customer_id": change.who.id, **entity, "payment_url": None}
    subscription = change.product.stripe_subscription
    if subscription is not None:
        for reward in change.discounts:
            rewards.put(state, change.who, reward, subscription)
    if change.cancel == "cancel_end_of_cycle":
        _cancel_later(state, change)
    elif change.cancel == "uncancel":
        _uncancel(state, change)
    elif change.cancel == "cancel_immediately":
        _check_currency(state, change)
        if invoice := _cancel_now(state, change):
            answer["invoice"] = short(ctx, invoice)
    return answer


def _cancel_later(state: State, change: Change) -> None:
    product = change.product
    product.canceled_at, product.expires_at = state.now, period_end(state, product)
    if plan := falls_back_to(state, change):
        terms = products.Terms(status="scheduled", started_at=product.expires_at)
        products.give(state, change.who, plan, terms)


def _uncancel(state: State, change: Change) -> None:
    change.product.canceled_at = change.product.expires_at = None
    fallback = products.default_plan(state)
    change.who.products = [
        one
        for one in change.who.products
        if not (one.status == "scheduled" and fallback is not None and one.plan_id == fallback.id)
    ]


def _cancel_now(state: State, change: Change) -> Invoice | None:
    back = unused(state, change)
    invoice = None
    if back:
        invoice = charge(
            state, change.who, [change.plan.id], money(sum(line["total"] for line in back), "usd")
        )
    products.take_away(change.who, change.product, state.now)
    _uncancel(state, change)
    if plan := falls_back_to(state, change):
        products.give(state, change.who, plan)
    return invoice


def _check_currency(state: State, change: Change) -> None:
    currency, price = change.who.currency, change.plan.price
    if currency in (None, state.org.currency) or price is None:
        return
    if all(one["currency"] != currency for one in price.get("additional_currencies", ())):
        message = (
            f"Price {change.plan.price_id} has no '{currency}' amounts in config.currencies — "
            "cannot create a Stripe price in that currency"
        )
        raise ApiError(400, "currency_mismatch", message)


def open_portal(ctx: Context) -> Json:
    who = customer_of(ctx)
    ctx.state.need_stripe()
    who.stripe_id = who.stripe_id or ctx.state.ids.stripe("cus")
    who.drop_cached()
    return {"customer_id": who.id, "url": f"{ctx.base_url}/portal/{ctx.state.ids.stripe('bps')}"}


def setup_payment(ctx: Context) -> Json:
    who = customer_of(ctx)
    ctx.state.need_stripe()
    return {"customer_id": who.id, "url": f"{ctx.base_url}/checkout/{ctx.state.ids.stripe('cs_test')}"}


READ, WRITE = "billing:read", "billing:write"
ROUTES = (
    rpc("billing.update", update, WRITE, "attach", write=True),
    rpc("billing.setup_payment", setup_payment, WRITE, "attach", write=True),
    rpc("billing.open_customer_portal", open_portal, READ),
)
