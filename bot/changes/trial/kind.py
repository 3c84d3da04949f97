"""Extending a trial, shortening it, and ending it now."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, assert_never

from bot.autumn.models import Subscription
from bot.autumn.write import Write
from bot.changes import words as changes_words
from bot.changes.billing import quote, subscriptions
from bot.changes.billing import words as billing_words
from bot.changes.billing.kind import SubscriptionChange
from bot.changes.billing.subscriptions import update
from bot.changes.common import entity_of
from bot.changes.lines import Line, name, value_bullet
from bot.changes.model import Facts, Judgement, Snapshot, Verdict
from bot.changes.notes import Names
from bot.changes.trial import words
from bot.changes.trial.form import FORM
from bot.changes.trial.request import DAY, TrialInput, days_moved, guard, no_trial, whole_days
from bot.changes.trial.words import TrialAction, TrialLine, TrialNote
from bot.kit import text, times

_SLACK = timedelta(hours=1)
"""By which Maple's clock and Autumn's may differ."""


class TrialChange(SubscriptionChange[TrialInput]):
    id = "trial"
    command = "trial"
    button = words.BUTTON
    title = words.TITLE
    heading = words.HEADING
    help = words.HELP
    input = TrialInput
    form = FORM
    notes = TrialNote
    lines = TrialLine
    unit = "days"

    def applies_to(self, facts: Facts, feature: str) -> bool:  # noqa: ARG002
        return subscriptions.any_fits(
            facts.customer, lambda subscription: no_trial(subscription, facts.read_at) is None
        )

    def touches(self, request: TrialInput) -> frozenset[str]:
        return frozenset({subscriptions.touched(request.subscription)})

    def rests_on(self, request: TrialInput, facts: Facts) -> frozenset[str]:
        return subscriptions.rests_on(request.subscription, request.product, facts)

    def guard(self, request: TrialInput, facts: Facts, now: datetime) -> Judgement:
        return guard(request, facts, now)

    def snapshot(self, request: TrialInput, facts: Facts) -> Snapshot:
        held = subscriptions.snapshot(_renewed(request, facts), request.product, facts)
        return {**held, **quote.snapshot(facts)}

    def preview(self, request: TrialInput, facts: Facts) -> tuple[Line, ...]:
        subscription = subscriptions.find(request.subscription, facts)
        before = subscription.trial_ends_at if subscription else None
        moved = request.action is TrialAction.MOVE_END
        after = facts.read_at + whole_days(request, facts.read_at) * DAY if moved else None
        return (Line(TrialLine.ENDS, _day(before), _day(after)), *quote.lines(facts))

    def amount(self, request: TrialInput, before: Snapshot) -> Decimal | None:
        """Days by which the end moves; ending a trial now has no size."""
        ended = before.get("trial_ends_at")
        if request.ends_at is None or ended is None:
            return None
        return days_moved(request.ends_at, datetime.fromisoformat(ended))

    def products(self, request: TrialInput, facts: Facts) -> frozenset[str]:  # noqa: ARG002
        return frozenset({request.product})

    def plan(self, request: TrialInput, facts: Facts) -> tuple[Write, ...]:
        match request.action:
            case TrialAction.MOVE_END:
                days = whole_days(request, facts.read_at)
                trial: dict[str, Any] | None = {"duration_length": days, "duration_type": "day"}
            case TrialAction.END_NOW:
                trial = None
            case _:
                assert_never(request.action)
        body = {**entity_of(request), "customize": {"free_trial": trial}}
        return (update(request.customer, request.subscription, body),)

    def verify(self, request: TrialInput, before: Snapshot, after: Snapshot | None) -> Verdict:
        if after is None or after["subscription"] is None:
            return Verdict.UNCLEAR
        ends = after["trial_ends_at"]
        if ends == before["trial_ends_at"]:
            return Verdict.NOT_APPLIED
        if request.ends_at is None:
            return Verdict.APPLIED if ends is None else Verdict.UNCLEAR
        if ends is None:
            return Verdict.UNCLEAR
        late = datetime.fromisoformat(ends) - request.ends_at
        return Verdict.APPLIED if -_SLACK <= late <= DAY + _SLACK else Verdict.UNCLEAR

    def inverse(self, request: TrialInput, before: Snapshot, after: Snapshot) -> TrialInput | None:
        ended = before["trial_ends_at"]
        if request.action is TrialAction.END_NOW or ended is None:
            return None
        return TrialInput(
            customer=request.customer,
            subscription=after["subscription"] or request.subscription,
            product=request.product,
            action=TrialAction.MOVE_END,
            ends_at=datetime.fromisoformat(ended),
        )

    def summary(self, request: TrialInput, names: Names) -> str:
        product = name(request.product, names)
        if request.ends_at is None:
            return words.end_now(product)
        return words.move_end(product, times.billing_day(request.ends_at))

    def unlike_preview(self, request: TrialInput, before: Snapshot, after: Snapshot) -> str:
        ends = after.get("trial_ends_at")
        if ends is None or self.verify(request, before, after) is not Verdict.APPLIED:
            return ""
        return words.ends_on(times.billing_day(datetime.fromisoformat(ends)))

    def shown_now(self, request: TrialInput, before: Snapshot, after: Snapshot) -> Sequence[str]:  # noqa: ARG002
        if after.get("subscription") is None:
            return [billing_words.NO_LONGER_THERE]
        ends = after.get("trial_ends_at")
        day = _day(datetime.fromisoformat(ends)) if ends else None
        return [value_bullet(TrialLine.ENDS, text.mrkdwn(day or changes_words.ABSENT))]

    def sample(self, customer: str) -> TrialInput:
        return TrialInput(
            customer=customer,
            subscription="sample",
            product="pro",
            action=TrialAction.MOVE_END,
            ends_at=datetime(2026, 12, 1, tzinfo=UTC),
        )


def _renewed(request: TrialInput, facts: Facts) -> Subscription | None:
    """By its id or, as a change of the trial gives it another, the only one of its product."""
    if (subscription := subscriptions.find(request.subscription, facts)) is not None:
        return subscription
    same = [
        own
        for own in subscriptions.own(facts)
        if own.plan_id == request.product and own.status != "scheduled"
    ]
    return same[0] if len(same) == 1 else None


def _day(at: datetime | None) -> str | None:
    return None if at is None else times.billing_day(at)
