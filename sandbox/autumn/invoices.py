"""Invoices as the API writes them, and what the next ones will be."""

import math

from sandbox.autumn import balances
from sandbox.autumn.model import (
    Json,
    LocalCustomer,
    LocalFeature,
    LocalInvoice,
    LocalPlan,
    Product,
    Reward,
    Row,
)
from sandbox.autumn.months import add, at
from sandbox.autumn.numbers import clean, money
from sandbox.autumn.rewards import discounts_for
from sandbox.autumn.state import AutumnState


def show(invoice: LocalInvoice, base_url: str) -> Json:
    """As `expand: invoices` gives it. A draft has no hosted page."""
    hosted = None if invoice.status == "draft" else f"{base_url}/invoices/hosted_invoice_url/{invoice.id}"
    return {
        "plan_ids": invoice.plan_ids,
        "stripe_id": invoice.stripe_id,
        "processor_type": invoice.processor,
        "status": invoice.status,
        "total": clean(invoice.total),
        "currency": invoice.currency,
        "created_at": invoice.created_at,
        "hosted_invoice_url": hosted,
    }


def show_listed(invoice: LocalInvoice, base_url: str) -> Json:
    """As invoices.list gives it."""
    return {
        **show(invoice, base_url),
        "id": invoice.id,
        "customer_id": invoice.customer_id,
        "entity_id": invoice.entity_id,
        "amount_paid": None if invoice.amount_paid is None else clean(invoice.amount_paid),
        "refunded_amount": clean(invoice.refunded),
    }


def newest(customer: LocalCustomer) -> list[LocalInvoice]:
    return sorted(customer.invoices, key=lambda invoice: (invoice.created_at, invoice.id), reverse=True)


def currency_of(state: AutumnState, customer: LocalCustomer) -> str:
    return customer.currency or state.org.currency


def price_in(price: Json, currency: str) -> float:
    """A price's amount in a currency, or its base amount if it has no amount in that currency."""
    for additional in price.get("additional_currencies", ()):
        if additional["currency"] == currency:
            return float(additional["amount"])
    return float(price.get("amount", 0))


def previews(state: AutumnState, customer: LocalCustomer) -> list[Json]:
    """The next invoice of each Stripe subscription that has one coming."""
    due = [
        product
        for product in customer.products
        if product.status in ("active", "past_due") and product.stripe_subscription and product.period_end
    ]
    spent: dict[str, float] = {}
    lines = {
        product.id: lines_of(state, customer, product, starting=product.period_end or 0, spent=spent)
        for product in sorted(due, key=lambda product: product.period_end or 0)
    }
    return [_preview(state, customer, product, lines[product.id]) for product in due if lines[product.id]]


def _preview(state: AutumnState, customer: LocalCustomer, product: Product, lines: list[Json]) -> Json:
    currency = currency_of(state, customer)
    return {
        "plan_ids": [product.plan_id],
        "invoice_at": product.period_end,
        "currency": currency,
        "subtotal": money(sum(line["subtotal"] for line in lines), currency),
        "total": money(sum(line["total"] for line in lines), currency),
        "line_items": lines,
    }


def lines_of(
    state: AutumnState,
    customer: LocalCustomer,
    product: Product,
    *,
    starting: int,
    renewing: bool = True,
    usage: bool = True,
    spent: dict[str, float] | None = None,
) -> list[Json]:
    """The lines of an invoice for a period that starts then; the last period's overage unless it is new.

    `spent`: what earlier invoices have taken of the customer's coupons, by reward; it is added to.
    """
    plan = state.plan_of(product)
    ends = product.expires_at is not None and product.expires_at <= starting
    lines = [] if ends else recurring(state, customer, plan, product, starting)
    if renewing and usage:
        rows = [row for row in balances.seen(state, customer) if row.product_id == product.id]
        lines += [line for row in rows for line in overage(state, customer, plan, product, row)]
    own = any(discount.subscription_id == product.stripe_subscription for discount in customer.discounts)
    before = {} if own or spent is None else spent
    for reward in discounts_for(state, customer, product, starting):
        value_left = _left(state, reward, currency_of(state, customer), before.get(reward.id, 0))
        amount_off = _apply(reward, value_left, lines, currency_of(state, customer), mentioned=not renewing)
        before[reward.id] = before.get(reward.id, 0) + amount_off
    return lines


