"""Why a billing control cannot be set or removed, and what to know before it is."""

from collections.abc import Iterator
from decimal import Decimal
from typing import assert_never

from bot.changes import amounts
from bot.changes.amounts import AmountNote
from bot.changes.common import identity_refusals
from bot.changes.common_notes import CommonNote
from bot.changes.control import entries
from bot.changes.control.input import ControlInput
from bot.changes.control.words import PURCHASE_INTERVALS, ControlNote, ControlType, ThresholdType
from bot.changes.model import Facts, Judgement
from bot.changes.notes import Note

_WHOLE = Decimal(100)
_AHEAD = "prepaid"
_MOST_PURCHASES = 1_000_000


def guard(request: ControlInput, facts: Facts) -> Judgement:
    if notes := identity_refusals(request, facts, old_ids=False):
        return Judgement(notes)
    if facts.scope and request.control is ControlType.TOP_UP:
        return Judgement((Note(ControlNote.ENTITY_TOP_UP),))
    refusals = (*_feature(request, facts), *_limit(request))
    if not refusals:
        refusals = tuple(_nothing(request, facts))
    return Judgement(refusals) if refusals else Judgement((), tuple(_warnings(request, facts)))


def _feature(request: ControlInput, facts: Facts) -> Iterator[Note]:
    """Autumn takes any feature, also one that it does not have or that is on or off."""
    about = {"feature": request.feature}
    if len(entries.meant(request, facts.customer)) > 1:
        yield Note(ControlNote.SEVERAL, about)
    elif not request.remove and not facts.features:
        yield Note(ControlNote.FEATURES_UNREAD)
    elif not request.remove:
        feature = facts.features.get(request.feature)
        if feature is None or feature.type == "boolean":
            yield Note(ControlNote.FEATURE_UNKNOWN, about)


def _limit(request: ControlInput) -> Iterator[Note]:
    if request.restores or request.control is ControlType.OVERAGE:
        return
    if request.remove and request.control is not ControlType.ALERT:
        return
    if request.limit is None:
        yield Note(AmountNote.NO_AMOUNT)
    elif (problem := amounts.size_problem(request.limit)) is not None:
        yield amounts.note(problem)
    elif request.limit < 0:
        yield Note(ControlNote.NEGATIVE)
    elif request.threshold_type is ThresholdType.REMAINING_PERCENTAGE and request.limit > _WHOLE:
        yield Note(ControlNote.PERCENTAGE)
    elif request.control is ControlType.TOP_UP:
        yield from _quantity(request)


def _quantity(request: ControlInput) -> Iterator[Note]:
    if request.quantity is None:
        yield Note(AmountNote.NO_AMOUNT)
    elif (problem := amounts.size_problem(request.quantity)) is not None:
        yield amounts.note(problem)
    elif request.quantity < 1:
        yield Note(ControlNote.QUANTITY_TOO_SMALL)
    elif request.purchases_in in PURCHASE_INTERVALS and not _countable(request.purchases):
        yield Note(ControlNote.PURCHASES)


def _countable(purchases: Decimal | None) -> bool:
    return purchases is not None and 1 <= purchases <= _MOST_PURCHASES and purchases % 1 == 0


def _nothing(request: ControlInput, facts: Facts) -> Iterator[Note]:
    there = entries.meant(request, facts.customer)
    if request.remove and not there:
        yield Note(ControlNote.NOT_THERE)
    elif there and entries.shows(request, entries.canonical_json(there[0])):
        yield Note(CommonNote.NOTHING_TO_DO)


def _warnings(request: ControlInput, facts: Facts) -> Iterator[Note]:
    if request.remove:
        yield Note(ControlNote.PRODUCT_COUNTS)
        return
    if entries.inherited(request.control, request.feature, facts.customer):
        yield Note(ControlNote.REPLACES_PRODUCT)
    match request.control:
        case ControlType.SPEND if request.percentage:
            yield Note(ControlNote.CUTS_USE)
            yield Note(ControlNote.PERCENTAGE_GRANTED)
        case ControlType.SPEND | ControlType.USAGE:
            yield Note(ControlNote.CUTS_USE)
        case ControlType.OVERAGE:
            yield Note(ControlNote.MAY_BE_BILLED)
        case ControlType.ALERT:
            yield Note(ControlNote.STOPS_NOTHING)
        case ControlType.TOP_UP:
            yield from _buying(request, facts)
        case _:  # pragma: no cover - a closed set
            assert_never(request.control)


def _buying(request: ControlInput, facts: Facts) -> Iterator[Note]:
    yield Note(ControlNote.BUYS)
    entry = entries.written(request, facts.customer) or {}
    if not entry.get("purchase_limit"):
        yield Note(ControlNote.NO_PURCHASE_LIMIT)
    balance = facts.customer.balances.get(request.feature)
    prices = [row.price for row in balance.breakdown if row.price] if balance else []
    if not any(price.billing_method == _AHEAD for price in prices):
        yield Note(ControlNote.NOT_SOLD, {"feature": request.feature})
