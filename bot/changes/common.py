"""What several kinds of change check alike."""

import re
from collections.abc import Iterable, Mapping

from bot.autumn.models import Customer
from bot.changes.canonical import same_time
from bot.changes.model import ChangeInput, Facts, Verdict
from bot.changes.notes import CommonNote, Note

_TAKEN_BY_WRITES = re.compile(r"[a-zA-Z0-9_:-]+")


def identity_refusals(request: ChangeInput, facts: Facts, *, old_ids: bool) -> tuple[Note, ...]:
    """Refusals for a customer that cannot be written to under this id.

    `old_ids`: whether the write takes ids of the form that older customers may have, such as an email
    address. Balances, coupons and promo codes do; details and deletions do not.
    """
    if facts.customer.id != request.customer:
        return (Note(CommonNote.OTHER_CUSTOMER),)
    if recreated(request, facts.customer):
        return (Note(CommonNote.RECREATED),)
    if facts.entity_gone:
        return (Note(CommonNote.ENTITY_GONE),)
    if not old_ids and not _TAKEN_BY_WRITES.fullmatch(request.customer):
        return (Note(CommonNote.OLD_ID),)
    return ()


def recreated(request: ChangeInput, customer: Customer) -> bool:
    """Whether this is a later customer, with the id of the one that the change is for."""
    created_at = request.customer_created_at
    return created_at is not None and not same_time(created_at, customer.created_at)


def entity_of(request: ChangeInput) -> Mapping[str, str]:
    """For the body of a write. An entity's balance is not changed without it, and Autumn says nothing."""
    return {"entity_id": request.entity} if request.entity else {}


def agreed(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on a change of several parts, which Autumn does one by one: UNCLEAR if the parts differ."""
    distinct = set(verdicts)
    return distinct.pop() if len(distinct) == 1 else Verdict.UNCLEAR


def joined(names: Iterable[str]) -> str:
    """For a note's details: comma-separated, each once, in order."""
    return ", ".join(dict.fromkeys(names))
