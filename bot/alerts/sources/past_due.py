"""A payment of a subscription failed or is late.

Autumn sends no message about a failed payment itself. It reports the status that follows: a subscription that
is past due, in `billing.updated` and in its list of customers, which Maple looks through as well. Both name
the period that is unpaid, so each such period is one event.
"""

import json
from collections.abc import Iterator
from datetime import datetime

from bot.alerts.model import Occurrence
from bot.alerts.sources.source import AlertSource, Data, EventNames, a_number, a_part, about, an_id, parts
from bot.kit import times

KEY = "past_due"


def occurrence(customer: str, plan: str, period_start: float | None, *, entity: str = "") -> Occurrence:
    """A subscription of a customer that is past due. `period_start`: epoch milliseconds."""
    identity = json.dumps([customer, plan, None if period_start is None else round(period_start)])
    return Occurrence(customer, entity=entity, plans=(plan,), identity=identity)


def polled(customer: str, plans: tuple[str, ...], billed_at: datetime | None) -> Iterator[Occurrence]:
    """The same, as a look through Autumn's customers finds it."""
    start = None if billed_at is None else times.milliseconds(billed_at)
    return (occurrence(customer, plan, start) for plan in plans)


def _read(data: Data) -> Iterator[Occurrence]:
    for reported in about(data):
        for change in parts(data, "plan_changes"):
            subscription = a_part(change, "subscription")
            plan = an_id(subscription, "plan_id")
            became = subscription.get("past_due") is True and _was_not(change)
            if plan and became:
                start = a_number(subscription, "current_period_start")
                yield occurrence(reported.customer, plan, start, entity=reported.entity)


def _was_not(change: Data) -> bool:
    return a_part(change, "previous_attributes").get("past_due") is False


def _tell(occurrence: Occurrence, names: EventNames) -> str:
    return f"{' and '.join(map(names.plan, occurrence.plans))} is past due: a payment failed or is late."


SOURCE = AlertSource(
    key=KEY,
    title="Past due",
    hint="A payment failed or is late, so a subscription is past due",
    emoji=":rotating_light:",
    message="billing.updated",
    read=_read,
    tell=_tell,
)
