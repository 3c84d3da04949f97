"""Invoices as the API writes them, and what the next ones will be."""

from sandbox.autumn import balances
from sandbox.autumn.model import Customer, Invoice, Item, Json, Plan, Product, Reward, Row
from sandbox.autumn.months import add, at
from sandbox.autumn.numbers import clean, money
from sandbox.autumn.rewards import discounts_for
from sandbox.autumn.state import State


def show(one: Invoice, base_url: str) -> Json:
    """As `expand: invoices` gives it. A draft has no hosted page."""
    hosted = None if one.status == "draft" else f"{base_url}/invoices/hosted_invoice_url/{one.id}"
    return {
        "plan_ids": one.plan_ids,
        "stripe_id": one.stripe_id,
        "processor_type": one.processor,
        "status": one.status,
        "total": clean(one.total),
        "currency": one.currency,
        "created_at": one.created_at,
        "hosted_invoice_url": hosted,
    }


def show_listed(one: Invoice, base_url: str) -> Json:
    """As invoices.list gives it."""
    return {
        **show(one, base_url),
        "id": one.id,
        "customer_id": one.customer_id,
        "entity_id": one.entity_id,
        "amount_paid": None if one.amount_paid is None else clean(one.amount_paid),
        "refunded_amount": clean(one.refunded),
    }


def newest(who: Customer) -> list[Invoice]:
    return sorted(who.invoices, key=lambda one: (one.created_at, one.id), reverse=True)


def currency_of(state: State, who: Customer) -> str:
    return who.currency or state.org.currency


def price_in(price: Json, currency: str) -> float:
    """A price's amount in a currency, or its base amount when it has none of its own."""
    for other in price.get("additional_currencies", ()):
        if other["currency"] == currency:
            return float(other["amount"])
    return float(price.get("amount", 0))


def previews(state: State, who: Customer) -> list[Json]:
    """The next invoice of each Stripe subscription that has one coming."""
    coming = []
    for product in who.products:
        if product.status in ("active", "past_due") and product.stripe_subscription and product.period_end:
            lines = lines_of(state, who, product, starting=product.period_end)
            if lines:
                coming.append(_preview(state, who, product, lines))
    return coming


def _preview(state: State, who: Customer, product: Product, lines: list[Json]) -> Json:
    currency = currency_of(state, who)
    return {
        "plan_ids": [product.plan_id],
        "invoice_at": product.period_end,
        "currency": currency,
        "subtotal": money(sum(line["subtotal"] for line in lines), currency),
        "total": money(sum(line["total"] for line in lines), currency),
        "line_items": lines,
    }


def lines_of(
    state: State, who: Customer, product: Product, *, starting: int, renewing: bool = True
) -> list[Json]:
    """The lines of an invoice for a period that starts then; the last period's overage unless it is new."""
    plan = state.plan(product.plan_id)
    ends = product.expires_at is not None and product.expires_at <= starting
    lines = [] if ends else recurring(state, who, plan, product, starting)
    if renewing:
        rows = [row for row in balances.seen(state, who) if row.product_id == product.id]
        lines += [line for row in rows for line in _overage(state, who, plan, product, row)]
    for reward in discounts_for(state, who, product, starting):
        _apply(reward, lines, currency_of(state, who), told=not renewing)
    return lines


def recurring(state: State, who: Customer, plan: Plan, product: Product, starting: int) -> list[Json]:
    assert plan.interval is not None  # noqa: S101
    currency = currency_of(state, who)
    period = {"start": starting, "end": add(starting, plan.interval)}
    span = f"(from {day(period['start'])} to {day(period['end'])})"
    base = money(price_in(plan.price or {}, currency) * product.quantity, currency)
    lines = (
        [
            _line(
                plan, None, f"{plan.name} - Base Price {span}", base, quantity=product.quantity, period=period
            )
        ]
        if base
        else []
    )
    for item in plan.items:
        units = product.prepaid.get(item.feature_id, 0)
        if item.price and item.price["billing_method"] == "prepaid" and units:
            cost = money(_cost(item.price, units, currency), currency)
            text = f"{plan.name} - {clean(units):,} {_names(state, item)} {span}"
            lines.append(_line(plan, item.feature_id, text, cost, quantity=units, period=period))
    return lines


def _overage(state: State, who: Customer, plan: Plan, product: Product, row: Row) -> list[Json]:
    if row.price is None or row.price["billing_method"] != "usage_based" or row.balance >= 0:
        return []
    currency, units = currency_of(state, who), clean(-row.balance)
    name = state.feature(row.feature_id).name
    period = {"start": product.period_start, "end": product.period_end}
    cost = money(_cost(row.price, units, currency), currency)
    text = f"{plan.name} - {units:,} {name} over what is included"
    return [_line(plan, row.feature_id, text, cost, quantity=units, period=period)]


def _cost(price: Json, units: float, currency: str) -> float:
    packs = -(-units // price.get("billing_units", 1))
    if "tiers" not in price:
        return float(packs * price_in(price, currency))
    cost, below = 0.0, 0.0
    for tier in price["tiers"]:
        top = float("inf") if tier["to"] == "inf" else float(tier["to"])
        cost += max(0.0, min(units, top) - below) * tier["amount"]
        below = top
    return cost


def _names(state: State, item: Item) -> str:
    return state.feature(item.feature_id).name


def _line(
    plan: Plan, feature_id: str | None, text: str, cost: float, *, quantity: float, period: Json
) -> Json:
    return {
        "display_name": plan.name,
        "description": text,
        "subtotal": cost,
        "total": cost,
        "discounts": [],
        "plan_id": plan.id,
        "feature_id": feature_id,
        "quantity": quantity,
        "period": period,
    }


def _apply(reward: Reward, lines: list[Json], currency: str, *, told: bool) -> None:
    """Take a reward off; `told` says so in the lines' descriptions, as on a plan's first invoice."""
    left = reward.value
    for line in lines:
        if line["total"] <= 0 or (reward.plan_ids is not None and line["plan_id"] not in reward.plan_ids):
            continue
        percent = reward.type == "percentage_discount"
        off = money(line["total"] * reward.value / 100 if percent else min(left, line["total"]), currency)
        if not off:
            continue
        left -= 0 if percent else off
        line["total"] = money(line["total"] - off, currency)
        line["discounts"].append(
            {
                "amount_off": off,
                **({"percent_off": clean(reward.value)} if percent else {}),
                "reward_id": reward.id,
                "reward_name": reward.name,
            }
        )
        if told and len(line["discounts"]) == 1:
            line["description"] += " [inc. discount]"


def day(ms: int) -> str:
    """A date as invoices write it, such as 22 Nov 2026."""
    when = at(ms)
    return f"{when.day} {when:%b %Y}"
