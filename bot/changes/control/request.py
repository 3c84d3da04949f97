"""A billing control, as requested: the customer's entries, the requested one, and why it is refused.

Autumn replaces a list of entries as a whole, so an edit sends all of the customer's own along. Those that
come from a product are only shown: written back, they would become the customer's own.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal, assert_never

from bot.autumn.models import Customer
from bot.changes import amounts, canonical
from bot.changes.amounts import AmountNote
from bot.changes.common import identity_refusals
from bot.changes.control import properties, words
from bot.changes.control.words import PURCHASE_INTERVALS, UNLIMITED, ControlNote, ControlType, ThresholdType
from bot.changes.model import ChangeInput, Facts, Judgement
from bot.changes.notes import CommonNote, Note
from bot.kit import numbers, phrases
from bot.lookups import controls
from bot.lookups.controls import Entry

_CUSTOMER = "customer"
_ONLY_READ = ("source", "usage")
"""What Autumn adds to an entry when it is read."""
_ABSOLUTE = "absolute"
_MAY_LACK = ("limit_type", "skip_overage_billing", "anchor", "name", "purchase_limit", "invoice_mode")
"""What an entry of one list or another may have, and need not."""
_WHOLE = Decimal(100)
_AHEAD = "prepaid"
_MOST_PURCHASES = 1_000_000


class ControlInput(ChangeInput):
    kind: Literal["control"] = "control"
    control: ControlType
    feature: str
    remove: bool = False
    """Whether the customer's own entry is to go."""
    limit: Decimal | None = None
    """In units of the feature: the limit, or the threshold of an alert or a top-up. None for an overage, and
    for a removal. Of an alert it also says which one is meant, as there may be several of a feature."""
    percentage: bool = False
    """Of a spend limit: whether it is a percentage of what the main product includes."""
    threshold_type: ThresholdType | None = None
    """Of an alert."""
    quantity: Decimal | None = None
    """Of a top-up: the units that are bought."""
    purchases: Decimal | None = None
    """Of a top-up: how often it may buy in `purchases_in`."""
    purchases_in: str = ""
    """An interval, or UNLIMITED; empty to leave that as it is."""
    interval: str = ""
    """Of a usage limit."""
    properties: str = ""
    """Of a usage limit: the properties of the events that count, as JSON; empty if all do. It also says which
    one is meant."""
    restores: str = ""
    """For an undo: the entry that was there, as JSON."""


# The customer's entries


def own_entries(control: str, customer: Customer) -> list[Entry]:
    """The customer's own, as they are written."""
    return [
        {name: value for name, value in entry.items() if name not in _ONLY_READ}
        for entry in controls.entries(control, customer)
        if entry.get("source", _CUSTOMER) == _CUSTOMER
    ]


def entries_meant(request: ControlInput, customer: Customer) -> list[Entry]:
    """The customer's own that the request is about: of usage limits there may be several."""
    return [entry for entry in own_entries(request.control, customer) if _is_meant(request, entry)]


def _is_meant(request: ControlInput, entry: Entry) -> bool:
    if entry.get("feature_id") != request.feature:
        return False
    if request.control is ControlType.USAGE:
        return properties.dump(counted_properties(entry)) == request.properties
    if request.control is not ControlType.ALERT:
        return True
    same_type = entry.get("threshold_type") == request.threshold_type
    return same_type and controls.number(entry.get("threshold")) == request.limit


def counted_properties(entry: Entry) -> dict[str, Any]:
    """The properties of the events that a usage limit counts; empty if all do."""
    event_filter = entry.get("filter")
    named = event_filter.get("properties") if isinstance(event_filter, dict) else None
    return named if isinstance(named, dict) else {}


def has_inherited(control: ControlType, feature: str, customer: Customer) -> bool:
    return any(
        entry.get("feature_id") == feature and entry.get("source", _CUSTOMER) != _CUSTOMER
        for entry in controls.entries(control, customer)
    )


def requested_entry(request: ControlInput) -> Entry | None:
    """The entry as requested, with None for fields it must not have; None if it is to be removed."""
    if request.remove:
        return None
    if request.restores:
        return {**dict.fromkeys(_MAY_LACK), **json.loads(request.restores)}
    entry: dict[str, Any] = {"feature_id": request.feature, "enabled": True}
    limit = _figure(request.limit)
    match request.control:
        case ControlType.SPEND:
            limit_type = "usage_percentage" if request.percentage else None
            return {**entry, "overage_limit": limit, "limit_type": limit_type}
        case ControlType.USAGE:
            return {**entry, "limit": limit, "interval": request.interval, **_filter(request)}
        case ControlType.OVERAGE:
            return entry
        case ControlType.ALERT:
            return {**entry, "threshold": limit, "threshold_type": request.threshold_type}
        case ControlType.TOP_UP:
            quantity = _figure(request.quantity)
            return {**entry, "threshold": limit, "quantity": quantity, **_purchase_limit(request)}
        case _:
            assert_never(request.control)


def _filter(request: ControlInput) -> Entry:
    return {"filter": {"properties": json.loads(request.properties)}} if request.properties else {}


def _purchase_limit(request: ControlInput) -> Entry:
    if not request.purchases_in:
        return {}
    if request.purchases_in == UNLIMITED:
        return {"purchase_limit": None}
    limit = {"interval": request.purchases_in, "interval_count": 1, "limit": _figure(request.purchases)}
    return {"purchase_limit": limit}


