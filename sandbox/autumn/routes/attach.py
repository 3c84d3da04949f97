"""billing.attach and its preview."""

import math
from dataclasses import dataclass

from sandbox.autumn import edits, invoices, products, rewards
from sandbox.autumn.context import Context, rpc
from sandbox.autumn.errors import ApiError
from sandbox.autumn.model import Customer, Discount, Json, Plan, Product, Reward
from sandbox.autumn.routes.billing_change import charge, customer_of, cycle, discount_of, moving, short, sums
from sandbox.autumn.state import State


@dataclass(frozen=True, slots=True)
class _Attach:
    who: Customer
    plan: Plan
    discounts: list[Reward]
    terms: products.Terms


def _attach_plan(ctx: Context) -> _Attach:
    state, reader = ctx.state, ctx.reader
    plan_id = reader.get("plan_id", "string", required=True)
    entity_id = reader.get("entity_id", "string")
    quantities = reader.get("feature_quantities", "array", default=[])
    reader.done()
    who = customer_of(ctx)
    plan = state.plan(plan_id)
    edits.need_entity(who, entity_id)
    state.need_stripe()
    live = products.current(who, plan.id, entity_id)
    if live is not None and not plan.add_on and not plan.one_off:
        message = (
            f"Cannot attach because the customer's current product '{plan.name}' "
            "is the same as the product being attached"
        )
        raise ApiError(409, "plan_already_attached", message)
    terms = products.Terms(
        entity_id=entity_id,
        prepaid=_bought(plan, quantities),
        trial=plan.trial is not None and plan.id not in who.trials_used,
    )
    return _Attach(who, plan, [discount_of(ctx, who, one) for one in ctx.body.get("discounts", ())], terms)


def _bought(plan: Plan, quantities: list[Json]) -> dict[str, float]:
    """Units bought of the plan's prepaid features: whole packs, and what is included comes off first."""
    wanted = {one["feature_id"]: one["quantity"] for one in quantities}
    bought = {}
    for item in plan.items:
        if item.price and item.price["billing_method"] == "prepaid" and item.feature_id in wanted:
            pack = item.price.get("billing_units", 1)
            packs = math.ceil(max(0.0, wanted[item.feature_id] - item.included) / pack)
            bought[item.feature_id] = packs * pack
    return bought


def _replaced(state: State, who: Customer, plan: Plan, entity_id: str | None) -> Product | None:
    """The main plan that a new main plan takes the place of."""
    if plan.add_on or plan.one_off:
        return None
    for one in who.products:
        old = state.plan(one.plan_id)
        if (
            one.status in ("active", "past_due")
            and one.entity_id == entity_id
            and not (old.add_on or old.one_off)
            and old.group == plan.group
        ):
            return one
    return None


def _first_lines(state: State, wanted: _Attach) -> list[Json]:
    """The lines a new plan is paid by, from a product that is only supposed. A trial has none."""
    who, plan, terms = wanted.who, wanted.plan, wanted.terms
    if plan.interval is None or terms.trial:
        return []
    now = state.now
    product = Product("", plan.id, "active", now, now, now, stripe_subscription="new")
    product.prepaid, product.entity_id = terms.prepaid, terms.entity_id
    kept = who.discounts
    who.discounts = kept + [Discount(one.id, now // 1000, None, "new") for one in wanted.discounts]
    lines = invoices.lines_of(state, who, product, starting=state.now, renewing=False)
    who.discounts = kept
    return lines


def preview_attach(ctx: Context) -> Json:
    state = ctx.state
    wanted = _attach_plan(ctx)
    who, plan = wanted.who, wanted.plan
    old = _replaced(state, who, plan, wanted.terms.entity_id)
    checkout = plan.interval is not None and who.payment_method is None
    had_stripe = who.stripe_id is not None
    shown: Json = {"customer_id": who.id, **sums(state, who, _first_lines(state, wanted))}
    incoming = [moving(plan.id)]
    outgoing = [moving(old.plan_id, effective_at=state.now)] if old else []
    if old is not None and old.period_end is not None and plan.interval is None:
        shown["next_cycle"] = cycle(state, who, old.period_end, [], old)
        incoming = [moving(plan.id, effective_at=old.period_end)]
        incoming.append(moving(old.plan_id, canceled_at=state.now, expires_at=old.period_end))
        outgoing = [moving(old.plan_id, effective_at=old.period_end)]
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
    wanted = _attach_plan(ctx)
    who, plan, terms = wanted.who, wanted.plan, wanted.terms
    who.stripe_id = who.stripe_id or state.ids.stripe("cus")
    entity = {"entity_id": terms.entity_id} if terms.entity_id else {}
    answer: Json = {"customer_id": who.id, **entity, "payment_url": None}
    if plan.interval is not None and who.payment_method is None:
        answer["payment_url"] = f"{ctx.base_url}/checkout/{state.ids.stripe('cs_test')}"
        return answer
    lines = _first_lines(state, wanted)
    old = _replaced(state, who, plan, terms.entity_id)
    swapped = products.swap(state, who, old, plan, terms) if old else None
    product = swapped or products.give(state, who, plan, terms)
    for reward in wanted.discounts:
        rewards.put(state, who, reward, product.stripe_subscription)
    if lines:
        total = sums(state, who, lines)["total"]
        answer["invoice"] = short(ctx, charge(state, who, [plan.id], total))
    return answer


ROUTES = (
    rpc("billing.preview_attach", preview_attach, "billing:read"),
    rpc("billing.attach", attach, "billing:write", "attach", write=True),
)
