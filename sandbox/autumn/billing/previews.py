"""What a preview shows of an operation, which it runs on a draft of the customer."""

from sandbox.autumn import invoices
from sandbox.autumn.billing import subjects
from sandbox.autumn.billing.adjusting import month_after
from sandbox.autumn.billing.effects import Effects, sums
from sandbox.autumn.model import Item, Json, LocalCustomer, LocalInvoice, Product
from sandbox.autumn.months import MINUTE
from sandbox.autumn.state import AutumnState

_BILLED_EARLY = 30 * MINUTE
"""Usage is added up that long before the period ends."""


def show(state: AutumnState, customer: LocalCustomer, after: LocalCustomer, effects: Effects) -> Json:
    """`after` is the draft that was changed."""
    preview: Json = {"customer_id": customer.id, **sums(state, customer, effects.lines, credited=True)}
    if not effects.starts_cycle and (cycle := _next_cycle(state, after, effects)):
        preview["next_cycle"] = cycle
    preview |= {"incoming": effects.incoming, "outgoing": effects.outgoing}
    if effects.refund is not None:
        preview["refund"] = {
            "amount": effects.refund.amount,
            "invoice": _refunded(effects.refund.invoice),
        }
    if customer.stripe_id is not None and effects.paid_plan:
        preview["invoice_credits"] = {"balance": customer.credit, "currency": state.org.currency}
    return preview


def _refunded(invoice: LocalInvoice) -> Json:
    return {
        "stripe_id": invoice.stripe_id,
        "total": invoice.total,
        "current_refunded_amount": invoice.refunded,
        "currency": invoice.currency,
    }


def _next_cycle(state: AutumnState, after: LocalCustomer, effects: Effects) -> Json | None:
    """The next invoice of the Stripe subscription that the change is about. Of usage it names the features,
    without amounts and in no total.
    """
    subscription = _subscription(after, effects.product)
    running = [
        product
        for product in after.products
        if product.running and product.stripe_subscription == subscription and product.period_end
    ]
    if subscription is None or not running:
        return None
    end = min(product.period_end or 0 for product in running)
    held = [
        product
        for product in after.products
        if product in running
        or (
            product.status == "scheduled"
            and product.started_at - product.started_at % 1000 == end - end % 1000
        )
    ]
    if all(product.expires_at is not None and product.expires_at <= end for product in held):
        return None
    start = month_after(end, state.now)
    lines = [
        line
        for product in sorted(held, key=lambda product: product.created_at)
        if state.plan_of(product).interval is not None and (product.period_end or end) == end
        for line in invoices.lines_of(state, after, product, starting=start, usage=False)
    ]
    summed = sums(state, after, lines)
    usage = [
        _usage_line(state, product, item)
        for product in running
        for item in state.plan_of(product).items
        if item.price is not None and item.price["billing_method"] == "usage_based"
    ]
    totals = {"subtotal": summed["subtotal"], "total": summed["total"]}
    return {"starts_at": start, **totals, "line_items": lines, "usage_line_items": usage}


def _subscription(after: LocalCustomer, product: Product | None) -> str | None:
    """That of the product, or of any plan that runs when it has none."""
    running = {
        held.stripe_subscription for held in after.products if held.running and held.stripe_subscription
    }
    if product is not None and product.stripe_subscription in running:
        return product.stripe_subscription
    billed = subjects.billed(after)
    return billed.stripe_subscription if billed else None


def _usage_line(state: AutumnState, product: Product, item: Item) -> Json:
    assert product.period_end is not None  # noqa: S101
    return {
        "display_name": state.feature(item.feature_id).name,
        "plan_id": product.plan_id,
        "feature_id": item.feature_id,
        "period": {"start": product.period_start, "end": product.period_end - _BILLED_EARLY},
    }
