"""A standalone grant, as it is requested, and why it is refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from pydantic import AwareDatetime

from bot.autumn.models import Balance, Feature
from bot.changes import amounts, canonical, line_form, standalone
from bot.changes.amounts import AmountNote
from bot.changes.common import identity_refusals
from bot.changes.grant import words
from bot.changes.grant.words import GrantNote
from bot.changes.line_form import LineForm, LineReader
from bot.changes.model import ChangeInput, Facts, Judgement
from bot.changes.notes import CommonNote, Note
from bot.changes.standalone import MAPLE_ID, GrantSize

INTERVALS = ("hour", "day", "week", "month", "quarter", "semi_annual", "year")
"""How often Autumn refills a balance, as a person picks it."""
_FARTHEST = timedelta(days=3660)


class GrantInput(ChangeInput):
    kind: Literal["grant"] = "grant"
    feature: str
    grant: str
    """The grant's id: Autumn takes each only once for a customer, so a grant cannot be given twice."""
    size: GrantSize
    amount: Decimal | None = None
    """In units of the feature; None if the size is not an amount, or no amount was given."""
    expires_at: AwareDatetime | None = None
    every: str = ""
    """How often it refills; empty for a grant that is given once."""
    every_count: int = 1
    resets_at: AwareDatetime | None = None
    """For an undo: when it is to refill next."""
    left: Decimal | None = None
    """For an undo: how much of the amount must be left; None for all of it."""


def grant_id(submission: str) -> str:
    """The same for one form, however often it is submitted."""
    return f"{MAPLE_ID}{submission[:20]}"


def guard(request: GrantInput, facts: Facts, now: datetime) -> Judgement:
    if notes := identity_refusals(request, facts, old_ids=True):
        return Judgement(notes)
    if not facts.features:
        return Judgement((Note(GrantNote.FEATURES_UNREAD),))
    feature = facts.features.get(request.feature)
    if feature is None:
        return Judgement((Note(GrantNote.FEATURE_UNKNOWN, {"feature": request.feature}),))
    refusals = (
        *_entity(request, facts),
        *_size(request, feature),
        *_already(request, facts),
        *_term(request, feature, now),
    )
    return Judgement(refusals) if refusals else Judgement((), tuple(_warnings(request, facts)))


def _entity(request: GrantInput, facts: Facts) -> Iterator[Note]:
    """For features that are on or off, or unlimited, Autumn does not say which are an entity's own."""
    entity = facts.scope.entity if facts.scope else None
    if entity is None:
        return
    if request.size is not GrantSize.AMOUNT:
        yield Note(GrantNote.ENTITY_AMOUNTS)
    elif request.feature == entity.feature_id:
        yield Note(GrantNote.ENTITY_FEATURE, {"feature": request.feature})


def _size(request: GrantInput, feature: Feature) -> Iterator[Note]:
    """Autumn answers a grant of the wrong sort with an error that does not say whether it was given."""
    switch = feature.type == "boolean"
    if switch != (request.size is GrantSize.SWITCH):
        yield Note(GrantNote.WRONG_SIZE, {"feature": request.feature})
    elif request.size is not GrantSize.AMOUNT:
        if request.amount is not None:
            yield Note(GrantNote.WRONG_SIZE, {"feature": request.feature})
    elif request.amount is None:
        yield Note(AmountNote.NO_AMOUNT)
    elif (problem := amounts.size_problem(request.amount)) is not None:
        yield amounts.note(problem)
    elif request.amount <= 0:
        # Autumn takes it, and the customer loses by it.
        yield Note(GrantNote.NOT_POSITIVE)


def _already(request: GrantInput, facts: Facts) -> Iterator[Note]:
    about = {"feature": request.feature}
    balance = facts.customer.balances.get(request.feature)
    if request.feature in facts.customer.flags:
        yield Note(GrantNote.ALREADY_ON, about)
    elif balance is not None and balance.unlimited:
        yield Note(GrantNote.ALREADY_UNLIMITED, about)
    elif standalone.find(request.feature, request.grant, facts.customer) is not None:
        yield Note(CommonNote.NOTHING_TO_DO)


