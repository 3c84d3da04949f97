"""New details of a customer, as they are requested, and why they are refused."""

import re
from collections.abc import Iterator
from typing import Literal

from bot.changes.common import identity_refusals, joined
from bot.changes.details.words import DetailsNote
from bot.changes.model import ChangeInput, Facts, Judgement, Snapshot
from bot.changes.notes import CommonNote, Note
from bot.kit.visible import hides

_FIELDS = ("name", "email", "fingerprint")
_IN_STRIPE = ("name", "email")
_TOO_LONG = {
    "name": (256, DetailsNote.NAME_TOO_LONG),
    "email": (254, DetailsNote.EMAIL_TOO_LONG),
    "fingerprint": (256, DetailsNote.FINGERPRINT_TOO_LONG),
}
_EMAIL = re.compile(r"[^\s@\"<>()\[\],;:]{1,64}@[^\s@\"<>()\[\],;:]+\.[^\s@.\"<>()\[\],;:]{2,}")


class DetailsInput(ChangeInput):
    """None leaves a field alone, an empty text clears it."""

    kind: Literal["details"] = "details"
    name: str | None = None
    email: str | None = None
    fingerprint: str | None = None


def guard(request: DetailsInput, facts: Facts) -> Judgement:
    if notes := identity_refusals(request, facts, old_ids=False):
        return Judgement(notes)
    changed = changed_details(request, details_of(facts))
    if not changed:
        return Judgement((Note(CommonNote.NOTHING_TO_DO),))
    refusals = tuple(note for name, value in changed.items() for note in _wrong(name, value or ""))
    return Judgement(refusals) if refusals else Judgement((), tuple(_warnings(changed, facts)))


def details_of(facts: Facts) -> Snapshot:
    """What the customer has of each field."""
    customer = facts.customer
    return {
        "name": customer.name or None,
        "email": customer.email or None,
        "fingerprint": customer.fingerprint or None,
    }


def requested_details(request: DetailsInput) -> dict[str, str | None]:
    """The requested value of each field that is named; None to clear it."""
    values: dict[str, str | None] = {name: getattr(request, name) for name in _FIELDS}
    return {name: value or None for name, value in values.items() if value is not None}


def changed_details(request: DetailsInput, before: Snapshot) -> dict[str, str | None]:
    return {name: value for name, value in requested_details(request).items() if value != before.get(name)}


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
