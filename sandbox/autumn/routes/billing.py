"""billing.*"""

from dataclasses import dataclass

from sandbox.autumn import invoices, products, rewards
from sandbox.autumn.context import Context, rpc
from sandbox.autumn.errors import ApiError, invalid
from sandbox.autumn.model import Customer, Discount, Invoice, Json, Plan, Product, Reward
from sandbox.autumn.numbers import money
from sandbox.autumn.routes.customers import read
from sandbox.autumn.state import State
from sandbox.autumn.validation import bad_input

CANCELS = ("cancel_immediately", "cancel_end_of_cycle", "uncancel")
_CHANGES = (
    "feature_quantities", "version", "customize", "cancel_action", "recalculate_balances",
    "billing_cycle_anchor", "discounts",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Change:
    who: Customer
    product: Product
    plan: Plan
    cancel: str | None
    discounts: list[Reward]


def _customer(ctx: Context) -> Customer:
    who = ctx.state.customer(ctx.customer_id())
    read(ctx, who)
    return who


def _change(ctx: Context) -> _Change:
    reader, state = ctx.reader, ctx.state
    customer_id = reader.customer_id()
    cancel = reader.one_of("cancel_action", CANCELS)
    plan_id = reader.get("plan_id", "string")
    subscription_id = reader.get("subscription_id", "string")
    reader.done()
    if not any(reader.has(one) for one in _CHANGES):
        names = ", ".join(_CHANGES[:-1])
        raise bad_input(f"input: At least one update parameter must be provided ({names}, or {_CHANGES[-1]})")
    who = state.customer(customer_id)
    read(ctx, who)
    product = _product(who, plan_id, subscription_id)
    wanted = [_discount(ctx, who, one) for one in ctx.body.get("discounts", ())]
    return _Change(who, product, state.plan(product.plan_id), cancel, wanted)


def _product(who: Customer, plan_id: str | None, subscription_id: str | None) -> Product:
    live = [one for one in who.products if one.status in ("active", "past_due")]
    if subscription_id is not None:
        live = [one for one in live if subscription_id in (one.id, one.stripe_subscription)]
    elif plan_id is not None:
        live = [one for one in live if one.plan_id == plan_id]
    if not live:
        named = f"plan '{plan_id}'" if plan_id else f"subscription '{subscription_id}'"
        message = f"No active subscription found for {named} on customer '{who.id}'"
        raise ApiError(404, "cus_product_not_found", message)
    return live[0]


def _discount(ctx: Context, who: Customer, given: Json) -> Reward:
    if "reward_id" in given:
        return rewards.coupon(ctx.state, given["reward_id"])
    code = given.get("promotion_code", "")
    for reward in ctx.state.rewards.values():
        for one in reward.promo_codes:
            if one["code"] == code and reward.type != "feature_grant":
                if one.get("first_time_transaction") and who.invoices:
                    message = "This promo code is only valid for first-time purchases"
                    raise ApiError(400, "promo_code_first_time_only", message)
                return reward
    raise invalid(f'Promotion code not found or inactive: "{code}"')


def update(ctx: Context) -> Json:
    change, state = _change(ctx), ctx.state
    answer: Json = {"customer_id": change.who.id, "payment_url": None}
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
            answer["invoice"] = _short(ctx, invoice)
    return answer


def _cancel_later(state: State, change: _Change) -> None:
    product = change.product
    product.canceled_at, product.expires_at = state.now, _period_end(state, product)
    if plan := _falls_back_to(state, change):
        terms = products.Terms(status="scheduled", started_at=product.expires_at)
        products.give(state, change.who, plan, terms)


def _uncancel(state: State, change: _Change) -> None:
    change.product.canceled_at = change.product.expires_at = None
    fallback = products.default_plan(state)
    change.who.products = [
        one
        for one in change.who.products
        if not (one.status == "scheduled" and fallback is not None and one.plan_id == fallback.id)
    ]


def _cancel_now(state: State, change: _Change) -> Invoice | None:
    back = _unused(state, change)
    invoice = None
    if back:
        invoice = _charge(
            state, change.who, [change.plan.id], money(sum(line["total"] for line in back), "usd")
        )
    products.take_away(change.who, change.product, state.now)
    _uncancel(state, change)
    if plan := _falls_back_to(state, change):
        products.give(state, change.who, plan)
    return invoice


def _period_end(state: State, product: Product) -> int:
    return product.period_end or state.now


def _falls_back_to(state: State, change: _Change) -> Plan | None:
    """The free plan that takes the place of a main plan that ends."""
    plan = products.default_plan(state)
    if change.plan.add_on or plan is None or products.current(change.who, plan.id):
        return None
    return plan


def _check_currency(state: State, change: _Change) -> None:
    currency, price = change.who.currency, change.plan.price
    if currency in (None, state.org.currency) or price is None:
        return
    if all(one["currency"] != currency for one in price.get("additional_currencies", ())):
        message = (
            f"Price {change.plan.price_id} has no '{currency}' amounts in config.currencies — "
            "cannot create a Stripe price in that currency"
        )
        raise ApiError(400, "currency_mismatch", message)


def _unused(state: State, change: _Change) -> list[Json]:
    """What is given back for the rest of the period, as lines below zero."""
    product, now = change.product, state.now
    if product.period_start is None or product.period_end is None or product.trial_ends_at:
        return []
    lines = invoices.recurring(state, change.who, change.plan, product, product.period_start)
    share = (product.period_end - now) / (product.period_end - product.period_start)
    for line in lines:
        line["subtotal"], line["total"] = -line["subtotal"] * share, -line["total"] * share
        line["description"] = f"Unused {line['description']}"
        line["period"] = {"start": now, "end": product.period_end}
    return lines


def _charge(state: State, who: Customer, plan_ids: list[str], total: float) -> Invoice:
    invoice = Invoice(
        id=state.ids.autumn("inv"),
        stripe_id=state.ids.stripe("in"),
        customer_id=who.id,
        status="paid",
        total=total,
        created_at=state.now - state.now % 1000,
        currency=invoices.currency_of(state, who),
        plan_ids=plan_ids,
        amount_paid=max(0.0, total),
    )
    who.invoices.append(invoice)
    return invoice


def _short(ctx: Context, invoice: Invoice) -> Json:
    return {
        "status": invoice.status,
        "stripe_id": invoice.stripe_id,
        "total": invoice.total,
        "currency": invoice.currency,
        "hosted_invoice_url": f"{ctx.base_url}/invoice/{invoice.stripe_id}",
    }


def preview_update(ctx: Context) -> Json:
    change, state = _change(ctx), ctx.state
    who, product, now = change.who, change.product, state.now
    shown: Json = {"customer_id": who.id, **_sums(state, who, [])}
    incoming: list[Json] = []
    outgoing: list[Json] = []
    fallback = _falls_back_to(state, change)
    if change.cancel == "cancel_immediately":
        shown |= _sums(state, who, _unused(state, change))
        incoming += [_moving(fallback.id)] if fallback else []
        outgoing.append(_moving(product.plan_id, effective_at=now))
    elif change.cancel == "cancel_end_of_cycle":
        end = _period_end(state, product)
        shown["next_cycle"] = _cycle(state, who, end, [])
        incoming += [_moving(fallback.id, effective_at=end)] if fallback else []
        incoming.append(_moving(product.plan_id, canceled_at=now, expires_at=end))
        outgoing.append(_moving(product.plan_id, effective_at=end))
    elif product.period_end is not None:
        shown["next_cycle"] = _cycle(state, who, product.period_end, _next_lines(state, change))
    return {
        **shown,
        "incoming": incoming,
        "outgoing": outgoing,
        "intent": change.cancel or "none",
        "invoice_credits": {"balance": 0, "currency": state.org.currency},
    }


def _next_lines(state: State, change: _Change) -> list[Json]:
    """The next invoice's lines as they would be with the discounts asked for."""
    who, product = change.who, change.product
    assert product.period_end is not None  # noqa: S101
    kept = list(who.discounts)
    already = {one.reward_id for one in kept if one.subscription_id == product.stripe_subscription}
    who.discounts += [
        Discount(one.id, state.now // 1000, None, product.stripe_subscription)
        for one in change.discounts
        if one.id not in already
    ]
    lines = invoices.lines_of(state, who, product, starting=product.period_end)
    who.discounts = kept
    return lines


def _sums(state: State, who: Customer, lines: list[Json]) -> Json:
    currency = invoices.currency_of(state, who)
    return {
        "line_items": lines,
        "subtotal": money(sum(line["subtotal"] for line in lines), currency),
        "total": money(sum(line["total"] for line in lines), currency),
        "currency": currency,
    }


def _cycle(state: State, who: Customer, starts_at: int, lines: list[Json]) -> Json:
    sums = _sums(state, who, lines)
    del sums["currency"], sums["line_items"]
    base = [line for line in lines if line["feature_id"] is None]
    usage = [line for line in lines if line["feature_id"] is not None]
    return {"starts_at": starts_at, **sums, "line_items": base, "usage_line_items": usage}


def _moving(plan_id: str, **when: int) -> Json:
    times = {"effective_at": None, "canceled_at": None, "expires_at": None, **when}
    return {"plan_id": plan_id, "feature_quantities": [], **times}


def _attach_plan(ctx: Context) -> tuple[Customer, Plan, list[Reward]]:
    state = ctx.state
    plan = state.plan(ctx.text("plan_id"))
    who = _customer(ctx)
    state.need_stripe()
    live = products.current(who, plan.id)
    if live is not None and not plan.add_on and not plan.one_off:
        message = (
            f"Cannot attach because the customer's current product '{plan.name}' "
            "is the same as the product being attached"
        )
        raise ApiError(409, "plan_already_attached", message)
    return who, plan, [_discount(ctx, who, one) for one in ctx.body.get("discounts", ())]


def _replaced(state: State, who: Customer, plan: Plan) -> Product | None:
    """The main plan that a new main plan takes the place of."""
    if plan.add_on or plan.one_off:
        return None
    for one in who.products:
        old = state.plan(one.plan_id)
        if (
            one.status in ("active", "past_due")
            and not (old.add_on or old.one_off)
            and old.group == plan.group
        ):
            return one
    return None


def _first_lines(state: State, who: Customer, plan: Plan, discounts: list[Reward]) -> list[Json]:
    """The lines a new plan is paid by, from a product that is only supposed."""
    if plan.price is None:
        return []
    product = Product("", plan.id, "active", state.now, state.now, state.now, stripe_subscription="new")
    kept = who.discounts
    who.discounts = kept + [Discount(one.id, state.now // 1000, None, "new") for one in discounts]
    lines = invoices.lines_of(state, who, product, starting=state.now, renewing=False)
    who.discounts = kept
    return lines


def preview_attach(ctx: Context) -> Json:
    state = ctx.state
    who, plan, discounts = _attach_plan(ctx)
    old = _replaced(state, who, plan)
    checkout = plan.price is not None and who.payment_method is None
    had_stripe = who.stripe_id is not None
    shown: Json = {"customer_id": who.id, **_sums(state, who, _first_lines(state, who, plan, discounts))}
    incoming = [_moving(plan.id)]
    outgoing = [_moving(old.plan_id, effective_at=state.now)] if old else []
    if old is not None and old.period_end is not None and plan.price is None:
        shown["next_cycle"] = _cycle(state, who, old.period_end, [])
        incoming = [_moving(plan.id, effective_at=old.period_end)]
        incoming.append(_moving(old.plan_id, canceled_at=state.now, expires_at=old.period_end))
        outgoing = [_moving(old.plan_id, effective_at=old.period_end)]
    return {
        **shown,
        "incoming": incoming,
        "outgoing": outgoing,
        "redirect_to_checkout": checkout,
        "checkout_type": "stripe_checkout" if checkout else None,
        **({"invoice_credits": {"balance": 0, "currency": state.org.currency}} if had_stripe else {}),
    }


def attach(ctx: Context) -> Json:
    state = ctx.state
    who, plan, discounts = _attach_plan(ctx)
    who.stripe_id = who.stripe_id or state.ids.stripe("cus")
    answer: Json = {"customer_id": who.id, "payment_url": None}
    if plan.price is not None and who.payment_method is None:
        answer["payment_url"] = f"{ctx.base_url}/checkout/{state.ids.stripe('cs_test')}"
        return answer
    lines = _first_lines(state, who, plan, discounts)
    old = _replaced(state, who, plan)
    product = products.swap(state, who, old, plan) if old else products.give(state, who, plan)
    for reward in discounts:
        rewards.put(state, who, reward, product.stripe_subscription)
    if lines:
        total = _sums(state, who, lines)["total"]
        answer["invoice"] = _short(ctx, _charge(state, who, [plan.id], total))
    return answer


def open_portal(ctx: Context) -> Json:
    who = _customer(ctx)
    ctx.state.need_stripe()
    who.stripe_id = who.stripe_id or ctx.state.ids.stripe("cus")
    return {"customer_id": who.id, "url": f"{ctx.base_url}/portal/{ctx.state.ids.stripe('bps')}"}


def setup_payment(ctx: Context) -> Json:
    who = _customer(ctx)
    ctx.state.need_stripe()
    return {"customer_id": who.id, "url": f"{ctx.base_url}/checkout/{ctx.state.ids.stripe('cs_test')}"}


READ, WRITE = "billing:read", "billing:write"
ROUTES = (
    rpc("billing.preview_update", preview_update, READ),
    rpc("billing.update", update, WRITE, "attach", write=True),
    rpc("billing.preview_attach", preview_attach, READ),
    rpc("billing.attach", attach, WRITE, "attach", write=True),
    rpc("billing.setup_payment", setup_payment, WRITE, "attach", write=True),
    rpc("billing.open_customer_portal", open_portal, READ),
)
