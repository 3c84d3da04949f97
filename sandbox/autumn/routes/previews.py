"""billing.preview_update."""

from sandbox.autumn import invoices
from sandbox.autumn.context import Context, rpc
from sandbox.autumn.model import Discount, Json
from sandbox.autumn.routes.billing_change import (
    Change,
    change_of,
    cycle,
    falls_back_to,
    moving,
    period_end,
    sums,
    unused,
)
from sandbox.autumn.state import State


def preview_update(ctx: Context) -> Json:
    change, state = change_of(ctx), ctx.state
    who, product, now = change.who, change.product, state.now
    shown: Json = {"customer_id": who.id, **sums(state, who, [])}
    incoming: list[Json] = []
    outgoing: list[Json] = []
    fallback = falls_back_to(state, change)
    if change.cancel == "cancel_immediately":
        shown |= sums(state, who, unused(state, change))
        incoming += [moving(fallback.id)] if fallback else []
        outgoing.append(moving(product.plan_id, effective_at=now))
    elif change.cancel == "cancel_end_of_cycle":
        end = period_end(state, product)
        shown["next_cycle"] = cycle(state, who, end, [], product)
        incoming += [moving(fallback.id, effective_at=end)] if fallback else []
        incoming.append(moving(product.plan_id, canceled_at=now, expires_at=end))
        outgoing.append(moving(product.plan_id, effective_at=end))
    elif product.period_end is not None:
        shown["next_cycle"] = cycle(state, who, product.period_end, _next_lines(state, change), product)
    return {
        **shown,
        "incoming": incoming,
        "outgoing": outgoing,
        "intent": change.cancel or "none",
        "invoice_credits": {"balance": 0, "currency": state.org.currency},
    }


def _next_lines(state: State, change: Change) -> list[Json]:
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
    lines = invoices.lines_of(state, who, product, starting=product.period_end, usage=False)
    who.discounts = kept
    return lines


ROUTES = (rpc("billing.preview_update", preview_update, "billing:read"),)
