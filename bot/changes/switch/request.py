"""A change of product, as it is requested, and why it is refused."""

import json
from collections.abc import Iterator
from typing import Literal, assert_never

from bot.autumn.models import Plan, PlanMove, Subscription
from bot.changes.billing import quantities, quote, subscriptions
from bot.changes.billing.quantities import FeatureQuantity
from bot.changes.billing.words import BillingNote
from bot.changes.common import identity_refusals, joined
from bot.changes.model import ChangeInput, Facts, Judgement
from bot.changes.notes import CommonNote, Note
from bot.changes.switch.words import Kept, SwitchAction, SwitchNote
from bot.lookups.products.subscriptions import is_one_time

RUNNING, SCHEDULED = "running", "scheduled"
_KEPT = {
    Kept.NOTHING: SwitchNote.STARTS_ANEW,
    Kept.USAGE: SwitchNote.KEEPS_USAGE,
    Kept.REMAINING: SwitchNote.KEEPS_REMAINING,
}


class SwitchInput(ChangeInput):
    kind: Literal["switch"] = "switch"
    product: str
    """The id of the new plan."""
    action: SwitchAction
    kept: Kept = Kept.NOTHING
    """Only for NOW."""
    replaces: str | None = None
    """The id of the plan whose place it takes, as the form said: empty for none, None if not said."""
    quantities: tuple[FeatureQuantity, ...] = ()
    """Of what the product sells by quantity. Not for CALL_OFF."""
    subscription: str = ""
    """For CALL_OFF: the one that continues."""


# Which products there are, and which the customer has


def offered_products(facts: Facts) -> dict[str, Plan]:
    """By id. Not add-ons and one-time purchases, which take no other's place."""
    return {plan.id: plan for plan in facts.offered or () if _fits(plan)}


def any_product_fits(facts: Facts) -> bool:
    """Whether there is one that the customer or one of their entities may not have yet."""
    if facts.offered is None:
        return True
    may_have_entities = "entities" not in facts.customer.model_fields_set or facts.customer.entities
    return any(
        may_have_entities or product_state(plan_id, facts) != RUNNING for plan_id in offered_products(facts)
    )


def running_products(facts: Facts) -> list[Subscription]:
    """Main products of the customer's own."""
    return [
        subscription
        for subscription in subscriptions.own(facts)
        if not subscription.add_on and subscription.status != SCHEDULED
    ]


def replaced_by(plan_id: str, facts: Facts) -> list[Subscription]:
    """Those that run and whose place the product takes: main products of its group, at most one as a rule."""
    group = _group(plan_id, facts)
    return [
        subscription
        for subscription in running_products(facts)
        if _group(subscription.plan_id, facts) == group
    ]


def scheduled_in_group(plan_id: str, facts: Facts) -> list[Subscription]:
    """Those of the product's group that are scheduled, and that a change to it drops or repeats."""
    group = _group(plan_id, facts)
    return [
        subscription
        for subscription in scheduled_products(facts)
        if _group(subscription.plan_id, facts) == group
    ]


def scheduled_products(facts: Facts) -> list[Subscription]:
    """Main products that start later, without the one that everyone falls back to."""
    return [
        subscription
        for subscription in subscriptions.own(facts)
        if not subscription.add_on and subscription.status == SCHEDULED and not subscription.auto_enable
    ]


def product_state(plan_id: str, facts: Facts) -> str | None:
    """Whether the customer has it, or will have it; None for neither."""
    states = {
        SCHEDULED if subscription.status == SCHEDULED else RUNNING
        for subscription in subscriptions.own(facts)
        if subscription.plan_id == plan_id
    }
    return RUNNING if RUNNING in states else SCHEDULED if states else None


def held_state(facts: Facts) -> str:
    """All that the customer has, to compare."""
    return json.dumps(
        sorted(
            [subscription.id, subscription.status, subscription.canceled_at is not None]
            for subscription in subscriptions.own(facts)
        )
    )


