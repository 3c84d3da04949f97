"""A customer's name, email and fingerprint. Never the id, nor the link to Stripe."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.autumn.write import Write
from bot.changes import words as changes_words
from bot.changes.common import agreed, identity_refusals, joined
from bot.changes.common_notes import CommonNote
from bot.changes.details import words
from bot.changes.details.form import FORM
from bot.changes.details.input import DetailsInput
from bot.changes.details.words import DetailsLine, DetailsNote
from bot.changes.lines import Line, value_bullet
from bot.changes.model import Facts, Judgement, Snapshot, Verdict
from bot.changes.notes import Names, Note
from bot.changes.probes import UPDATE_CUSTOMER
from bot.changes.spec import ChangeKind, KeyScope
from bot.kit import text
from bot.kit.visible import hides

_LINES = {"name": DetailsLine.NAME, "email": DetailsLine.EMAIL, "fingerprint": DetailsLine.FINGERPRINT}
"""By the field of the customer."""
_IN_STRIPE = ("name", "email")
_TOO_LONG = {
    "name": (256, DetailsNote.NAME_TOO_LONG),
    "email": (254, DetailsNote.EMAIL_TOO_LONG),
    "fingerprint": (256, DetailsNote.FINGERPRINT_TOO_LONG),
}
_EMAIL = re.compile(r"[^\s@\"<>()\[\],;:]{1,64}@[^\s@\"<>()\[\],;:]+\.[^\s@.\"<>()\[\],;:]{2,}")


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
        if notes := identity_refusals(request, facts, old_ids=False):
            return Judgement(notes)
        changed = _changed(request, self.snapshot(request, facts))
        if not changed:
            return Judgement((Note(CommonNote.NOTHING_TO_DO),))
        refusals = tuple(note for name, value in changed.items() for note in _wrong(name, value or ""))
        return Judgement(refusals) if refusals else Judgement((), tuple(_warnings(changed, facts)))

    def snapshot(self, request: DetailsInput, facts: Facts) -> Snapshot:  # noqa: ARG002
        customer = facts.customer
        return {
            "name": customer.name or None,
            "email": customer.email or None,
            "fingerprint": customer.fingerprint or None,
        }

    def preview(self, request: DetailsInput, facts: Facts) -> tuple[Line, ...]:
        before = self.snapshot(request, facts)
        return tuple(
            Line(_LINES[name], before[name], value) for name, value in _changed(request, before).items()
        )

    def holds(self, request: DetailsInput, previewed: Snapshot, current: Snapshot) -> bool:
        return all(previewed.get(name) == current.get(name) for name in _requested(request))

    def plan(self, request: DetailsInput, facts: Facts) -> tuple[Write, ...]:
        changed = _changed(request, self.snapshot(request, facts))
        body = {"customer_id": request.customer, **changed}
        return (Write("customers.update", "POST", "/v1/customers.update", body),)

    def verify(self, request: DetailsInput, before: Snapshot, after: Snapshot | None) -> Verdict:
        """Usage never changes these. If someone else did, a person has to decide."""
        if after is None:
            return Verdict.UNCLEAR
        changed = _changed(request, before)
        return agreed(_became(before.get(name), value, after.get(name)) for name, value in changed.items())

    def inverse(self, request: DetailsInput, before: Snapshot, after: Snapshot) -> DetailsInput | None:  # noqa: ARG002
        back = {name: before.get(name) or "" for name in _changed(request, before)}
        return DetailsInput(customer=request.customer, **back) if back else None

    def summary(self, request: DetailsInput, names: Names) -> str:  # noqa: ARG002
        return words.edit(list(_requested(request)))

    def shown_now(self, request: DetailsInput, before: Snapshot, after: Snapshot) -> Sequence[str]:  # noqa: ARG002
        return [
            value_bullet(_LINES[name], text.mrkdwn(after.get(name) or "", 100) or changes_words.ABSENT)
            for name in _requested(request)
        ]

    def sample(self, customer: str) -> DetailsInput:
        return DetailsInput(customer=customer, name="Maple Sample Ltd")


def _became(was: str | None, wanted: str | None, now: str | None) -> Verdict:
    if now == wanted:
        return Verdict.APPLIED
    return Verdict.NOT_APPLIED if now == was else Verdict.UNCLEAR


def _requested(request: DetailsInput) -> dict[str, str | None]:
    """What is to become of each field request for; None to clear it."""
    values: dict[str, str | None] = {name: getattr(request, name) for name in _LINES}
    return {name: value or None for name, value in values.items() if value is not None}


def _changed(request: DetailsInput, before: Snapshot) -> dict[str, str | None]:
    return {name: value for name, value in _requested(request).items() if value != before.get(name)}


def _wrong(name: str, value: str) -> Iterator[Note]:
    most, too_long = _TOO_LONG[name]
    if len(value) > most:
        yield Note(too_long, {"most": str(most)})
    elif hides(value):
        yield Note(DetailsNote.BAD_TEXT, {"field": name})
    elif name == "email" and value and not _EMAIL.fullmatch(value):
        yield Note(DetailsNote.BAD_EMAIL)


def _warnings(changed: dict[str, str | None], facts: Facts) -> Iterator[Note]:
    if facts.customer.stripe_id:
        set_, cleared = (
            [name for name in _IN_STRIPE if name in changed and (changed[name] is None) == empty]
            for empty in (False, True)
        )
        if set_:
            yield Note(DetailsNote.ALSO_IN_STRIPE, {"fields": joined(set_)})
        if cleared:
            yield Note(DetailsNote.NOT_CLEARED_IN_STRIPE, {"fields": joined(cleared)})
    if facts.same_email and changed.get("email"):
        yield Note(DetailsNote.SAME_EMAIL, {"count": str(facts.same_email)})
