"""Auto top-ups: units bought when a balance falls below its threshold.

Autumn does this in a separate queue; here it is done when it is asked for.
"""

from sandbox.autumn import balances, controls
from sandbox.autumn.billing.effects import Effects
from sandbox.autumn.billing.payment import charge, short
from sandbox.autumn.model import Json, LocalCustomer, LocalPlan, Product, Row
from sandbox.autumn.numbers import clean
from sandbox.autumn.state import AutumnState

_DECLINED: Json = {
    "code": "card_declined",
    "message": "Your card was declined.",
    "type": "card_error",
    "decline_code": "generic_decline",
}


def top_up(
    state: AutumnState, customer: LocalCustomer, feature_id: str, failing: str | None, base_url: str
) -> tuple[str, Json]:
    """Buy what the customer's control says, or fail for that reason. Answers the webhook's type and data.

    Raises LookupError when there is no such control, or nothing to buy.
    """
    control = next(
        (entry for entry in controls.of(state, customer, "auto_topups") if entry["feature_id"] == feature_id),
        None,
    )
    if control is None:
        raise LookupError(f"{customer.id} has no auto top-up of {feature_id}")
    about: Json = {"customer_id": customer.id, "feature_id": feature_id}
    by_invoice = bool(control.get("invoice_mode", False))
    if failing is not None:
        return "billing.auto_topup_failed", {
            **about,
            "reason": failing,
            "quantity": control["quantity"],
            "threshold": control["threshold"],
            "balance": _left(state, customer, feature_id),
            "invoice_mode": by_invoice,
            "error": _DECLINED if failing == "charge_failed" else None,
        }
    product, plan, row = _bought_by(state, customer, feature_id)
    row.prepaid += control["quantity"]
    row.balance = clean(row.balance + control["quantity"])
    product.prepaid[feature_id] = row.prepaid
    price = next(item.price for item in plan.items if item.feature_id == feature_id and item.price)
    cost = control["quantity"] / price.get("billing_units", 1) * price["amount"]
    line = {"description": f"{plan.name} - top-up", "subtotal": cost, "total": cost}
    invoice = short(
        charge(state, customer, Effects(lines=[line], plan_ids=[plan.id], product=product)), base_url
    )
    return "billing.auto_topup_succeeded", {
        **about,
        "quantity_granted": control["quantity"],
        "threshold": control["threshold"],
        "balance_after": _left(state, customer, feature_id),
        "invoice_mode": by_invoice,
        "invoice": {**invoice, "total": round(invoice["total"] * 100)},
    }


def _left(state: AutumnState, customer: LocalCustomer, feature_id: str) -> float:
    return clean(balances.there(balances.of_feature(balances.seen(state, customer), feature_id)))


def _bought_by(
    state: AutumnState, customer: LocalCustomer, feature_id: str
) -> tuple[Product, LocalPlan, Row]:
    for product in customer.products:
        plan = state.plan_of(product)
        for row in customer.rows:
            prepaid = row.price is not None and row.price["billing_method"] == "prepaid"
            if row.product_id == product.id and row.feature_id == feature_id and prepaid:
                return product, plan, row
    raise LookupError(f"{customer.id} has no plan that {feature_id} is bought with")
