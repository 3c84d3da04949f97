"""A customer's subscriptions: the state each is in, and scheduled changes of plan. Pure.

Autumn gives the state in several fields, and shows a change of plan as two subscriptions: one is cancelled,
and one is scheduled to start when it ends.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.autumn.models import Customer, Plan, Purchase, Subscription


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


@dataclass(frozen=True, slots=True)
class PlanChange:
    ends: Subscription
    starts: Subscription
    at: datetime

    @property
    def to_free(self) -> bool:
        """Whether it is what a cancellation looks like if there is a free plan to fall back to."""
        return cost(self.starts) is Cost.FREE


def plan_changes(customer: Customer) -> tuple[PlanChange, ...]:
    """In the order in which the plans that end are listed. Add-ons end and start on their own.

    A plan follows one of its own group. Where the group is unknown, the two belong together only if neither
    could belong to another.
    """
    possible = _possible_changes(customer)
    changes: dict[int, PlanChange] = {}
    paired: set[int] = set()
    for change in possible:
        if _same_group(change) and paired.isdisjoint(_ids(change)):
            changes[id(change.ends)] = change
            paired.update(_ids(change))
    left = [change for change in possible if paired.isdisjoint(_ids(change))]
    uses = Counter(each for change in left for each in _ids(change))
    changes |= {id(change.ends): change for change in left if all(uses[each] == 1 for each in _ids(change))}
    return tuple(changes[id(held)] for held in customer.subscriptions if id(held) in changes)


def next_paid_change(customer: Customer) -> PlanChange | None:
    """The change that brings an invoice which Autumn does not preview: that of a product yet to start."""
    return next((change for change in plan_changes(customer) if not change.to_free), None)


def _possible_changes(customer: Customer) -> list[PlanChange]:
    """Those whose days and groups allow it; of each plan that ends, the nearest first."""
    scheduled: dict[tuple[str, date], list[tuple[datetime, Subscription]]] = {}
    for subscription in customer.subscriptions:
        if (
            subscription.status == "scheduled"
            and not subscription.add_on
            and subscription.started_at is not None
        ):
            scheduled.setdefault((subscription.scope, subscription.started_at.date()), []).append(
                (subscription.started_at, subscription)
            )
    possible = []
    for ending in customer.subscriptions if scheduled else ():
        if ending.status == "scheduled" or ending.add_on or ending.canceled_at is None:
            continue
        for day in _days_around(ending.expires_at):
            for at, starting in scheduled.get((ending.scope, day), ()):
                change = PlanChange(ending, starting, at)
                if _same_group(change) is not False:
                    possible.append(change)
    return possible


def _same_group(change: PlanChange) -> bool | None:
    """None if Autumn left a plan out: then its group is unknown."""
    ends, starts = change.ends.plan, change.starts.plan
    return None if ends is None or starts is None else ends.group == starts.group


def _ids(change: PlanChange) -> tuple[int, int]:
    return id(change.ends), id(change.starts)


class ByEnding:
    """A customer's changes by the subscription that ends, worked out once for all of them."""

    def __init__(self, customer: Customer) -> None:
        self._changes = {id(change.ends): change for change in plan_changes(customer)}

    def of(self, ending: Subscription) -> PlanChange | None:
        """None when it ends without a change, or not at all. One of this customer's own, as it was read."""
        return self._changes.get(id(ending))


class Cost(StrEnum):
    PAID = "paid"
    FREE = "free"
    UNKNOWN = "unknown"


def cost(held: Subscription | Purchase) -> Cost:
    """Whether a product costs something. A customer's answer leaves out the prices of what entities hold."""
    if held.plan is None:
        return Cost.UNKNOWN
    if not is_free(held.plan):
        return Cost.PAID
    return Cost.UNKNOWN if held.scope == "entity" and not held.plan.complete else Cost.FREE


def is_free(plan: Plan) -> bool:
    """Of a product as the list of all products has it; of one that is held, ask for its `cost`."""
    return plan.price is None and all(item.price is None for item in plan.items)


def is_one_time(plan: Plan) -> bool:
    """Whether all that it costs is paid once."""
    intervals = [plan.price.interval] if plan.price else []
    intervals += [item.price.interval for item in plan.items if item.price]
    return bool(intervals) and all(interval == "one_off" for interval in intervals)


def _days_around(at: datetime | None) -> tuple[date, ...]:
    """The day, the one before and the one after: what belongs together may be recorded a few hours apart."""
    if at is None:
        return ()
    day = at.date().toordinal()
    return tuple(
        date.fromordinal(number) for number in (day, day - 1, day + 1) if 0 < number <= date.max.toordinal()
    )