def _term(request: GrantInput, feature: Feature, now: datetime) -> Iterator[Note]:
    if request.every and request.expires_at is not None:
        yield Note(GrantNote.RESET_AND_EXPIRY)
    if request.every and not (request.size is GrantSize.AMOUNT and feature.consumable):
        yield Note(GrantNote.NEVER_REFILLS, {"feature": request.feature})
    if request.expires_at is not None and request.expires_at <= now:
        yield Note(GrantNote.EXPIRY_PAST)
    elif request.expires_at is not None and request.expires_at > now + _FARTHEST:
        yield Note(GrantNote.EXPIRY_TOO_FAR, {"latest": canonical.time(now + _FARTHEST)})


def _warnings(request: GrantInput, facts: Facts) -> Iterator[Note]:
    balance = facts.customer.balances.get(request.feature)
    if request.size is GrantSize.UNLIMITED and balance is not None:
        yield Note(GrantNote.HIDES_ROWS, {"feature": request.feature})
    if request.size is GrantSize.AMOUNT:
        if balance is not None and not request.every and _used_before(balance):
            yield Note(GrantNote.USED_LATER, {"feature": request.feature})
        yield Note(GrantNote.VANISHES)


def _used_before(balance: Balance) -> bool:
    """Whether all that products include is used before a grant that is never refilled: what resets comes
    first. Among what does not reset, whatever expires does, and then it depends on which was given first."""
    of_products = [row for row in balance.breakdown if row.plan_id is not None]
    resetting = [row for row in of_products if row.reset is not None and row.reset.resets_at is not None]
    return bool(of_products) and resetting == of_products


# As a line of a list


_WHAT = "feature"
_FOR_GOOD = "for good"
_ALSO_CALLED = {"semi_annual": ("every half year", "half year")}
_TERMS = {
    _FOR_GOOD: (_FOR_GOOD,),
    **{
        interval: (f"every {name}", name, *_ALSO_CALLED.get(interval, ()))
        for interval, name in words.INTERVAL_NAMES.items()
    },
}
"""By interval, and for good."""
_OR_A_DATE = "a date like 2026-12-31"


@dataclass(frozen=True, slots=True)
class ListedGrant:
    feature: str
    amount: Decimal | None
    """None if it is unlimited, or no amount was given."""
    unlimited: bool
    every: str
    """Empty for good, and until it expires."""
    expires_at: datetime | None


def read_line(line: LineReader) -> ListedGrant:
    """For good unless the line says otherwise."""
    feature = line.about(_WHAT)
    unlimited = line_form.tidy(line.cells.amount) == words.UNLIMITED
    amount = None if unlimited or not line.cells.amount else line.figure()
    expires_at = line_form.parse_day(line.cells.action)
    term = _FOR_GOOD if expires_at else line.action(_TERMS, _FOR_GOOD, also=_OR_A_DATE)
    return ListedGrant(feature, amount, unlimited, "" if term == _FOR_GOOD else term, expires_at)


def fill_line(listed: ListedGrant, facts: Facts, unique: str) -> GrantInput | Note:
    feature = line_form.known_id(_WHAT, listed.feature, line_form.features(facts))
    if isinstance(feature, Note):
        return feature
    return GrantInput(
        customer=facts.customer.id or "",
        feature=feature,
        grant=grant_id(unique),
        size=_size_of_line(listed, feature, facts),
        amount=listed.amount,
        expires_at=listed.expires_at,
        every=listed.every,
    )


def _size_of_line(listed: ListedGrant, feature: str, facts: Facts) -> GrantSize:
    """Without an amount it can only be a feature that is on or off; for any other, the guard asks for an
    amount."""
    if listed.unlimited:
        return GrantSize.UNLIMITED
    definition = facts.features.get(feature)
    switch = definition is not None and definition.type == "boolean" and listed.amount is None
    return GrantSize.SWITCH if switch else GrantSize.AMOUNT


LINE = LineForm(words.LINE_USAGE, read_line, fill_line)
