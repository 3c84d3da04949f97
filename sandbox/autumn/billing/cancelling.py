"""Ending a plan, now or at the end of its period, and taking that back."""

from dataclasses import dataclass

from sandbox.autumn import products
from sandbox.autumn.billing import subjects
from sandbox.autumn.billing.effects import Effects, Refund, coming, going, moving, share_left, unused
from sandbox.autumn.errors import ApiError, invalid
from sandbox.autumn.invoices import newest
from sandbox.autumn.model import LocalCustomer, LocalInvoice, LocalPlan, Product
from sandbox.autumn.numbers import money
from sandbox.autumn.state import AutumnState


@dataclass(frozen=True, slots=True)
class Cancel:
    action: str
    """cancel_end_of_cycle, cancel_immediately or uncancel."""
    credited: bool = True
    """Whether the unused part of the period is given back as credit."""
    refund: str | None = None
    """full or prorated: give money back instead."""


def apply(state: AutumnState, customer: LocalCustomer, product: Product, cancel: Cancel) -> Effects:
    if product.status == "scheduled":
        effects = _call_off(state, customer, product, cancel)
    elif cancel.action == "cancel_end_of_cycle":
        effects = _at_the_end(state, customer, product)
    elif cancel.action == "uncancel":
        effects = _take_back(state, customer, product)
    else:
        effects = _now(state, customer, product, cancel)
    effects.intent, effects.product = cancel.action, product
    effects.paid_plan = state.plan_of(product).interval is not None
    return effects


def _call_off(state: AutumnState, customer: LocalCustomer, product: Product, cancel: Cancel) -> Effects:
    """A plan that has not started goes, and the one that it was to replace stays."""
    if cancel.action == "uncancel":
        raise invalid("Cannot uncancel a subscription that is scheduled")
    current = subjects.running(state, customer, state.plan_of(product), product.entity_id)
    customer.products.remove(product)
    if current is None:
        return Effects()
    current.canceled_at = current.expires_at = None
    return Effects(incoming=[coming(state, current)] if cancel.action == "cancel_end_of_cycle" else [])


def _at_the_end(state: AutumnState, customer: LocalCustomer, product: Product) -> Effects:
    plan, now = state.plan_of(product), state.now
    if plan.interval is None or plan.one_off or product.period_end is None:
        raise invalid("Free products do not have billing cycles; use cancel: 'immediately' instead.")
    end = product.period_end
    effects = Effects(outgoing=[going(state, product, end)])
    dropped = subjects.drop_pending(state, customer, plan, product.entity_id)
    default = _default(state, customer, product)
    if default is not None and (dropped is None or dropped.plan_id == default.id):
        terms = products.PlanTerms(status="scheduled", started_at=end)
        scheduled = products.give(state, customer, default, terms)
        effects.incoming.append(moving(scheduled, default, effective_at=end))
    product.canceled_at, product.expires_at = now, end
    effects.incoming.append(coming(state, product, canceled_at=now, expires_at=end))
    return effects


def _take_back(state: AutumnState, customer: LocalCustomer, product: Product) -> Effects:
    """A switch that is pending is called off with it."""
    outgoing = [going(state, product, state.now)]
    product.canceled_at = product.expires_at = None
    subjects.drop_pending(state, customer, state.plan_of(product), product.entity_id)
    return Effects(incoming=[coming(state, product)], outgoing=outgoing)


def _now(state: AutumnState, customer: LocalCustomer, product: Product, cancel: Cancel) -> Effects:
    plan = state.plan_of(product)
    _check_currency(state, customer, plan)
    effects = Effects(outgoing=[going(state, product, state.now)], plan_ids=[plan.id])
    if cancel.refund is not None:
        effects.refund = _refund(customer, product, cancel.refund, state.now)
    elif cancel.credited:
        effects.lines = unused(state, customer, product)
    default = _default(state, customer, product)
    main = subjects.is_main(state, product)
    products.take_away(customer, product, state.now)
    if main and product.entity_id is None:
        customer.products = [held for held in customer.products if held.status != "scheduled"]
    if default is not None:
        default_product = products.give(state, customer, default)
        effects.incoming.append(moving(default_product, default))
    return effects


def _default(state: AutumnState, customer: LocalCustomer, product: Product) -> LocalPlan | None:
    """The free plan that takes the place of a main plan of the customer's own."""
    plan = products.default_plan(state)
    if plan is None or product.entity_id is not None or not subjects.is_main(state, product):
        return None
    return None if any(held.running and held.plan_id == plan.id for held in customer.products) else plan


def last_payment(customer: LocalCustomer, product: Product) -> LocalInvoice | None:
    """The newest invoice of the product's Stripe subscription that has anything left to refund."""
    for invoice in newest(customer):
        ours = invoice.subscription in (None, product.stripe_subscription)
        if ours and invoice.processor == "stripe" and refundable(invoice) > 0:
            return invoice
    return None


def refundable(invoice: LocalInvoice) -> float:
    if invoice.status != "paid" or invoice.total <= 0:
        return 0
    paid = invoice.total if invoice.amount_paid is None else invoice.amount_paid
    return money(paid - invoice.refunded, invoice.currency)


def _refund(customer: LocalCustomer, product: Product, mode: str, now: int) -> Refund | None:
    invoice = last_payment(customer, product) if product.stripe_subscription else None
    if invoice is None:
        return None
    rest = refundable(invoice)
    part = rest if mode == "full" else min(rest, invoice.total * share_left(product, now))
    return Refund(invoice, part)


def _check_currency(state: AutumnState, customer: LocalCustomer, plan: LocalPlan) -> None:
    price = plan.price
    if customer.currency in (None, state.org.currency) or price is None:
        return
    if all(
        additional["currency"] != customer.currency for additional in price.get("additional_currencies", ())
    ):
        message = (
            f"Price {plan.price_id} has no '{customer.currency}' amounts in config.currencies — "
            "cannot create a Stripe price in that currency"
        )
        raise ApiError(400, "currency_mismatch", message)
