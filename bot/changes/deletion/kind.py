"""Deleting a customer in Autumn. Never in Stripe: there everything goes on as it is."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from bot.access.rules import Kind
from bot.autumn.models import Subscription
from bot.changes import canonical
from bot.changes.common import joined, whose
from bot.changes.model import (
    DeletionInput,
    Facts,
    Judgement,
    Line,
    LineLabel,
    Needs,
    Note,
    NoteCode,
    Snapshot,
    ValueFormat,
    Verdict,
    Write,
)
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.products.plan_changes import is_free

MOST_ENTITIES = 1000
"""As many as Autumn shows of a customer's entities; there may be more."""


class DeletionChange:
    kind = Kind.DELETION
    needs = frozenset({Needs.BILLING, Needs.INVOICES, Needs.ENTITIES})

    def guard(self, asked: DeletionInput, facts: Facts, now: datetime) -> Judgement:  # noqa: ARG002 - as all kinds
        if notes := whose(asked, facts, old_ids=False):
            return Judgement(notes)
        if asked.typed != asked.customer:
            return Judgement((Note(NoteCode.ID_NOT_TYPED),))
        return Judgement((), tuple(_warnings(facts)))

    def snapshot(self, asked: DeletionInput, facts: Facts) -> Snapshot:  # noqa: ARG002 - as all kinds
        who = facts.customer
        return {
            "customer": who.id,
            "created_at": canonical.time_or_none(who.created_at),
            "charging": json.dumps(sorted(one.plan_id for one in _charging(facts))),
            "open_invoices": str(facts.unpaid.count if facts.unpaid else 0),
            "entities": str(len(facts.entities)),
        }

    def preview(self, asked: DeletionInput, facts: Facts) -> tuple[Line, ...]:
        lines = [Line(LineLabel.CUSTOMER, facts.customer.name or asked.customer, None)]
        for label, count, at_least in (
            (
                LineLabel.SUBSCRIPTIONS,
                len(facts.customer.subscriptions),
                _merged(facts.customer.subscriptions),
            ),
            (LineLabel.ENTITIES, len(facts.entities), len(facts.entities) >= MOST_ENTITIES),
        ):
            if count:
                lines.append(Line(label, str(count), None, ValueFormat.NUMBER, at_least=at_least))
        return tuple(lines)

    def amount(self, asked: DeletionInput, before: Snapshot) -> Decimal | None:  # noqa: ARG002 - as all kinds
        return None

    def holds(self, asked: DeletionInput, then: Snapshot, now: Snapshot) -> bool:  # noqa: ARG002 - as all kinds
        """Whoever approved it saw what is live; something else is live now: they must see that."""
        return then == now

    def plan(self, asked: DeletionInput, facts: Facts) -> tuple[Write, ...]:  # noqa: ARG002 - as all kinds
        # Without delete_in_stripe: Autumn says success even when Stripe refused.
        body = {"customer_id": asked.customer}
        return (Write("customers.delete", "POST", "/v1/customers.delete", body),)

    def verify(self, asked: DeletionInput, before: Snapshot, after: Snapshot | None) -> Verdict:  # noqa: ARG002
        """Gone, or made anew since: a company's backend often creates whom it does not find."""
        if after is None or after.get("created_at") != before.get("created_at"):
            return Verdict.APPLIED
        return Verdict.NOT_APPLIED

    def inverse(self, asked: DeletionInput, before: Snapshot, after: Snapshot) -> None:  # noqa: ARG002
        return None


def _charging(facts: Facts) -> list[Subscription]:
    """What Stripe goes on charging for, if it charges them at all: everything but plans known to be free."""
    return [one for one in facts.customer.subscriptions if not _free(one)]


def _merged(subscriptions: Iterable[Subscription]) -> bool:
    """Whether there may be more of them: Autumn shows one for all entities that hold the same plan."""
    return any(one.scope == "entity" for one in subscriptions)


def _free(one: Subscription) -> bool:
    plan = one.plan
    if plan is None:
        return one.auto_enable
    return is_free(plan)


def _warnings(facts: Facts) -> Iterator[Note]:
    charging = _charging(facts)
    if charging and facts.customer.stripe_id:
        plans = joined(one.plan_id for one in charging)
        details = {"plans": plans, "count": str(len(charging))}
        at_least = {"at_least": "yes"} if _merged(charging) else {}
        # The card keeps it: once the customer is deleted, Autumn does not tell any more.
        stripe = {"stripe": facts.customer.stripe_id}
        yield Note(NoteCode.KEEPS_CHARGING, details | at_least | stripe)
    if facts.billing is None:
        yield Note(NoteCode.STRIPE_UNREAD)
    else:
        for coming in facts.billing.upcoming or ():
            details = {"total": canonical.number(coming.total), "currency": coming.currency}
            at = canonical.time_or_none(coming.invoice_at) or ""
            yield Note(NoteCode.NEXT_CHARGE, {"at": at, **details})
    if facts.unpaid is not None:
        yield from _unpaid(facts.unpaid)
    if facts.entities:
        at_least = {"at_least": "yes"} if len(facts.entities) >= MOST_ENTITIES else {}
        yield Note(NoteCode.HAS_ENTITIES, {"count": str(len(facts.entities)), **at_least})
    if facts.customer.balances:
        yield Note(NoteCode.BALANCES_LOST, {"count": str(len(facts.customer.balances))})
    yield Note(NoteCode.NO_UNDO)


def _unpaid(unpaid: Unpaid) -> Iterator[Note]:
    for owed in unpaid.owed:
        details = {"count": str(owed.count), "total": canonical.number(owed.due), "currency": owed.currency}
        if unpaid.at_least:
            details["at_least"] = "yes"
        yield Note(NoteCode.OPEN_INVOICES, details)
