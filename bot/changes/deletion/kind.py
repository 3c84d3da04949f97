"""Deleting a customer in Autumn. Never in Stripe: nothing changes there."""

import json
from collections.abc import Sequence
from datetime import datetime

from bot.autumn.write import Write
from bot.changes import canonical, notes
from bot.changes.deletion import words
from bot.changes.deletion.form import FORM
from bot.changes.deletion.request import MOST_ENTITIES, DeletionInput, charging, guard, merged
from bot.changes.deletion.words import DeletionLine, DeletionNote
from bot.changes.lines import Line, ValueFormat, value_bullet
from bot.changes.model import Facts, Judgement, Needs, Snapshot, Verdict
from bot.changes.notes import Names, Note
from bot.changes.spec import UPDATE_CUSTOMER, ChangeKind, Confirmation, KeyScope
from bot.changes.words import ABSENT
from bot.kit import links, text
from bot.lookups.products.subscriptions import Cost

_GOES_ON = (
    DeletionNote.KEEPS_CHARGING,
    DeletionNote.MAY_KEEP_CHARGING,
    DeletionNote.NEXT_CHARGE,
    DeletionNote.OPEN_INVOICES,
)


class DeletionChange(ChangeKind[DeletionInput]):
    id = "deletion"
    command = "delete"
    button = words.BUTTON
    title = words.TITLE
    heading = words.HEADING
    help = words.HELP
    offered_on = frozenset({"overview"})
    danger = True
    confirm_approval = Confirmation(words.APPROVE_TITLE, words.APPROVE_TEXT)
    removes_customer = True
    input = DeletionInput
    form = FORM
    notes = DeletionNote
    lines = DeletionLine
    # Probed by an update: it needs the same scope, and could do nothing even if the customer existed.
    scopes = (KeyScope("customers:write", "delete customers", UPDATE_CUSTOMER),)
    needs = frozenset({Needs.BILLING_IF_READ, Needs.INVOICES, Needs.ENTITIES})
    named_only = True

    def guard(self, request: DeletionInput, facts: Facts, now: datetime) -> Judgement:  # noqa: ARG002
        return guard(request, facts)

    def snapshot(self, request: DeletionInput, facts: Facts) -> Snapshot:  # noqa: ARG002
        customer = facts.customer
        return {
            "customer": customer.id,
            "created_at": canonical.time_or_none(customer.created_at),
            "charging": json.dumps(
                sorted(subscription.plan_id for subscription in charging(facts, Cost.PAID, Cost.UNKNOWN))
            ),
            "open_invoices": str(facts.unpaid.count if facts.unpaid else 0),
            "entities": str(len(facts.entities)),
        }

    def preview(self, request: DeletionInput, facts: Facts) -> tuple[Line, ...]:
        subscriptions, entities = facts.customer.subscriptions, facts.entities
        lines = [Line(DeletionLine.CUSTOMER, facts.customer.name or request.customer, None)]
        for label, count, at_least in (
            (DeletionLine.SUBSCRIPTIONS, len(subscriptions), merged(subscriptions)),
            (DeletionLine.ENTITIES, len(entities), len(entities) >= MOST_ENTITIES),
        ):
            if count:
                lines.append(Line(label, str(count), None, ValueFormat.NUMBER, at_least=at_least))
        return tuple(lines)

    def plan(self, request: DeletionInput, facts: Facts) -> tuple[Write, ...]:  # noqa: ARG002
        # Without delete_in_stripe: with it, Autumn reports success even when Stripe refused.
        body = {"customer_id": request.customer}
        return (Write("customers.delete", "POST", "/v1/customers.delete", body),)

    def verify(self, request: DeletionInput, before: Snapshot, after: Snapshot | None) -> Verdict:  # noqa: ARG002
        """Gone, or created again since: a company's backend often creates a customer it does not find."""
        if after is None or after.get("created_at") != before.get("created_at"):
            return Verdict.APPLIED
        return Verdict.NOT_APPLIED

    def summary(self, request: DeletionInput, names: Names) -> str:  # noqa: ARG002
        return words.SUMMARY

    def shown_now(self, request: DeletionInput, before: Snapshot, after: Snapshot) -> Sequence[str]:  # noqa: ARG002
        return [value_bullet(DeletionLine.CUSTOMER, text.code(after.get("customer") or "") or ABSENT)]

    def left_in_stripe(
        self, warnings: Sequence[Note], names: Names, *, environment: str, applied: bool
    ) -> Sequence[str]:
        """Kept on the card: once the customer is deleted, Autumn no longer says."""
        going_on = [note for note in warnings if note.code in _GOES_ON]
        lines = []
        if going_on and applied:
            lines += notes.listed(words.TO_DO_IN_STRIPE, going_on, names).split("\n")
        stripe_ids = dict.fromkeys(note.details["stripe"] for note in going_on if "stripe" in note.details)
        lines += [
            links.linked(links.stripe(stripe_id, environment), words.IN_STRIPE) for stripe_id in stripe_ids
        ]
        return lines

    def sample(self, customer: str) -> DeletionInput:
        return DeletionInput(customer=customer, typed=customer)
