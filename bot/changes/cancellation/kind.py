"""Cancelling a subscription, and taking a cancellation back."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, assert_never

from bot.autumn.write import Write
from bot.changes import words as changes_words
from bot.changes.billing import quote, subscriptions
from bot.changes.billing import words as billing_words
from bot.changes.billing.kind import BilledChange
from bot.changes.billing.subscriptions import update
from bot.changes.billing.words import BillingLine
from bot.changes.cancellation import words
from bot.changes.cancellation.form import FORM
from bot.changes.cancellation.request import (
    LINE,
    CancellationInput,
    any_purchase_removable,
    free_main,
    guard,
    purchase_removal,
    purchase_snapshot,
)
from bot.changes.cancellation.words import CancellationAction, CancellationLine, CancellationNote, Settlement
from bot.changes.common import entity_of
from bot.changes.lines import Line, name, value_bullet
from bot.changes.model import ChangeInput, Facts, Judgement, PendingPayment, Snapshot, Verdict
from bot.changes.notes import Names
from bot.changes.switch.request import SwitchInput
from bot.changes.switch.words import SwitchAction
from bot.kit import text, times

_SETTLEMENTS = {
    Settlement.CREDIT: {"proration_behavior": "prorate_immediately"},
    Settlement.NOTHING: {"proration_behavior": "none"},
    Settlement.REFUND_UNUSED: {"refund_last_payment": "prorated"},
    Settlement.REFUND_ALL: {"refund_last_payment": "full"},
}
"""Never no_billing_changes: Stripe would go on charging."""


class CancellationChange(BilledChange[CancellationInput]):
    id = "cancellation"
    command = "cancel"
    button = words.BUTTON
    title = words.TITLE
    heading = words.HEADING
    help = words.HELP
    input = CancellationInput
    form = FORM
    line_form = LINE
    notes = CancellationNote
    lines = CancellationLine

    def applies_to(self, facts: Facts, feature: str) -> bool:  # noqa: ARG002
        """Whatever can be changed can be cancelled now, and a purchase can be removed."""
        return any_purchase_removable(facts.customer) or subscriptions.any_fits(
            facts.customer, lambda _held: True
        )

    def touches(self, request: CancellationInput) -> frozenset[str]:
        product = frozenset({subscriptions.product_touched(request.product)})
        if request.one_time:
            return product
        ended = product if request.action is CancellationAction.NOW else frozenset()
        return ended | {subscriptions.touched(request.subscription), subscriptions.PRODUCTS}

    def rests_on(self, request: CancellationInput, facts: Facts) -> frozenset[str]:
        if request.one_time:
            return frozenset({subscriptions.product_touched(request.product)})
        return subscriptions.rests_on(request.subscription, request.product, facts)

    def guard(self, request: CancellationInput, facts: Facts, now: datetime) -> Judgement:  # noqa: ARG002
        return guard(request, facts)

    def snapshot(self, request: CancellationInput, facts: Facts) -> Snapshot:
        if request.one_time:
            return {**purchase_snapshot(request.product, facts), **quote.snapshot(facts)}
        subscription = subscriptions.find(request.subscription, facts)
        held = subscriptions.snapshot(subscription, request.product, facts)
        free = "yes" if subscription is not None and free_main(subscription) else None
        follows = quote.following(request.product, facts) if free else None
        after_it: Snapshot = {"follows": follows.plan_id} if follows else {}
        return {**held, "free": free, **after_it, **quote.snapshot(facts)}

    def preview(self, request: CancellationInput, facts: Facts) -> tuple[Line, ...]:
        return (*_what_happens(request, facts), *quote.lines(facts))

    def products(self, request: CancellationInput, facts: Facts) -> frozenset[str]:
        """The one that ends, and one that was to follow it."""
        subscription = subscriptions.find(request.subscription, facts)
        switch = subscriptions.scheduled_switch(subscription, facts) if subscription else None
        return frozenset({request.product, *([switch.plan_id] if switch else [])})

    def plan(self, request: CancellationInput, facts: Facts) -> tuple[Write, ...]:  # noqa: ARG002
        if request.one_time:
            return (purchase_removal(request, request.product),)
        match request.action:
            case CancellationAction.AT_PERIOD_END:
                body: dict[str, Any] = {"cancel_action": "cancel_end_of_cycle"}
            case CancellationAction.NOW:
                settled = _SETTLEMENTS[request.settlement or Settlement.NOTHING]
                body = {"cancel_action": "cancel_immediately", **settled}
            case CancellationAction.TAKE_BACK:
                body = {"cancel_action": "uncancel"}
            case _:
                assert_never(request.action)
        return (update(request.customer, request.subscription, {**entity_of(request), **body}),)

    def pending_payment(self, answer: object) -> PendingPayment | None:  # noqa: ARG002
        """What ends waits for no payment."""
        return None

    def verify(self, request: CancellationInput, before: Snapshot, after: Snapshot | None) -> Verdict:
        if after is None:
            return Verdict.UNCLEAR
        if request.one_time:
            return Verdict.APPLIED if _fewer(before, after) else Verdict.NOT_APPLIED
        if request.action is CancellationAction.NOW:
            return _gone(before, after)
        if after["subscription"] is None:
            return Verdict.UNCLEAR
        # A switch that was scheduled is dropped either way.
        ends = request.action is CancellationAction.AT_PERIOD_END
        applied = (after["cancelled"] == "yes") == ends and after["switch"] is None
        return Verdict.APPLIED if applied else Verdict.NOT_APPLIED

    def inverse(
        self,
        request: CancellationInput,
        before: Snapshot,
        after: Snapshot,  # noqa: ARG002
    ) -> ChangeInput | None:
        """None if a scheduled change was dropped, which it would not bring back; and for a product that
        ended, unless it was free: that one is given again, replacing only what followed it."""
        if before.get("switch") is not None:
            return None
        if request.action is CancellationAction.NOW:
            again = SwitchInput(
                customer=request.customer,
                product=request.product,
                action=SwitchAction.NOW,
                replaces=before.get("follows") or "",
            )
            return again if before.get("free") else None
        back = (
            CancellationAction.TAKE_BACK
            if request.action is CancellationAction.AT_PERIOD_END
            else CancellationAction.AT_PERIOD_END
        )
        return CancellationInput(
            customer=request.customer,
            subscription=request.subscription,
            product=request.product,
            action=back,
        )

    def summary(self, request: CancellationInput, names: Names) -> str:
        product = name(request.product, names)
        if request.one_time:
            return words.remove(product)
        match request.action:
            case CancellationAction.AT_PERIOD_END:
                return words.cancel_at_period_end(product)
            case CancellationAction.NOW:
                return words.cancel_now(product, request.settlement or Settlement.NOTHING)
            case CancellationAction.TAKE_BACK:
                return words.take_back(product)
            case _:
                assert_never(request.action)

    def shown_now(self, request: CancellationInput, before: Snapshot, after: Snapshot) -> Sequence[str]:  # noqa: ARG002
        if request.one_time:
            return [words.STILL_BOUGHT if subscriptions.of_product(after) else words.NOT_BOUGHT]
        if after.get("subscription") is None:
            return [billing_words.NO_LONGER_THERE]
        at = after.get("expires_at")
        day = times.billing_day(datetime.fromisoformat(at)) if at else changes_words.ABSENT
        return [value_bullet(BillingLine.ENDS, text.mrkdwn(day))]

    def sample(self, customer: str) -> CancellationInput:
        return CancellationInput(
            customer=customer,
            subscription="sample",
            product="pro",
            action=CancellationAction.AT_PERIOD_END,
        )


def _gone(before: Snapshot, after: Snapshot) -> Verdict:
    """Not only its id: that changes when the subscription's trial does."""
    if after["subscription"] is not None:
        return Verdict.NOT_APPLIED
    return Verdict.APPLIED if _fewer(before, after) else Verdict.UNCLEAR