def _left(state: AutumnState, reward: Reward, currency: str, spent: float) -> float:
    """What a reward is worth on an invoice: an amount only in its own currency, a coupon for one invoice only
    until it has been taken off one, and credit until it is used up."""
    if reward.type != "percentage_discount" and currency != state.org.currency:
        return 0
    if reward.type == "invoice_credits":
        return reward.value - spent
    return 0 if reward.duration == "one_off" and spent else reward.value


def recurring(
    state: AutumnState, customer: LocalCustomer, plan: LocalPlan, product: Product, starting: int
) -> list[Json]:
    assert plan.interval is not None  # noqa: S101
    currency = currency_of(state, customer)
    period = {"start": starting, "end": add(starting, plan.interval)}
    span = "" if plan.one_off else f" (from {day(period['start'])} to {day(period['end'])})"
    label = entity_label(customer, product)
    base = money(price_in(plan.price or {}, currency) * product.quantity, currency)
    lines = []
    if base:
        text = f"{plan.name} - Base Price{span}{label}"
        lines.append(_line(plan, None, text, base, quantity=product.quantity, period=period))
    for item in plan.items:
        bought = product.prepaid.get(item.feature_id, 0)
        if item.price and item.price["billing_method"] == "prepaid" and (bought or item.included):
            cost = money(_cost(item.price, bought, currency), currency)
            units = clean(bought + item.included * product.quantity)
            feature = state.feature(item.feature_id)
            text = f"{plan.name} - {_counted(units, feature)}{span}{label}"
            lines.append(_line(plan, feature, text, cost, quantity=units, period=period))
    return lines


def entity_label(customer: LocalCustomer, product: Product) -> str:
    """Whose plan a line is for, after the description, when it is an entity's."""
    if product.entity_id is None:
        return ""
    names = (entity.name for entity in customer.entities if entity.id == product.entity_id)
    return f" ({next(names, None) or product.entity_id})"


def overage(
    state: AutumnState, customer: LocalCustomer, plan: LocalPlan, product: Product, row: Row
) -> list[Json]:
    if row.price is None or row.price["billing_method"] != "usage_based" or row.balance >= 0:
        return []
    assert product.period_start is not None and product.period_end is not None  # noqa: S101, PT018
    currency, feature = currency_of(state, customer), state.feature(row.feature_id)
    period = {"start": product.period_start, "end": product.period_end}
    span = f"(from {day(product.period_start)} to {day(product.period_end)})"
    cost = money(_cost(row.price, clean(-row.balance), currency), currency)
    used = clean(row.grant - row.balance)
    text = f"{plan.name} - {_counted(used, feature)} {span}{entity_label(customer, product)}"
    return [_line(plan, feature, text, cost, quantity=used, period=period)]


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


def _counted(units: float, feature: LocalFeature) -> str:
    """All units of a feature, those included too, as an invoice's line has them."""
    names = feature.display or {"singular": feature.name, "plural": feature.name}
    return f"{math.ceil(units):,} {names['singular' if units == 1 else 'plural']}"


def _line(
    plan: LocalPlan, feature: LocalFeature | None, text: str, cost: float, *, quantity: float, period: Json
) -> Json:
    return {
        "display_name": feature.name if feature else plan.name,
        "description": text,
        "subtotal": cost,
        "total": cost,
        "discounts": [],
        "plan_id": plan.id,
        "feature_id": feature.id if feature else None,
        "quantity": quantity,
        "period": period,
    }


def _apply(reward: Reward, value: float, lines: list[Json], currency: str, *, mentioned: bool) -> float:
    """Takes a reward off, and returns the amount. `mentioned`: the lines' descriptions name it, as on a
    plan's first invoice."""
    remaining, total_off = value, 0.0
    for line in lines:
        if line["total"] <= 0 or (reward.plan_ids is not None and line["plan_id"] not in reward.plan_ids):
            continue
        percent = reward.type == "percentage_discount"
        off = money(line["total"] * value / 100 if percent else min(remaining, line["total"]), currency)
        if not off:
            continue
        remaining -= 0 if percent else off
        total_off += off
        line["total"] = money(line["total"] - off, currency)
        line["discounts"].append(
            {
                "amount_off": off,
                **({"percent_off": clean(reward.value)} if percent else {}),
                "reward_id": reward.id,
                "reward_name": reward.name,
            }
        )
        if mentioned and len(line["discounts"]) == 1:
            line["description"] += " [inc. discount]"
    return total_off


def day(ms: int) -> str:
    """A date as invoices write it, such as 06 Dec 2026."""
    return f"{at(ms):%d %b %Y}"
