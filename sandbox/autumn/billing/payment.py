"""Charging, crediting and refunding the amount of an operation, or waiting until it is paid."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.autumn import invoices
from sandbox.autumn.billing.effects import Effects
from sandbox.autumn.model import Json, LocalCustomer, LocalInvoice
from sandbox.autumn.numbers import money
from sandbox.autumn.state import AutumnState

Operation = Callable[[LocalCustomer], Effects]
CARD: Json = {
    "brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2034, "country": "US", "funding": "credit",
}  # fmt: skip
_REASONS = {
    "payment_method_required": "No payment method found",
    "payment_failed": "Payment failed",
    "3ds_required": "Payment requires authentication",
    "payment_processing": "Payment is processing",
}


@dataclass(frozen=True, slots=True)
class Payment:
    """How the amount due is paid."""

    redirect: str = "if_required"
    """if_required, always or never."""
    by_invoice: bool = False
    may_check_out: bool = False
    """Whether a customer without a card may be sent to Stripe's checkout."""
    base_url: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A change that is made when its invoice or checkout is paid."""

    customer: LocalCustomer
    operation: Operation
    invoice: LocalInvoice | None


def settle(state: AutumnState, customer: LocalCustomer, operation: Operation, payment: Payment) -> Json:
    """Do the operation and charge or refund its amount. Answers as billing.attach and .update do: while a
    payment is waited for, only the invoice or the link exists."""
    tried = operation(customer.draft())
    due = _due(state, customer, tried)
    trouble = "payment_method_required" if customer.payment_method is None else customer.payment_trouble
    if payment.redirect == "always" and (due or tried.new_subscription):
        return _check_out(state, customer, operation, payment, by_autumn=not tried.new_subscription)
    may_check_out = payment.may_check_out and payment.redirect == "if_required" and not payment.by_invoice
    if customer.payment_method is None and tried.new_subscription and may_check_out:
        return _check_out(state, customer, operation, payment)
    if due and (payment.by_invoice or trouble):
        return _open(state, customer, operation, payment, None if payment.by_invoice else trouble)
    effects = operation(customer)
    answer: Json = {"customer_id": customer.id, "payment_url": None}
    if effects.lines or effects.new_subscription:
        answer["invoice"] = short(charge(state, customer, effects), payment.base_url)
    if effects.refund is not None:
        give_back(effects.refund.invoice, effects.refund.amount)
    return answer


def _due(state: AutumnState, customer: LocalCustomer, effects: Effects) -> float:
    currency = invoices.currency_of(state, customer)
    return max(0.0, money(effects.due(currency) - customer.credit, currency))


def charge(state: AutumnState, customer: LocalCustomer, effects: Effects) -> LocalInvoice:
    """A paid invoice. Below zero it becomes credit, which the next ones are paid from first."""
    invoice = _invoice(state, customer, effects)
    spent = min(customer.credit, max(0.0, invoice.total))
    customer.credit = money(customer.credit - spent - min(0.0, invoice.total), invoice.currency)
    invoice.amount_paid = money(max(0.0, invoice.total) - spent, invoice.currency)
    return invoice


def _invoice(
    state: AutumnState, customer: LocalCustomer, effects: Effects, status: str = "paid"
) -> LocalInvoice:
    currency = invoices.currency_of(state, customer)
    product = effects.product
    invoice = LocalInvoice(
        id=state.ids.autumn("inv"),
        stripe_id=state.ids.stripe("in"),
        customer_id=customer.id,
        status=status,
        total=effects.due(currency),
        created_at=state.now - state.now % 1000,
        currency=currency,
        plan_ids=effects.plan_ids,
        amount_paid=0,
        lines=[{"description": line["description"], "total": line["total"]} for line in effects.lines],
        subscription=product.stripe_subscription if product else None,
    )
    customer.invoices.append(invoice)
    return invoice


def _open(
    state: AutumnState, customer: LocalCustomer, operation: Operation, payment: Payment, trouble: str | None
) -> Json:
    invoice = _invoice(state, customer, operation(customer.draft()), "open")
    invoice.subscription = None
    customer.stripe_id = customer.stripe_id or state.ids.stripe("cus")
    state.waiting[invoice.stripe_id] = Waiting(customer, operation, invoice)
    short_invoice = short(invoice, payment.base_url)
    answer: Json = {
        "customer_id": customer.id,
        "invoice": short_invoice,
        "payment_url": short_invoice["hosted_invoice_url"],
    }
    if trouble is not None:
        answer["required_action"] = {"code": trouble, "reason": _REASONS[trouble]}
    return answer


def _check_out(
    state: AutumnState,
    customer: LocalCustomer,
    operation: Operation,
    payment: Payment,
    *,
    by_autumn: bool = False,
) -> Json:
    customer.stripe_id = customer.stripe_id or state.ids.stripe("cus")
    customer.drop_cached()
    number = state.ids.autumn("co") if by_autumn else state.ids.stripe("cs_test")
    state.waiting[number] = Waiting(customer, operation, None)
    return {"customer_id": customer.id, "payment_url": f"{payment.base_url}/checkout/{number}"}


def pay(state: AutumnState, number: str) -> None:
    """The customer pays an open invoice or completes a checkout: what waited for it is done.

    Raises KeyError when nothing waits for it.
    """
    waiting = state.waiting.pop(number)
    customer = waiting.customer
    customer.drop_cached()
    customer.payment_trouble = None
    if customer.payment_method is None:
        give_card(state, customer)
    effects = waiting.operation(customer)
    if waiting.invoice is None:
        if effects.lines or effects.new_subscription:
            charge(state, customer, effects)
        return
    waiting.invoice.status, waiting.invoice.amount_paid = "paid", waiting.invoice.total
    waiting.invoice.subscription = effects.product.stripe_subscription if effects.product else None


def give_card(state: AutumnState, customer: LocalCustomer) -> None:
    """A card on file, as a checkout leaves it."""
    customer.stripe_id = customer.stripe_id or state.ids.stripe("cus")
    customer.payment_method = {
        "id": state.ids.stripe("pm"),
        "object": "payment_method",
        "created": state.now // 1000,
        "livemode": False,
        "metadata": {},
        "type": "card",
        "card": CARD,
        "customer": customer.stripe_id,
        "billing_details": {"email": None, "name": None, "phone": None, "address": None},
    }
    customer.drop_cached()


def give_back(invoice: LocalInvoice, amount: float) -> float:
    """Refund a part of what was paid; answers the amount, as far as the currency can pay it."""
    part = money(amount, invoice.currency)
    invoice.refunded = money(invoice.refunded + part, invoice.currency)
    return part


def short(invoice: LocalInvoice, base_url: str) -> Json:
    return {
        "status": invoice.status,
        "stripe_id": invoice.stripe_id,
        "total": invoice.total,
        "currency": invoice.currency,
        "hosted_invoice_url": f"{base_url}/invoice/{invoice.stripe_id}",
    }
