"""A customer's own billing controls, as Autumn takes and gives them.

Autumn replaces a list as a whole, so an edit sends all of the customer's own entries along. Those that come
from a product are only shown: written back, they would become the customer's own.
"""

import json
from collections.abc import Mapping
from typing import Any

from bot.autumn.models import Customer
from bot.changes import canonical
from bot.changes.control.input import ControlInput, ControlType

Entry = Mapping[str, Any]

_CUSTOMER = "customer"
_ONLY_READ = ("source", "usage")
"""What Autumn adds to an entry when it is read."""


def shown(control: str, customer: Customer) -> list[Entry]:
    """All entries of a list, a product's too."""
    entries = customer.billing_controls.get(control)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def own(control: str, customer: Customer) -> list[Entry]:
    """The customer's own, as they are written."""
    return [
        {name: value for name, value in entry.items() if name not in _ONLY_READ}
        for entry in shown(control, customer)
        if entry.get("source", _CUSTOMER) == _CUSTOMER
    ]


def of_feature(control: ControlType, feature: str, customer: Customer) -> list[Entry]:
    """The customer's own for one feature: of usage limits there may be several."""
    return [entry for entry in own(control, customer) if entry.get("feature_id") == feature]


def inherited(control: ControlType, feature: str, customer: Customer) -> bool:
    return any(
        entry.get("feature_id") == feature and entry.get("source", _CUSTOMER) != _CUSTOMER
        for entry in shown(control, customer)
    )


def requested(request: ControlInput) -> Entry | None:
    """The entry as it is to be; None where it is to go."""
    if request.remove:
        return None
    if request.restores:
        restored: Entry = json.loads(request.restores)
        return restored
    entry: dict[str, Any] = {"feature_id": request.feature, "enabled": True}
    limit = None if request.limit is None else canonical.figure(request.limit)
    if request.control is ControlType.SPEND:
        return {**entry, "overage_limit": limit}
    if request.control is ControlType.USAGE:
        return {**entry, "limit": limit, "interval": request.interval}
    return entry


def edited(request: ControlInput, customer: Customer) -> list[Entry]:
    """The whole list as it is to be written: the others stay as they are, in their order."""
    entry, entries = requested(request), own(request.control, customer)
    there = [each.get("feature_id") for each in entries]
    if request.feature not in there:
        return entries if entry is None else [*entries, entry]
    place = there.index(request.feature)
    return [*entries[:place], *([] if entry is None else [entry]), *entries[place + 1 :]]


def canonical_json(entry: Entry | None) -> str | None:
    return None if entry is None else json.dumps(entry, sort_keys=True, separators=(",", ":"))


def same(entry: Entry | None, told: str | None) -> bool:
    """Whether an entry is as Autumn shows it, which names what is left to its default."""
    if entry is None or told is None:
        return entry is None and told is None
    there = json.loads(told)
    return all(there.get(name) == value for name, value in entry.items())
