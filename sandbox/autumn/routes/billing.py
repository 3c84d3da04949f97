"""billing.update and its preview."""

from collections.abc import Callable

from sandbox.autumn import edits, rewards
from sandbox.autumn.billing import adjusting, cancelling, previews, subjects
from sandbox.autumn.billing.adjusting import Adjustment
from sandbox.autumn.billing.cancelling import Cancel
from sandbox.autumn.billing.effects import Effects
from sandbox.autumn.billing.payment import Payment, settle
from sandbox.autumn.context import Context, rpc
from sandbox.autumn.errors import ApiError, invalid
from sandbox.autumn.model import Json, LocalCustomer, Product, Reward
from sandbox.autumn.routes.customers import read
from sandbox.autumn.validation import BodyReader

CANCELS = ("cancel_immediately", "cancel_end_of_cycle", "uncancel")
_CHANGES = (
    "feature_quantities", "version", "customize", "cancel_action", "recalculate_balances",
    "billing_cycle_anchor", "discounts",
)  # fmt: skip
_TRIAL_UNITS = ("day", "month", "year")
_BOTH = (
    "Cannot pass both proration_behavior and refund_last_payment. Use proration_behavior for invoice "
    "credits/proration, or refund_last_payment for direct refunds."
)


def _read_request(ctx: Context) -> tuple[LocalCustomer, Product, Callable[[LocalCustomer], Effects]]:
    """The customer, the product, and what to do with it. Raises 400 and 404."""
    reader, state = ctx.reader, ctx.state
    reader.customer_id()
    cancel = reader.one_of("cancel_action", CANCELS)
    plan_id = reader.get("plan_id", "string")
    subscription_id = reader.get("subscription_id", "string")
    entity_id = reader.get("entity_id", "string")
    quantities = quantities_of(reader)
    customize = reader.get("customize", "object", default={})
    check_trial(reader, customize)
    refund = reader.one_of("refund_last_payment", ("full", "prorated"))
    proration = reader.one_of("proration_behavior", ("prorate_immediately", "none"))
    _check_combinations(reader, cancel, refund, proration)
    reader.done()
    customer = customer_of(ctx)
    edits.need_entity(customer, entity_id)
    product = subjects.find(state, customer, plan_id, subscription_id, entity_id)
    discounts = [discount_of(ctx, customer, discount) for discount in ctx.body.get("discounts", ())]
    charged = proration != "none" and not ctx.body.get("no_billing_changes")

    def operation(draft: LocalCustomer) -> Effects:
        mine = subjects.again(draft, product)
        if cancel is not None:
            return cancelling.apply(state, draft, mine, Cancel(cancel, charged, refund if charged else None))
        change = Adjustment(
            quantities=quantities,
            price=customize.get("price"),
            trial=(customize["free_trial"] or {}) if "free_trial" in customize else None,
            discounts=discounts,
            charged=charged,
            anchored="billing_cycle_anchor" in ctx.body,
        )
        return adjusting.apply(state, draft, mine, change)

    return customer, product, operation


def _check_combinations(
    reader: BodyReader, cancel: str | None, refund: str | None, proration: str | None
) -> None:
    invalid_quantities = any("quantity must be" in problem for problem in reader.problems)
    if not any(reader.has(name) for name in _CHANGES) or invalid_quantities:
        names = ", ".join(_CHANGES[:-1])
        reader.say("input", f"At least one update parameter must be provided ({names}, or {_CHANGES[-1]})")
    if refund is not None and cancel != "cancel_immediately":
        reader.say("input", "refund_last_payment requires cancel_action to be 'cancel_immediately'.")
    elif refund is not None and proration is not None:
        reader.say("input", _BOTH)


def quantities_of(reader: BodyReader) -> dict[str, float]:
    """feature_quantities by feature; errors in them are noted in the reader."""
    quantities: dict[str, float] = {}
    for index, entry in enumerate(reader.get("feature_quantities", "array", default=[])):
        part = BodyReader(entry, f"feature_quantities.{index}.")
        feature_id = part.get("feature_id", "string", required=True)
        quantity = part.get("quantity", "number", default=0)
        if quantity < 0:
            part.say("quantity", "quantity must be >= 0")
        reader.problems += part.problems
        quantities[str(feature_id)] = quantity
    return quantities


def check_trial(reader: BodyReader, customize: Json) -> None:
    trial = customize.get("free_trial")
    if trial is None:
        return
    part = BodyReader(trial, "customize.free_trial.")
    part.get("duration_length", "number", required=True)
    part.one_of("duration_type", _TRIAL_UNITS)
    reader.problems += part.problems


def customer_of(ctx: Context) -> LocalCustomer:
    """The customer of the request, in its current state. Raises 404."""
    customer = ctx.state.customer(ctx.customer_id())
    read(ctx, customer)
    return customer


def discount_of(ctx: Context, customer: LocalCustomer, discount: Json) -> Reward:
    if "reward_id" in discount:
        return rewards.coupon(ctx.state, discount["reward_id"])
    code = discount.get("promotion_code", "")
    for reward in ctx.state.rewards.values():
        for promo in reward.promo_codes:
            if promo["code"] == code and reward.type != "feature_grant":
                if promo.get("first_time_transaction") and customer.invoices:
                    message = "This promo code is only valid for first-time purchases"
                    raise ApiError(400, "promo_code_first_time_only", message)
                return reward
    raise invalid(f'Promotion code not found or inactive: "{code}"')


def update(ctx: Context) -> Json:
    customer, product, operation = _read_request(ctx)
    if trial := ctx.body.get("customize", {}).get("free_trial"):
        adjusting.check_trial(trial, ctx.state.now)
    payment = Payment(
        by_invoice=bool(ctx.body.get("invoice_mode", {}).get("enabled")),
        redirect="never",
        base_url=ctx.base_url,
    )
    answer = settle(ctx.state, customer, operation, payment)
    return {**answer, **({"entity_id": product.entity_id} if product.entity_id else {})}


def preview_update(ctx: Context) -> Json:
    customer, _, operation = _read_request(ctx)
    draft = customer.draft()
    effects = operation(draft)
    return {**previews.show(ctx.state, customer, draft, effects), "intent": effects.intent}


ROUTES = (
    rpc("billing.preview_update", preview_update, "billing:read"),
    rpc("billing.update", update, "billing:write", "attach", write=True),
)
