"""A standalone grant as a line of a list: `acme,messages,500,month`."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.changes import line_form
from bot.changes.grant import words
from bot.changes.grant.input import INTERVALS, GrantInput, grant_id
from bot.changes.line_form import LineForm, LineReader
from bot.changes.model import Facts
from bot.changes.notes import Note
from bot.changes.standalone import GrantSize

_WHAT = "feature"
_FOR_GOOD = "for good"
_TERMS = {
    _FOR_GOOD: (_FOR_GOOD,),
    **{each: (f"every {words.INTERVAL_NAMES[each]}", words.INTERVAL_NAMES[each]) for each in INTERVALS},
}
"""By interval, and for good."""
_OR_A_DATE = "a date like 2026-12-31"


@dataclass(frozen=True, slots=True)
class ListedGrant:
    feature: str
    amount: Decimal | None
    """None without a size of its own."""
    unlimited: bool
    every: str = ""
    expires_at: datetime | None = None


def read(line: LineReader) -> ListedGrant:
    """For good where nothing else is said."""
    feature = line.about(_WHAT)
    unlimited = line_form.tidy(line.cells.amount) == words.UNLIMITED
    amount = None if unlimited or not line.cells.amount else line.figure()
    expires_at = line_form.parse_day(line.cells.action)
    term = _FOR_GOOD if expires_at else line.action(_TERMS, _FOR_GOOD, also=_OR_A_DATE)
    return ListedGrant(feature, amount, unlimited, "" if term == _FOR_GOOD else term, expires_at)


def fill(listed: ListedGrant, facts: Facts, unique: str) -> GrantInput | Note:
    feature = line_form.known(_WHAT, listed.feature, line_form.features(facts))
    if isinstance(feature, Note):
        return feature
    return GrantInput(
        customer=facts.customer.id or "",
        feature=feature,
        grant=grant_id(unique),
        size=_size(listed, feature, facts),
        amount=listed.amount,
        expires_at=listed.expires_at,
        every=listed.every,
    )


def _size(listed: ListedGrant, feature: str, facts: Facts) -> GrantSize:
    """Without an amount it can only be a feature that is on or off; if it is none, the guard asks for one."""
    if listed.unlimited:
        return GrantSize.UNLIMITED
    known = facts.features.get(feature)
    switch = known is not None and known.type == "boolean" and listed.amount is None
    return GrantSize.SWITCH if switch else GrantSize.AMOUNT


LINE = LineForm(words.LINE_USAGE, read, fill)
