"""billing.attach and its preview."""

from dataclasses import replace

from sandbox.autumn import edits
from sandbox.autumn.billing import attaching, previews
from sandbox.autumn.billing.adjusting import check_trial as check_trial_end
from sandbox.autumn.billing.adjusting import prepaid, units
from sandbox.autumn.billing.attaching import Attach, CarryOver
from sandbox.autumn.billing.payment import Payment, settle
from sandbox.autumn.context import Context, rpc
from sandbox.autumn.model import Json, LocalCustomer, LocalPlan
from sandbox.autumn.routes.billing import check_trial, customer_of, discount_of, quantities_of
from sandbox.autumn.validation import BodyReader


def read_order(ctx: Context) -> tuple[LocalCustomer, Attach, Payment]:
    """Raises 400, 404, and 409 for a plan that the customer has."""
    state, reader = ctx.state, ctx.reader
    plan_id = reader.get("plan_id", "string", required=True)
    entity_id = reader.get("entity_id", "string")
    subscription_id = reader.get("subscription_id", "string")
    quantities = quantities_of(reader)
    schedule = reader.one_of("plan_schedule", ("immediate", "end_of_cycle"))
    proration = reader.one_of("proration_behavior", ("prorate_immediately", "none"))
    redirect = reader.one_of("redirect_mode", ("if_required", "always", "never"), "if_required")
    invoice_mode = reader.get("invoice_mode", "object", default={})
    customize = reader.get("customize", "object", default={})
    check_trial(reader, customize)
    carry = _carry_over(reader)
    reader.done()
    customer = customer_of(ctx)
    plan = _customized(state.plan(plan_id), customize)
    edits.need_entity(customer, entity_id)
    state.need_stripe()
    order = Attach(
        plan=plan,
        entity_id=entity_id,
        subscription_id=subscription_id,
        bought={
            item.feature_id: units(item, quantities[item.feature_id])
            for item in prepaid(plan)
            if item.feature_id in quantities
        },
        schedule=schedule,
        trial=plan.trial is not None and ("free_trial" in customize or plan.id not in customer.trials_used),
        charged=proration != "none" and not ctx.body.get("no_billing_changes"),
        own_subscription=bool(ctx.body.get("new_billing_subscription")),
        discounts=[discount_of(ctx, customer, discount) for discount in ctx.body.get("discounts", ())],
        carry=carry,
    )
    attaching.check(state, customer, order)
    payment = Payment(redirect, bool(invoice_mode.get("enabled")), may_check_out=True, base_url=ctx.base_url)
    return customer, order, payment


def _carry_over(reader: BodyReader) -> CarryOver:
    balances = reader.get("carry_over_balances", "object", default={})
    usages = reader.get("carry_over_usages", "object", default={})
    return CarryOver(
        bool(balances.get("enabled")),
        bool(usages.get("enabled")),
        balances.get("feature_ids"),
        usages.get("feature_ids"),
    )


def _customized(plan: LocalPlan, customize: Json) -> LocalPlan:
    if "price" in customize:
        plan = replace(plan, price=customize["price"])
    if "free_trial" in customize:
        trial = customize["free_trial"]
        plan = replace(plan, trial=trial and {"card_required": True, **trial})
    return plan


def preview_attach(ctx: Context) -> Json:
    state = ctx.state
    customer, order, payment = read_order(ctx)
    draft = customer.draft()
    effects = attaching.apply(state, draft, order)
    preview = previews.show(state, customer, draft, effects)
    checkout = None
    if payment.redirect != "never" and not payment.by_invoice:
        if effects.new_subscription and (customer.payment_method is None or payment.redirect == "always"):
            checkout = "stripe_checkout"
        elif payment.redirect == "always":
            checkout = "autumn_checkout"
    return {**preview, "redirect_to_checkout": checkout is not None, "checkout_type": checkout}


def attach(ctx: Context) -> Json:
    state = ctx.state
    customer, order, payment = read_order(ctx)
    if order.plan.trial and "free_trial" in ctx.body.get("customize", {}):
        check_trial_end(order.plan.trial, state.now)
    answer = settle(state, customer, lambda draft: attaching.apply(state, draft, order), payment)
    if answer["payment_url"] is None:
        customer.stripe_id = customer.stripe_id or state.ids.stripe("cus")
        customer.drop_cached()
    return {**answer, **({"entity_id": order.entity_id} if order.entity_id else {})}


ROUTES = (
    rpc("billing.preview_attach", preview_attach, "billing:read"),
    rpc("billing.attach", attach, "billing:write", "attach", write=True),
)
