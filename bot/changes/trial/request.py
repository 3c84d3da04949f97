"""A change of a trial, as it is requested, and why it is refused."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from pydantic import AwareDatetime

from bot.autumn.models import Subscription
from bot.changes import canonical
from bot.changes.billing import subscriptions
from bot.changes.common import identity_refusals
from bot.changes.model import ChangeInput, Facts, Judgement
from bot.changes.notes import CommonNote, Note
from bot.changes.trial.words import TrialAction, TrialNote

DAY = timedelta(days=1)
_LONGEST = timedelta(days=730)
"""As Stripe has it."""


class TrialInput(ChangeInput):
    kind: Literal["trial"] = "trial"
    subscription: str
    """Its id, which changes with each change of the trial."""
    product: str
    """The id of its plan."""
    action: TrialAction
    ends_at: AwareDatetime | None = None
    """Only for MOVE_END. Autumn counts in whole days, so the trial ends then, or less than a day later."""


def guard(request: TrialInput, facts: Facts, now: datetime) -> Judgement:
    if notes := identity_refusals(request, facts, old_ids=True):
        return Judgement(notes)
    subscription = subscriptions.changeable(request.subscription, facts)
    if isinstance(subscription, Note):
        return Judgement((subscription,))
    refusal = _refusal(request, subscription, now) or subscriptions.refused_quote(facts)
    if refusal is not None:
        return Judgement((refusal,))
    return Judgement((), tuple(_warnings(request, subscription, facts, now)))


def on_trial(subscription: Subscription, now: datetime) -> bool:
    return subscription.trial_ends_at is not None and subscription.trial_ends_at > now


def no_trial(subscription: Subscription, now: datetime) -> Note | None:
    """Why it has no trial that could be moved or ended; None if it has."""
    if not on_trial(subscription, now):
        # A trial on a running subscription would credit the period and charge it again.
        return Note(TrialNote.NOT_ON_TRIAL)
    return Note(TrialNote.CANCELLED) if subscription.canceled_at is not None else None


def whole_days(request: TrialInput, now: datetime) -> int:
    """Autumn cuts fractions of days, and ends a trial so many days from when it is told to."""
    assert request.ends_at is not None  # noqa: S101 - the guard allows no other
    return -((now - request.ends_at) // DAY)


def days_moved(ends_at: datetime, before: datetime) -> Decimal:
    """Whole days by which the end moves, rounded up."""
    return Decimal(-(-abs(ends_at - before) // DAY))


def _refusal(request: TrialInput, subscription: Subscription, now: datetime) -> Note | None:
    if (refusal := no_trial(subscription, now)) is not None:
        return refusal
    if request.action is TrialAction.END_NOW:
        return None
    if request.ends_at is None:
        return Note(TrialNote.NO_END)
    if request.ends_at <= now:
        return Note(TrialNote.END_PAST)
    if request.ends_at > now + _LONGEST:
        return Note(TrialNote.END_TOO_FAR, {"latest": canonical.time(now + _LONGEST)})
    same = canonical.same_time(now + whole_days(request, now) * DAY, subscription.trial_ends_at)
    return Note(CommonNote.NOTHING_TO_DO) if same else None


def _warnings(request: TrialInput, subscription: Subscription, facts: Facts, now: datetime) -> Iterator[Note]:
    if request.action is TrialAction.END_NOW:
        yield Note(TrialNote.MAY_NEED_PAYMENT)
        yield Note(CommonNote.NO_UNDO)
        return
    before = subscription.trial_ends_at
    if before is not None and now + whole_days(request, now) * DAY < before:
        yield Note(TrialNote.SHORTER)
    if any(
        row.plan_id == subscription.plan_id and row.reset is not None and row.reset.resets_at is not None
        for balance in facts.customer.balances.values()
        for row in balance.breakdown
    ):
        yield Note(TrialNote.RESETS_MOVE)
