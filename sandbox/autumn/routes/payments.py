"""The customer portal, the page to set up a payment method, and refunds of invoices."""

from sandbox.autumn.billing import attaching
from sandbox.autumn.billing.cancelling import refundable
from sandbox.autumn.billing.effects import Effects
from sandbox.autumn.billing.payment import Waiting, give_back
from sandbox.autumn.context import ApiRoute, Context, rpc
from sandbox.autumn.errors import ApiError, invalid
from sandbox.autumn.model import Json, LocalCustomer, LocalInvoice
from sandbox.autumn.numbers import clean, money
from sandbox.autumn.routes.attach import read_order
from sandbox.autumn.routes.billing import customer_of
from sandbox.autumn.routes.customers import find_or_create
from sandbox.autumn.validation import bad_input


def open_portal(ctx: Context) -> Json:
    """Creates the Stripe customer if it does not exist. Every call gives another page."""
    customer = customer_of(ctx)
    ctx.state.need_stripe()
    customer.stripe_id = customer.stripe_id or ctx.state.ids.stripe("cus")
    customer.drop_cached()
    return {"customer_id": customer.id, "url": f"{ctx.base_url}/portal/{ctx.state.ids.stripe('bps')}"}


def setup_payment(ctx: Context) -> Json:
    """Creates a customer who does not exist. With a plan, it is attached once there is a card."""
    state, reader = ctx.state, ctx.reader
    customer_id = reader.customer_id()
    plan_id = reader.get("plan_id", "string")
    reader.done()
    state.need_stripe()
    if plan_id is not None:
        state.plan(plan_id)
    customer = find_or_create(ctx, customer_id)
    customer.stripe_id = customer.stripe_id or state.ids.stripe("cus")
    customer.drop_cached()
    number = state.ids.stripe("cs_test")

    def set_up(draft: LocalCustomer) -> Effects:
        return attaching.apply(state, draft, read_order(ctx)[1]) if plan_id else Effects()

    state.waiting[number] = Waiting(customer, set_up, None)
    return {"customer_id": customer.id, "url": f"{ctx.base_url}/checkout/{number}"}


def refund(ctx: Context) -> Json:
    """Money back on an invoice, found by its Stripe id alone: the customer in the path is not looked at."""
    reader = ctx.reader
    mode = reader.get("mode", "string")
    if mode not in ("full", "partial"):
        raise bad_input("mode: must be one of: full, partial")
    amount = reader.get("amount", "number")
    if amount is not None and amount <= 0:
        reader.say("amount", "Too small: expected number to be >0")
    reader.done()
    state, number = ctx.state, ctx.path["stripe_id"]
    invoice = next(
        (
            candidate
            for candidate in state.invoices()
            if candidate.stripe_id == number and candidate.processor == "stripe"
        ),
        None,
    )
    if invoice is None or invoice.imported:
        raise ApiError(404, "invalid_request", "Stripe invoice not found")
    part = _part(invoice, mode, amount)
    invoice.charge_id = invoice.charge_id or state.ids.stripe("ch")
    return {
        "refund_id": state.ids.stripe("re"),
        "charge_id": invoice.charge_id,
        "amount": clean(give_back(invoice, part)),
        "currency": invoice.currency,
        "status": "succeeded",
    }


def _part(invoice: LocalInvoice, mode: str, amount: float | None) -> float:
    """How much to give back. Raises 400."""
    if invoice.status != "paid":
        raise invalid("This invoice has no associated charge to refund")
    rest = refundable(invoice)
    if rest <= 0:
        raise invalid("This charge has already been fully refunded")
    if mode == "full":
        return rest
    if amount is None:
        raise invalid("Amount is required for partial refunds")
    part = money(amount, invoice.currency)
    if part == 0:
        raise invalid("Refund amount is too small")
    if part > rest:
        raise invalid(
            f"Refund amount exceeds the refundable balance of {clean(rest)} {invoice.currency.upper()}"
        )
    return part


READ, WRITE = "billing:read", "billing:write"
ROUTES = (
    rpc("billing.setup_payment", setup_payment, WRITE, "attach", write=True),
    rpc("billing.open_customer_portal", open_portal, READ),
    ApiRoute(
        "POST",
        "/v1/customers/{customer_id}/invoices/{stripe_id}/refund",
        "invoices.refund",
        refund,
        WRITE,
        write=True,
    ),
)
