"""The deletion of a customer, as it is requested, and why it is refused."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

from bot.autumn.models import Subscription
from bot.changes import canonical
from bot.changes.common import identity_refusals, joined
from bot.changes.deletion.words import DeletionNote
from bot.changes.model import ChangeInput, Facts, Judgement
from bot.changes.notes import CommonNote, Note
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.products.subscriptions import Cost, cost

MOST_ENTITIES = 1000
"""Autumn shows no more of a customer's entities; there may be more."""


class DeletionInput(ChangeInput):
    kind: Literal["deletion"] = "deletion"
    typed: str
    """The customer's id as the person typed it."""


def guard(request: DeletionInput, facts: Facts) -> Judgement:
    if notes := identity_refusals(request, facts, old_ids=False):
        return Judgement(notes)
    if request.typed != request.customer:
        return Judgement((Note(DeletionNote.ID_NOT_TYPED),))
    return Judgement((), tuple(_warnings(facts)))


def charging(facts: Facts, *costs: Cost) -> list[Subscription]:
    """What does not end by itself, of these costs: what Stripe keeps charging for, if it charges them at
    all."""
    return [
        subscription
        for subscription in facts.customer.subscriptions
        if cost(subscription) in costs and _ends_at(subscription) is None
    ]


def merged(subscriptions: Iterable[Subscription]) -> bool:
    """Whether there may be more of them: Autumn shows one for all entities that hold the same plan."""
    return any(subscription.scope == "entity" for subscription in subscriptions)


def _ends_at(subscription: Subscription) -> datetime | None:
    """When it ends in Stripe by itself; None unless it is cancelled already. Of the subscriptions of entities
    that Autumn shows as one, others may go on."""
    if subscription.canceled_at is None or subscription.scope == "entity":
        return None
    return subscription.expires_at


def _warnings(facts: Facts) -> Iterator[Note]:
    if facts.customer.stripe_id:
        yield from _going_on(facts, facts.customer.stripe_id)
        yield from _ending(facts)
    if facts.billing is None:
        yield Note(DeletionNote.STRIPE_UNREAD)
    else:
        for coming in facts.billing.upcoming or ():
            details = {"total": canonical.number(coming.total), "currency": coming.currency}
            at = canonical.time_or_none(coming.invoice_at) or ""
            yield Note(DeletionNote.NEXT_CHARGE, {"at": at, **details})
    if facts.unpaid is not None:
        yield from _unpaid(facts.unpaid)
    if facts.entities:
        at_least = {"at_least": "yes"} if len(facts.entities) >= MOST_ENTITIES else {}
        yield Note(DeletionNote.HAS_ENTITIES, {"count": str(len(facts.entities)), **at_least})
    if facts.customer.balances:
        yield Note(DeletionNote.BALANCES_LOST, {"count": str(len(facts.customer.balances))})
    yield Note(CommonNote.NO_UNDO)


def _going_on(facts: Facts, stripe_id: str) -> Iterator[Note]:
    for code, cost_of_it in (
        (DeletionNote.KEEPS_CHARGING, Cost.PAID),
        (DeletionNote.MAY_KEEP_CHARGING, Cost.UNKNOWN),
    ):
        if charged := charging(facts, cost_of_it):
            plans = joined(subscription.plan_id for subscription in charged)
            at_least = {"at_least": "yes"} if merged(charged) else {}
            # The card keeps it: once the customer is deleted, Autumn no longer says.
            stripe = {"stripe": stripe_id}
            yield Note(code, {"plans": plans, "count": str(len(charged)), **at_least, **stripe})


def _ending(facts: Facts) -> Iterator[Note]:
    for subscription in facts.customer.subscriptions:
        at = canonical.time_or_none(_ends_at(subscription))
        if at is not None and cost(subscription) is not Cost.FREE:
            yield Note(DeletionNote.ENDS_IN_STRIPE, {"plan": subscription.plan_id, "at": at})


def _unpaid(unpaid: Unpaid) -> Iterator[Note]:
    for owed in unpaid.owed:
        details = {"count": str(owed.count), "total": canonical.number(owed.due), "currency": owed.currency}
        if unpaid.at_least:
            details["at_least"] = "yes"
        yield Note(DeletionNote.OPEN_INVOICES, details)
