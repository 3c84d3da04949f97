"""Changing a customer's product, now or at the end of the period."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, assert_never

from bot.autumn.models import PlanMove
from bot.autumn.write import Write
from bot.changes import canonical
from bot.changes.billing import quantities, quote
from bot.changes.billing.kind import BilledChange
from bot.changes.billing.subscriptions import MAIN_PRODUCT, PRODUCTS, mains_touched, update
from bot.changes.common import entity_of
from bot.changes.lines import Line, name
from bot.changes.model import Facts, Judgement, Needs, Snapshot, Verdict
from bot.changes.notes import Names
from bot.changes.switch import words
from bot.changes.switch.form import FORM
from bot.changes.switch.request import (
    RUNNING,
    SCHEDULED,
    SwitchInput,
    any_product_fits,
    guard,
    held_state,
    product_state,
    replaced_by,
    running_products,
    scheduled_in_group,
    scheduled_products,
)
from bot.changes.switch.words import Kept, SwitchAction, SwitchLine, SwitchNote
from bot.kit import times

_KEPT: dict[Kept, dict[str, Any]] = {
    Kept.NOTHING: {},
    Kept.USAGE: {"carry_over_usages": {"enabled": True}},
    Kept.REMAINING: {"carry_over_balances": {"enabled": True}},
}


class SwitchChange(BilledChange[SwitchInput]):
    id = "switch"
    command = "switch"
    button = words.BUTTON
    title = words.TITLE
    heading = words.HEADING
    help = words.HELP
    input = SwitchInput
    form = FORM
    notes = SwitchNote
    lines = SwitchLine
    needs = frozenset({Needs.PRODUCTS, Needs.FEATURES})

    def applies_to(self, facts: Facts, feature: str) -> bool:  # noqa: ARG002
        return any_product_fits(facts)

    def touches(self, request: SwitchInput) -> frozenset[str]:  # noqa: ARG002
        return frozenset({MAIN_PRODUCT})

    def rests_on(self, request: SwitchInput, facts: Facts) -> frozenset[str]:  # noqa: ARG002
        return mains_touched(facts) | {PRODUCTS}

    def guard(self, request: SwitchInput, facts: Facts, now: datetime) -> Judgement:  # noqa: ARG002
        return guard(request, facts)

    def snapshot(self, request: SwitchInput, facts: Facts) -> Snapshot:
        replaced = replaced_by(request.product, facts)
        waiting = scheduled_in_group(request.product, facts)
        current = replaced[0] if len(replaced) == 1 else None
        return {
            "held": held_state(facts),
            "product": product_state(request.product, facts),
            "current": current.id if current else None,
            "scheduled": waiting[0].plan_id if waiting else None,
            "quantities": quantities.held(request.product, request.quantities, facts),
            "period_end": canonical.time_or_none(current.current_period_end) if current else None,
            **quote.snapshot(facts),
        }

    def preview(self, request: SwitchInput, facts: Facts) -> tuple[Line, ...]:
        return (*_moves(request, facts), *quantities.lines(request.quantities), *quote.lines(facts))

    def products(self, request: SwitchInput, facts: Facts) -> frozenset[str]:
        """The new one, those it may replace, and what was scheduled."""
        held = [*running_products(facts), *scheduled_products(facts)]
        return frozenset({request.product, *(subscription.plan_id for subscription in held)})

    def plan(self, request: SwitchInput, facts: Facts) -> tuple[Write, ...]:  # noqa: ARG002
        match request.action:
            case SwitchAction.NOW:
                return (_attach(request, "immediate", _KEPT[request.kept]),)
            case SwitchAction.AT_PERIOD_END:
                return (_attach(request, "end_of_cycle", {}),)
            case SwitchAction.CALL_OFF:
                back = {**entity_of(request), "cancel_action": "uncancel"}
                return (update(request.customer, request.subscription, back),)
            case _:
                assert_never(request.action)

    def verify(self, request: SwitchInput, before: Snapshot, after: Snapshot | None) -> Verdict:
        if after is None:
            return Verdict.UNCLEAR
        match request.action:
            case SwitchAction.NOW:
                applied = after["product"] == RUNNING
                if applied and not quantities.all_held(request.quantities, after["quantities"]):
                    return Verdict.UNCLEAR
            case SwitchAction.AT_PERIOD_END:
                applied = after["product"] == SCHEDULED and after["held"] != before["held"]
            case SwitchAction.CALL_OFF:
                applied = after["product"] is None and after["current"] == request.subscription
            case _:
                assert_never(request.action)
        if applied:
            return Verdict.APPLIED
        return Verdict.NOT_APPLIED if after["held"] == before["held"] else Verdict.UNCLEAR

    def inverse(self, request: SwitchInput, before: Snapshot, after: Snapshot) -> SwitchInput | None:  # noqa: ARG002
        """Of one that is scheduled, as long as it dropped no other, which would not come back."""
        current = before["current"]
        if request.action is not SwitchAction.AT_PERIOD_END or current is None or before["scheduled"]:
            return None
        return SwitchInput(
            customer=request.customer,
            product=request.product,
            action=SwitchAction.CALL_OFF,
            subscription=current,
        )

    def summary(self, request: SwitchInput, names: Names) -> str:
        product = name(request.product, names)
        match request.action:
            case SwitchAction.NOW:
                return words.change_now(product)
            case SwitchAction.AT_PERIOD_END:
                return words.change_at_period_end(product)
            case SwitchAction.CALL_OFF:
                return words.call_off(product)
            case _:
                assert_never(request.action)

    def shown_now(self, request: SwitchInput, before: Snapshot, after: Snapshot) -> Sequence[str]:  # noqa: ARG002
        states: dict[str | None, str] = {RUNNING: words.HELD, SCHEDULED: words.SCHEDULED}
        return [states.get(after.get("product"), words.NOT_HELD)]

    def sample(self, customer: str) -> SwitchInput:
        return SwitchInput(customer=customer, product="pro", action=SwitchAction.AT_PERIOD_END)


def _attach(request: SwitchInput, schedule: str, carry_over: dict[str, Any]) -> Write:
    body = {
        "customer_id": request.customer,
        "plan_id": request.product,
        **entity_of(request),
        **quantities.body(request.quantities),
        "plan_schedule": schedule,
        "redirect_mode": "if_required",
        **carry_over,
    }
    return Write("billing.attach", "POST", "/v1/billing.attach", body, per_customer=True)


def _moves(request: SwitchInput, facts: Facts) -> Iterator[Line]:
    """As Autumn says: what goes, and what comes."""
    if request.action is SwitchAction.CALL_OFF:
        yield Line(SwitchLine.CALLED_OFF, None, None, about=request.product)
        return
    at_end = request.action is SwitchAction.AT_PERIOD_END
    moves = facts.quote
    for move in moves.outgoing if moves else ():
        yield _move(move, SwitchLine.ENDS_ON if at_end else SwitchLine.ENDS_NOW, on_a_day=at_end)
    if (starts := quote.incoming(request.product, facts)) is not None:
        yield _move(starts, SwitchLine.STARTS_ON if at_end else SwitchLine.STARTS_NOW, on_a_day=at_end)


def _move(move: PlanMove, label: SwitchLine, *, on_a_day: bool) -> Line:
    at = move.effective_at if on_a_day else None
    return Line(label, None, times.billing_day(at) if at else None, about=move.plan_id)
