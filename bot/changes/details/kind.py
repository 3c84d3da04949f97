"""A customer's name, email and fingerprint. Never the id, nor the link to Stripe."""

from collections.abc import Sequence
from datetime import datetime

from bot.autumn.write import Write
from bot.changes import words as changes_words
from bot.changes.common import agreed
from bot.changes.details import words
from bot.changes.details.form import FORM
from bot.changes.details.request import (
    DetailsInput,
    changed_details,
    details_of,
    guard,
    requested_details,
)
from bot.changes.details.words import DetailsLine, DetailsNote
from bot.changes.lines import Line, value_bullet
from bot.changes.model import Facts, Judgement, Snapshot, Verdict
from bot.changes.notes import Names
from bot.changes.spec import UPDATE_CUSTOMER, ChangeKind, KeyScope
from bot.kit import text

_LINES = {"name": DetailsLine.NAME, "email": DetailsLine.EMAIL, "fingerprint": DetailsLine.FINGERPRINT}
"""By the field of the customer."""


class DetailsChange(ChangeKind[DetailsInput]):
    id = "details"
    command = "update"
    button = words.BUTTON
    title = words.TITLE
    heading = words.HEADING
    help = words.HELP
    offered_on = frozenset({"overview"})
    input = DetailsInput
    form = FORM
    notes = DetailsNote
    lines = DetailsLine
    scopes = (KeyScope("customers:write", "edit customers' details", UPDATE_CUSTOMER),)

    def email_to_check(self, request: DetailsInput) -> str:
        return request.email or ""

    def guard(self, request: DetailsInput, facts: Facts, now: datetime) -> Judgement:  # noqa: ARG002
        return guard(request, facts)

    def snapshot(self, request: DetailsInput, facts: Facts) -> Snapshot:  # noqa: ARG002
        return details_of(facts)

    def preview(self, request: DetailsInput, facts: Facts) -> tuple[Line, ...]:
        before = details_of(facts)
        changed = changed_details(request, before)
        return tuple(Line(_LINES[name], before[name], value) for name, value in changed.items())

    def holds(self, request: DetailsInput, previewed: Snapshot, current: Snapshot) -> bool:
        return all(previewed.get(name) == current.get(name) for name in requested_details(request))

    def plan(self, request: DetailsInput, facts: Facts) -> tuple[Write, ...]:
        changed = changed_details(request, details_of(facts))
        body = {"customer_id": request.customer, **changed}
        return (Write("customers.update", "POST", "/v1/customers.update", body),)

    def verify(self, request: DetailsInput, before: Snapshot, after: Snapshot | None) -> Verdict:
        """Usage never changes these. If someone else did, a person has to decide."""
        if after is None:
            return Verdict.UNCLEAR
        changed = changed_details(request, before)
        return agreed(_became(before.get(name), value, after.get(name)) for name, value in changed.items())

    def inverse(self, request: DetailsInput, before: Snapshot, after: Snapshot) -> DetailsInput | None:  # noqa: ARG002
        back = {name: before.get(name) or "" for name in changed_details(request, before)}
        return DetailsInput(customer=request.customer, **back) if back else None

    def summary(self, request: DetailsInput, names: Names) -> str:  # noqa: ARG002
        return words.edit(list(requested_details(request)))

    def shown_now(self, request: DetailsInput, before: Snapshot, after: Snapshot) -> Sequence[str]:  # noqa: ARG002
        return [
            value_bullet(_LINES[name], text.mrkdwn(after.get(name) or "", 100) or changes_words.ABSENT)
            for name in requested_details(request)
        ]

    def sample(self, customer: str) -> DetailsInput:
        return DetailsInput(customer=customer, name="Maple Sample Ltd")


def _became(was: str | None, requested: str | None, now: str | None) -> Verdict:
    if now == requested:
        return Verdict.APPLIED
    return Verdict.NOT_APPLIED if now == was else Verdict.UNCLEAR
