"""What several kinds of change check alike."""

import re
from collections.abc import Iterable

from bot.autumn.models import Customer
from bot.changes.canonical import same_time
from bot.changes.model import AnyInput, Facts, Note, NoteCode, Verdict

_TAKEN_BY_WRITES = re.compile(r"[a-zA-Z0-9_:-]+")


def whose(asked: AnyInput, facts: Facts, *, old_ids: bool) -> tuple[Note, ...]:
    """Refusals for a customer that cannot be written to under this id.

    `old_ids`: whether the write takes ids of the form that older customers may have, such as an e-mail
    address. Balances, coupons and promo codes do; details and deletions do not.
    """
    if facts.customer.id != asked.customer:
        return (Note(NoteCode.OTHER_CUSTOMER),)
    if recreated(asked, facts.customer):
        return (Note(NoteCode.RECREATED),)
    if not old_ids and not _TAKEN_BY_WRITES.fullmatch(asked.customer):
        return (Note(NoteCode.OLD_ID),)
    return ()


def recreated(asked: AnyInput, customer: Customer) -> bool:
    """Whether this is a later customer, with the id of the one that the change is for."""
    known = asked.customer_created_at
    return known is not None and not same_time(known, customer.created_at)


def agreed(verdicts: Iterable[Verdict]) -> Verdict:
    """Of the parts of a change, which Autumn does one after the other: a half is neither."""
    each = set(verdicts)
    return each.pop() if len(each) == 1 else Verdict.UNCLEAR


def joined(names: Iterable[str]) -> str:
    """For a note's details: comma-separated, each once, in order."""
    return ", ".join(dict.fromkeys(names))
