"""What state a subscription is in, told from several fields of Autumn's."""

from datetime import datetime
from enum import StrEnum

from bot.autumn.models import Customer, Subscription


class Status(StrEnum):
    SCHEDULED = "scheduled"
    PAST_DUE = "past_due"
    TRIAL = "trial"
    CANCELS = "cancels"
    ACTIVE = "active"
    OTHER = "other"
    """A state this version of Maple does not know: shown in Autumn's own word."""


def running_first(customer: Customer) -> list[Subscription]:
    """Autumn may list a plan that is yet to start before the one that runs."""
    return sorted(customer.subscriptions, key=lambda subscription: subscription.status == "scheduled")


def status(subscription: Subscription, now: datetime) -> Status:
    """The first that holds, in the order in which it matters to a person."""
    if subscription.status == "scheduled":
        return Status.SCHEDULED
    if subscription.past_due:
        return Status.PAST_DUE
    if subscription.trial_ends_at is not None and subscription.trial_ends_at > now:
        return Status.TRIAL
    if subscription.canceled_at is not None:
        return Status.CANCELS
    if subscription.status not in ("active", ""):
        return Status.OTHER
    return Status.ACTIVE
