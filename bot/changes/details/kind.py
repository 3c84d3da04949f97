"""A customer's name, e-mail and fingerprint. Never the id, nor the link to Stripe."""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from bot.access.rules import Kind
from bot.changes.common import agreed, joined, whose
from bot.changes.model import (
    DetailsInput,
    Facts,
    Judgement,
    Line,
    LineLabel,
    Needs,
    Note,
    NoteCode,
    Snapshot,
    Verdict,
    Write,
)
from bot.kit.visible import hides

_FIELDS = ("name", "email", "fingerprint")
_IN_STRIPE = ("name", "email")
_TOO_LONG = {
    "name": (256, NoteCode.NAME_TOO_LONG),
    "email": (254, NoteCode.EMAIL_TOO_LONG),
    "fingerprint": (256, NoteCode.FINGERPRINT_TOO_LONG),
}
_EMAIL = re.compile(r"[^\s@\"<>()\[\],;:]{1,64}@[^\s@\"<>()\[\],;:]+\.[^\s@.\"<>()\[\],;:]{2,}")


class DetailsChange:
    kind = Kind.DETAILS
    needs = frozenset({Needs.EMAIL})

    def guard(self, asked: DetailsInput, facts: Facts, now: datetime) -> Judgement:  # noqa: ARG002 - as all kinds
        if notes := whose(asked, facts, old_ids=False):
            return Judgement(notes)
        changed = _changed(asked, self.snapshot(asked, facts))
        if not changed:
            return Judgement((Note(NoteCode.NOTHING_TO_DO),))
        refusals = tuple(note for name, value in changed.items() for note in _wrong(name, value or ""))
        return Judgement(refusals) if refusals else Judgement((), tuple(_warnings(changed, facts)))

    def snapshot(self, asked: DetailsInput, facts: Facts) -> Snapshot:  # noqa: ARG002 - as all kinds
        who = facts.customer
        return {"name": who.name or None, "email": who.email or None, "fingerprint": who.fingerprint or None}

    def preview(self, asked: DetailsInput, facts: Facts) -> tuple[Line, ...]:
        before = self.snapshot(asked, facts)
        return tuple(
            Line(LineLabel(name), before[name], value) for name, value in _changed(asked, before).items()
        )

    def amount(self, asked: DetailsInput, before: Snapshot) -> Decimal | None:  # noqa: ARG002 - as all kinds
        return None

    def holds(self, asked: DetailsInput, then: Snapshot, now: Snapshot) -> bool:
        return all(then.get(name) == now.get(name) for name in _asked(asked))

    def plan(self, asked: DetailsInput, facts: Facts) -> tuple[Write, ...]:
        changed = _changed(asked, self.snapshot(asked, facts))
        body = {"customer_id": asked.customer, **changed}
        return (Write("customers.update", "POST", "/v1/customers.update", body),)

    def verify(self, asked: DetailsInput, before: Snapshot, after: Snapshot | None) -> Verdict:
        """Usage does not touch these; another hand may, and then it is for a person to say."""
        if after is None:
            return Verdict.UNCLEAR
        changed = _changed(asked, before)
        return agreed(_became(before.get(name), value, after.get(name)) for name, value in changed.items())

    def inverse(self, asked: DetailsInput, before: Snapshot, after: Snapshot) -> DetailsInput | None:  # noqa: ARG002
        back = {name: before.get(name) or "" for name in _changed(asked, before)}
        return DetailsInput(customer=asked.customer, **back) if back else None


def _became(was: str | None, wanted: str | None, now: str | None) -> Verdict:
    if now == wanted:
        return Verdict.APPLIED
    return Verdict.NOT_APPLIED if now == was else Verdict.UNCLEAR


def _asked(asked: DetailsInput) -> dict[str, str | None]:
    """What is to become of each field asked for; None to clear it."""
    values: dict[str, str | None] = {name: getattr(asked, name) for name in _FIELDS}
    return {name: value or None for name, value in values.items() if value is not None}


def _changed(asked: DetailsInput, before: Snapshot) -> dict[str, str | None]:
    return {name: value for name, value in _asked(asked).items() if value != before.get(name)}


def _wrong(name: str, value: str) -> Iterator[Note]:
    most, too_long = _TOO_LONG[name]
    if len(value) > most:
        yield Note(too_long, {"most": str(most)})
    elif hides(value):
        yield Note(NoteCode.BAD_TEXT, {"field": name})
    elif name == "email" and value and not _EMAIL.fullmatch(value):
        yield Note(NoteCode.BAD_EMAIL)


def _warnings(changed: dict[str, str | None], facts: Facts) -> Iterator[Note]:
    if facts.customer.stripe_id:
        set_, cleared = (
            [name for name in _IN_STRIPE if name in changed and (changed[name] is None) == empty]
            for empty in (False, True)
        )
        if set_:
            yield Note(NoteCode.ALSO_IN_STRIPE, {"fields": joined(set_)})
        if cleared:
            yield Note(NoteCode.NOT_CLEARED_IN_STRIPE, {"fields": joined(cleared)})
    if facts.same_email and changed.get("email"):
        yield Note(NoteCode.SAME_EMAIL, {"count": str(facts.same_email)})
