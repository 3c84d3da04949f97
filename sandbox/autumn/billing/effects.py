"""What an operation did, or would do, in the terms of a preview."""

from dataclasses import dataclass, field

from sandbox.autumn.invoices import currency_of, recurring
from sandbox.autumn.model import Json, LocalCustomer, LocalInvoice, LocalPlan, Product
from sandbox.autumn.numbers import clean, money
from sandbox.autumn.state import AutumnState


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back on one invoice."""

    invoice: LocalInvoice
    amount: float
    """Not rounded."""


@dataclass(slots=True)
class Effects:
    intent: str = "none"
    lines: list[Json] = field(default_factory=list)
    """What is charged now, and below zero what is credited."""
    incoming: list[Json] = field(default_factory=list)
    outgoing: list[Json] = field(default_factory=list)
    refund: Refund | None = None
    product: Product | None = None
    """The product that was changed or added."""
    plan_ids: list[str] = field(default_factory=list)
    """Of the invoice."""
    new_subscription: bool = False
    """Whether a Stripe subscription was made, which begins with an invoice, over nothing if need be."""
    starts_cycle: bool = False
    """Whether a billing period begins now, so that the next invoice is the one that is made now."""
    paid_plan: bool = False
    """Whether the plan that was changed is billed through Stripe."""

    def due(self, currency: str) -> float:
        """The total of the lines, before credit."""
        return money(sum(line["total"] for line in self.lines), currency)


def moving(product: Product, plan: LocalPlan, **when: int | None) -> Json:
    """A plan that comes or goes, with the quantities bought of it."""
    quantities = [
        {
            "feature_id": item.feature_id,
            "quantity": clean(item.included * product.quantity + product.prepaid.get(item.feature_id, 0)),
        }
        for item in plan.items
        if item.price and item.price["billing_method"] == "prepaid"
    ]
    times = {"effective_at": None, "canceled_at": None, "expires_at": None, **when}
    return {"plan_id": product.plan_id, "feature_quantities": quantities, **times}


def coming(state: AutumnState, product: Product, **when: int | None) -> Json:
    return moving(product, state.plan_of(product), **when)


def going(state: AutumnState, product: Product, when: int) -> Json:
    """A plan that goes then, with the cancellation that it had before."""
    times = {"canceled_at": product.canceled_at, "expires_at": product.expires_at}
    return moving(product, state.plan_of(product), effective_at=when, **times)


def sums(state: AutumnState, customer: LocalCustomer, lines: list[Json], *, credited: bool = False) -> Json:
    """The lines and their totals; `credited`: less what Stripe keeps for the customer."""
    currency = currency_of(state, customer)
    total = money(sum(line["total"] for line in lines), currency)
    if credited and total > 0:
        total = money(total - min(total, customer.credit), currency)
    return {
        "line_items": lines,
        "subtotal": money(sum(line["subtotal"] for line in lines), currency),
        "total": total,
        "currency": currency,
    }


def share_left(product: Product, now: int) -> float:
    """How much is left of what was paid for, from 1 to 0.

    That is the billing period, or the part of it since the product was attached.
    """
    if product.period_start is None or product.period_end is None:
        return 1.0
    return (product.period_end - now) / (product.period_end - _charged_from(product))


def share_of_period(product: Product, now: int) -> float:
    """How much of a whole billing period is left, from 1 to 0."""
    if product.period_start is None or product.period_end is None:
        return 1.0
    return (product.period_end - now) / (product.period_end - product.period_start)


def _charged_from(product: Product) -> int:
    """The beginning of what was charged: of the period, or when the product was attached within it."""
    return max(product.period_start or 0, product.started_at - product.started_at % 1000)


def prorated(lines: list[Json], share: float, period: Json) -> list[Json]:
    """The lines for a part of the period (below zero: given back), not rounded."""
    for line in lines:
        line["subtotal"], line["total"] = line["subtotal"] * share, line["total"] * share
        line["period"] = period
    return lines


def unused(state: AutumnState, customer: LocalCustomer, product: Product) -> list[Json]:
    """What is given back for the rest of the period, as lines below zero; nothing for a trial."""
    now = state.now
    if product.period_start is None or product.period_end is None or product.trial_ends_at:
        return []
    lines = recurring(state, customer, state.plan_of(product), product, product.period_start)
    currency, charged = currency_of(state, customer), share_of_period(product, _charged_from(product))
    for line in lines:
        # What was charged, which an invoice has rounded.
        line["subtotal"] = money(line["subtotal"] * charged, currency)
        line["total"] = money(line["total"] * charged, currency)
    period = {"start": now, "end": product.period_end}
    for line in prorated(lines, -share_left(product, now), period):
        line["description"] = f"Unused {line['description']}"
    return lines
