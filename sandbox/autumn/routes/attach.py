"""billing.attach and its preview."""

from sandbox.autumn import invoices, products, rewards
from sandbox.autumn.context import Context, rpc
from sandbox.autumn.errors import ApiError
from sandbox.autumn.model import Customer, Discount, Json, Plan, Product, Reward
from sandbox.autumn.routes.billing_change import charge, customer_of, cycle, discount_of, moving, short, sums
from sandbox.autumn.state import State


def _attach_plan(ctx: Context) -> tuple[Customer, Plan, list[Reward]]:
    state = ctx.state
    plan = state.plan(ctx.text("plan_id"))
    who = customer_of(ctx)
    state.need_stripe()
    live = products.current(who, plan.id)
    if live is not None and not plan.add_on and not plan.one_off:
        message = (
            f"Cannot attach because the customer's current product '{plan.name}' "
            "is the same as the product being attached"
        )
        raise ApiError(409, "plan_already_attached", message)
    return who, plan, [discount_of(ctx, who, one) for one in ctx.body.get("discounts", ())]


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
    shown: Json = {"customer_id": who.id, **sums(state, who, _first_lines(state, who, plan, discounts))}
    incoming = [moving(plan.id)]
    outgoing = [moving(old.plan_id, effective_at=state.now)] if old else []
    if old is not None and old.period_end is not None and plan.price is None:
        shown["next_cycle"] = cycle(state, who, old.period_end, [])
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
        total = sums(state, who, lines)["total"]
        answer["invoice"] = short(ctx, charge(state, who, [plan.id], total))
    return answer


ROUTES = (
    rpc("billing.preview_attach", preview_attach, "billing:read"),
    rpc("billing.attach", attach, "billing:write", "attach", write=True),
)