def _fewer(before: Snapshot, after: Snapshot) -> bool:
    return subscriptions.of_product(after) < subscriptions.of_product(before)


def _what_happens(request: CancellationInput, facts: Facts) -> Iterator[Line]:
    if request.one_time:
        yield Line(CancellationLine.REMOVED, None, None, about=request.product)
        return
    subscription = subscriptions.find(request.subscription, facts)
    assert subscription is not None  # noqa: S101 - the guard allows no other
    if request.action is CancellationAction.NOW:
        yield Line(CancellationLine.ENDED, None, None, about=request.product)
    else:
        move = quote.incoming(request.product, facts)
        ends = (move.expires_at if move else None) or subscription.current_period_end
        then = ends if request.action is CancellationAction.AT_PERIOD_END else None
        yield Line(BillingLine.ENDS, _day(subscription.expires_at), _day(then))
    if (switch := subscriptions.scheduled_switch(subscription, facts)) is not None:
        yield Line(BillingLine.SWITCH_DROPPED, None, None, about=switch.plan_id)
    if (follows := quote.following(request.product, facts)) is not None:
        yield Line(BillingLine.FOLLOWS, None, None, about=follows.plan_id)


def _day(at: datetime | None) -> str | None:
    return None if at is None else times.billing_day(at)
