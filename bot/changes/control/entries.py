"""A customer's own billing controls, as Autumn takes and gives them.

Autumn replaces a list as a whole, so an edit sends all of the customer's own entries along. Those that come
from a product are only shown: written back, they would become the customer's own.
"""

import json
from decimal import Decimal
from typing import Any, assert_never

from bot.autumn.models import Customer
from bot.changes import canonical
from bot.changes.control import properties
from bot.changes.control.input import ControlInput
from bot.changes.control.words import UNLIMITED, ControlType
from bot.lookups import controls
from bot.lookups.controls import Entry

_CUSTOMER = "customer"
_ONLY_READ = ("source", "usage")
"""What Autumn adds to an entry when it is read."""
_ABSOLUTE = "absolute"
_MAY_LACK = ("limit_type", "skip_overage_billing", "anchor", "name", "purchase_limit", "invoice_mode")
"""What an entry of one list or another may have, and need not."""


def own(control: str, customer: Customer) -> list[Entry]:
    """The customer's own, as they are written."""
    return [
        {name: value for name, value in entry.items() if name not in _ONLY_READ}
        for entry in controls.entries(control, customer)
        if entry.get("source", _CUSTOMER) == _CUSTOMER
    ]


def meant(request: ControlInput, customer: Customer) -> list[Entry]:
    """The customer's own that the request is about: of usage limits there may be several."""
    return [entry for entry in own(request.control, customer) if _is_meant(request, entry)]


def _is_meant(request: ControlInput, entry: Entry) -> bool:
    if entry.get("feature_id") != request.feature:
        return False
    if request.control is ControlType.USAGE:
        return properties.dump(counted(entry)) == request.properties
    if request.control is not ControlType.ALERT:
        return True
    same_type = entry.get("threshold_type") == request.threshold_type
    return same_type and controls.number(entry.get("threshold")) == request.limit


def counted(entry: Entry) -> dict[str, Any]:
    """The properties of the events that a usage limit counts; empty if all do."""
    wanted = entry.get("filter")
    named = wanted.get("properties") if isinstance(wanted, dict) else None
    return named if isinstance(named, dict) else {}


def inherited(control: ControlType, feature: str, customer: Customer) -> bool:
    return any(
        entry.get("feature_id") == feature and entry.get("source", _CUSTOMER) != _CUSTOMER
        for entry in controls.entries(control, customer)
    )


def requested(request: ControlInput) -> Entry | None:
    """The entry as it is to be, with None for what it is not to have; None where it is to go."""
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
        case _:  # pragma: no cover - a closed set
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


def written(request: ControlInput, customer: Customer) -> Entry | None:
    """That entry with what else the customer's own had, such as its name, or how often it may buy."""
    entry, there = requested(request), meant(request, customer)
    if entry is None:
        return None
    kept = there[0] if there else {}
    return {name: value for name, value in {**kept, **entry}.items() if value is not None}


def edited(request: ControlInput, customer: Customer) -> list[Entry]:
    """The whole list as it is to be written: the others stay as they are, in their order."""
    entry, entries = written(request, customer), own(request.control, customer)
    place = next((at for at, each in enumerate(entries) if _is_meant(request, each)), None)
    if place is None:
        return entries if entry is None else [*entries, entry]
    return [*entries[:place], *([] if entry is None else [entry]), *entries[place + 1 :]]


def _figure(value: Decimal | None) -> int | float | None:
    return None if value is None else canonical.figure(value)


def canonical_json(entry: Entry | None) -> str | None:
    return None if entry is None else json.dumps(entry, sort_keys=True, separators=(",", ":"))


def shows(request: ControlInput, told: str | None) -> bool:
    """Whether the entry is as requested, as Autumn tells of it, which names what is left to its default."""
    entry = requested(request)
    if entry is None or told is None:
        return entry is None and told is None
    there = json.loads(told)
    return all(_said(there, name) == _said(entry, name) for name in entry)


def _said(entry: Entry, name: str) -> Any:
    """None also for the default of how a spend limit is meant."""
    value = entry.get(name)
    return None if name == "limit_type" and value == _ABSOLUTE else value