def _group(plan_id: str, facts: Facts) -> str:
    held = [
        subscription.plan for subscription in facts.customer.subscriptions if subscription.plan is not None
    ]
    return next((plan.group for plan in (*(facts.offered or ()), *held) if plan.id == plan_id), "")


def _fits(plan: Plan) -> bool:
    return not (plan.add_on or plan.archived or is_one_time(plan))


# Why not, and what to know before it


def guard(request: SwitchInput, facts: Facts) -> Judgement:
    if notes := identity_refusals(request, facts, old_ids=True):
        return Judgement(notes)
    refusal = _refusal(request, facts) or subscriptions.refused_quote(facts)
    if refusal is not None:
        return Judgement((refusal,))
    return Judgement((), tuple(_warnings(request, facts)))


def _refusal(request: SwitchInput, facts: Facts) -> Note | None:
    state = product_state(request.product, facts)
    match request.action:
        case SwitchAction.CALL_OFF:
            if state != SCHEDULED:
                return Note(SwitchNote.NOT_SCHEDULED)
            return subscriptions.problem(request.subscription, facts)
        case SwitchAction.NOW | SwitchAction.AT_PERIOD_END:
            if not request.product:
                return Note(SwitchNote.NO_PRODUCT)
            if state == RUNNING:
                return Note(SwitchNote.ALREADY_HELD)
            plan = offered_products(facts).get(request.product)
            if plan is None:
                return Note(SwitchNote.UNKNOWN_PRODUCT)
            if facts.scope and request.kept is Kept.REMAINING:
                return Note(SwitchNote.ENTITY_REMAINING)
            move = quote.incoming(request.product, facts)
            if _too_soon(request, move):
                return Note(SwitchNote.NO_PERIOD)
            return quantities.refusal(plan, request.quantities) or _quoted_otherwise(request, facts)
        case _:
            assert_never(request.action)


def _too_soon(request: SwitchInput, move: PlanMove | None) -> bool:
    waits = request.action is SwitchAction.AT_PERIOD_END
    return waits and move is not None and move.effective_at is None


def _quoted_otherwise(request: SwitchInput, facts: Facts) -> Note | None:
    if (wrong := _wrong_place(request, facts)) is not None:
        return wrong
    return quantities.misquoted(request.product, request.quantities, facts)


def _wrong_place(request: SwitchInput, facts: Facts) -> Note | None:
    """Autumn itself chooses which product is replaced: it must be the one the form showed."""
    replaced = [subscription.plan_id for subscription in replaced_by(request.product, facts)]
    if len(replaced) > 1:
        return Note(SwitchNote.SEVERAL_HELD, {"products": joined(replaced)})
    named = {*replaced} if request.replaces is None else {request.replaces} - {""}
    replacing = {move.plan_id for move in facts.quote.outgoing} if facts.quote else {*replaced}
    if named == replacing:
        return None
    return Note(
        SwitchNote.REPLACES_ANOTHER,
        {"replaced": joined(sorted(replacing)), "named": joined(named)},
    )


def _warnings(request: SwitchInput, facts: Facts) -> Iterator[Note]:
    if request.action is SwitchAction.CALL_OFF:
        return
    for waiting in scheduled_in_group(request.product, facts):
        if waiting.plan_id != request.product:
            yield Note(BillingNote.DROPS_SWITCH, {"product": waiting.plan_id})
    replaced = replaced_by(request.product, facts)
    if replaced:
        yield from subscriptions.add_ons_at_risk(facts)
    yield from subscriptions.new_in_stripe(facts)
    if request.action is SwitchAction.AT_PERIOD_END:
        return
    if replaced:
        yield Note(_KEPT[request.kept])
    if facts.quote is not None and facts.quote.redirect_to_checkout:
        yield Note(BillingNote.NEEDS_CHECKOUT)
    elif facts.quote is not None and facts.quote.total > 0:
        yield Note(SwitchNote.MAY_NEED_PAYMENT)
    yield Note(BillingNote.SHOWN_BY_TIME)
    yield Note(CommonNote.NO_UNDO)