def written_entry(request: ControlInput, customer: Customer) -> Entry | None:
    """That entry with what else the customer's own had, such as its name, or how often it may buy."""
    entry, current = requested_entry(request), entries_meant(request, customer)
    if entry is None:
        return None
    unchanged = current[0] if current else {}
    return {name: value for name, value in {**unchanged, **entry}.items() if value is not None}


def edited_list(request: ControlInput, customer: Customer) -> list[Entry]:
    """The whole list to write: the others stay as they are, in their order."""
    entry, entries = written_entry(request, customer), own_entries(request.control, customer)
    place = next((at for at, own_entry in enumerate(entries) if _is_meant(request, own_entry)), None)
    if place is None:
        return entries if entry is None else [*entries, entry]
    return [*entries[:place], *([] if entry is None else [entry]), *entries[place + 1 :]]


def _figure(value: Decimal | None) -> int | float | None:
    return None if value is None else canonical.figure(value)


def entry_json(entry: Entry | None) -> str | None:
    return None if entry is None else json.dumps(entry, sort_keys=True, separators=(",", ":"))


def is_as_requested(request: ControlInput, answered: str | None) -> bool:
    """Whether Autumn's entry matches the request. Autumn fills in defaults for omitted fields."""
    entry = requested_entry(request)
    if entry is None or answered is None:
        return entry is None and answered is None
    current = json.loads(answered)
    return all(_said(current, name) == _said(entry, name) for name in entry)


def _said(entry: Entry, name: str) -> Any:
    """None if absent or if it is the default limit type."""
    value = entry.get(name)
    return None if name == "limit_type" and value == _ABSOLUTE else value


# What an entry says, in a few words


_ONCE = Decimal(1)


def value_of(control: str, entry: Entry) -> str:
    """Not escaped yet."""
    if not controls.enabled(control, entry):
        return words.OFF
    if control == ControlType.SPEND:
        limit = _number(entry.get("overage_limit"))
        return words.percent(limit) if _is_percentage(entry) else words.units(limit)
    if control == ControlType.USAGE:
        limit = words.per(_number(entry.get("limit")), str(entry.get("interval") or ""))
        counted = counted_properties(entry)
        return words.only_with(limit, properties.shown(counted)) if counted else limit
    if control == ControlType.OVERAGE:
        return words.ALLOWED
    threshold = _number(entry.get("threshold"))
    if control == ControlType.ALERT:
        return words.alert(threshold, str(entry.get("threshold_type") or ""))
    return words.top_up(threshold, _number(entry.get("quantity")), _purchases(entry.get("purchase_limit")))


def _is_percentage(entry: Entry) -> bool:
    """Of a spend limit."""
    return bool(entry.get("limit_type") == "usage_percentage")


def _purchases(limit: Any) -> str:
    """How often it may buy; empty without a limit."""
    if not isinstance(limit, dict):
        return ""
    interval, times = str(limit.get("interval") or ""), controls.number(limit.get("interval_count"))
    return words.purchases(_number(limit.get("limit")), interval, numbers.number(times or _ONCE))


def _number(value: Any) -> str:
    figure = controls.number(value)
    return phrases.NONE if figure is None else numbers.number(figure)


# Why not, and what to know before it


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
    """Checked here, because Autumn accepts unknown and boolean features."""
    about = {"feature": request.feature}
    if len(entries_meant(request, facts.customer)) > 1:
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
    current = entries_meant(request, facts.customer)
    if request.remove and not current:
        yield Note(ControlNote.NOT_THERE)
    elif current and is_as_requested(request, entry_json(current[0])):
        yield Note(CommonNote.NOTHING_TO_DO)


def _warnings(request: ControlInput, facts: Facts) -> Iterator[Note]:
    entry = written_entry(request, facts.customer)
    if entry is None:
        yield Note(ControlNote.PRODUCT_COUNTS)
        return
    if has_inherited(request.control, request.feature, facts.customer):
        yield Note(ControlNote.REPLACES_PRODUCT)
    if not controls.enabled(request.control, entry):
        yield Note(ControlNote.IS_OFF)
        return
    match request.control:
        case ControlType.SPEND if _is_percentage(entry):
            yield Note(ControlNote.CUTS_USE)
            yield Note(ControlNote.PERCENTAGE_INCLUDED)
        case ControlType.SPEND | ControlType.USAGE:
            yield Note(ControlNote.CUTS_USE)
        case ControlType.OVERAGE:
            yield Note(ControlNote.MAY_BE_BILLED)
        case ControlType.ALERT:
            yield Note(ControlNote.STOPS_NOTHING)
        case ControlType.TOP_UP:
            yield from _buying(request.feature, entry, facts)
        case _:
            assert_never(request.control)


def _buying(feature: str, entry: Entry, facts: Facts) -> Iterator[Note]:
    yield Note(ControlNote.BUYS)
    if not entry.get("purchase_limit"):
        yield Note(ControlNote.NO_PURCHASE_LIMIT)
    balance = facts.customer.balances.get(feature)
    prices = [row.price for row in balance.breakdown if row.price] if balance else []
    if not any(price.billing_method == _AHEAD for price in prices):
        yield Note(ControlNote.NOT_SOLD, {"feature": feature})
