"""What a change to a subscription is about, and the parts of the answers about it."""

from dataclasses import dataclass

from sandbox.autumn import invoices, products, rewards
from sandbox.autumn.context import Context
from sandbox.autumn.errors import ApiError, invalid
from sandbox.autumn.model import Customer, Invoice, Item, Json, Plan, Product, Reward
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
class Change:
    who: Customer
    product: Product
    plan: Plan
    cancel: str | None
    discounts: list[Reward]


def change_of(ctx: Context) -> Change:
    reader, state = ctx.reader, ctx.state
    customer_id = reader.customer_id()
    cancel = reader.one_of("cancel_action", CANCELS)
    plan_id = reader.get("plan_id", "string")
    subscription_id = reader.get("subscription_id", "string")
    entity_id = reader.get("entity_id", "string")
    reader.done()
    if not any(reader.has(one) for one in _CHANGES):
        names = ", ".join(_CHANGES[:-1])
        raise bad_input(f"input: At least one update parameter must be provided ({names}, or {_CHANGES[-1]})")
    who = state.customer(customer_id)
    read(ctx, who)
    product = _product(who, plan_id, subscription_id, entity_id)
    wanted = [discount_of(ctx, who, one) for one in ctx.body.get("discounts", ())]
    return Change(who, product, state.plan(product.plan_id), cancel, wanted)


def _product(
    who: Customer, plan_id: str | None, subscription_id: str | None, entity_id: str | None
) -> Product:
    live = [one for one in who.products if one.status in ("active", "past_due")]
    if subscription_id is not None:
        live = [one for one in live if subscription_id in (one.id, one.stripe_subscription)]
    else:
        live = [
            one for one in live if one.entity_id == entity_id and (plan_id is None or one.plan_id == plan_id)
        ]
    if not live:
        named = f"plan '{plan_id}'" if plan_id else f"subscription '{subscription_id}'"
        message = f"No active subscription found for {named} on customer '{who.id}'"
        raise ApiError(404, "cus_product_not_found", message)
    return live[0]


def discount_of(ctx: Context, who: Customer, given: Json) -> Reward:
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


def customer_of(ctx: Context) -> Customer:
    who = ctx.state.customer(ctx.customer_id())
    read(ctx, who)
    return who


def falls_back_to(state: State, change: Change) -> Plan | None:
    """The free plan that takes the place of a main plan that ends."""
    plan = products.default_plan(state)
    if change.plan.add_on or change.product.entity_id or plan is None:
        return None
    if products.current(change.who, plan.id):
        return None
    return plan


def period_end(state: State, product: Product) -> int:
    return product.period_end or state.now


def unused(state: State, change: Change) -> list[Json]:
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


def charge(state: State, who: Customer, plan_ids: list[str], total: float) -> Invoice:
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


def short(ctx: Context, invoice: Invoice) -> Json:
    return {
        "status": invoice.status,
        "stripe_id": invoice.stripe_id,
        "total": invoice.total,
        "currency": invoice.currency,
        "hosted_invoice_url": f"{ctx.base_url}/invoice/{invoice.stripe_id}",
    }


def sums(state: State, who: Customer, lines: list[Json]) -> Json:
    currency = invoices.currency_of(state, who)
    return {
        "line_items": lines,
        "subtotal": money(sum(line["subtotal"] for line in lines), currency),
        "total": money(sum(line["total"] for line in lines), currency),
        "currency": currency,
    }


def cycle(state: State, who: Customer, starts_at: int, lines: list[Json], ending: Product) -> Json:
    """The next invoice. Of usage it names the features, without amounts and in no total."""
    summed = sums(state, who, lines)
    del summed["currency"], summed["line_items"]
    usage = [_usage_line(state, ending, item) for item in state.plan(ending.plan_id).items if by_use(item)]
    return {"starts_at": starts_at, **summed, "line_items": lines, "usage_line_items": usage}


def by_use(item: Item) -> bool:
    return item.price is not None and item.price["billing_method"] == "usage_based"


def _usage_line(state: State, product: Product, item: Item) -> Json:
    return {
        "display_name": state.feature(item.feature_id).name,
        "plan_id": product.plan_id,
        "feature_id": item.feature_id,
        "period": {"start": product.period_start, "end": product.period_end},
    }


def moving(plan_id: str, **when: int) -> Json:
    times = {"effective_at": None, "canceled_at": None, "expires_at": None, **when}
    return {"plan_id": plan_id, "feature_quantities": [], **times}
