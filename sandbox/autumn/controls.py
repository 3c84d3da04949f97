"""Billing controls: what may be set, how they are shown, and what they do to usage."""

from collections.abc import Callable, Sequence
from typing import Any

from sandbox.autumn import balances
from sandbox.autumn.events import floor
from sandbox.autumn.model import Json, LocalCustomer, Row
from sandbox.autumn.numbers import clean
from sandbox.autumn.state import AutumnState
from sandbox.autumn.validation import BodyReader

KINDS = ("usage_limits", "spend_limits", "overage_allowed", "auto_topups", "usage_alerts")
_ENABLED_UNLESS_SAID = ("usage_limits", "usage_alerts")
_INTERVALS = ("day", "week", "month", "year")
_PURCHASE_INTERVALS = ("hour", "day", "week", "month")
_LIMIT_TYPES = ("absolute", "usage_percentage")
_THRESHOLDS = ("usage", "usage_percentage", "remaining", "remaining_percentage")
_ONLY_ONCE = {
    "spend_limits": "Only one spend limit entry is allowed per feature_id",
    "auto_topups": "Only one auto top-up entry is allowed per feature_id",
    "overage_allowed": "Only one overage allowed entry is allowed per feature_id",
}


def read(reader: BodyReader) -> dict[str, list[Json]]:
    """The lists of a body's billing_controls, with their defaults; errors are noted in the reader.

    Features are not looked up: an unknown one, a boolean one or one that is not for sale is accepted too.
    """
    controls = reader.get("billing_controls", "object", default={})
    part = BodyReader(controls, "billing_controls.")
    lists = {}
    for kind in KINDS:
        if part.has(kind):
            entries = part.get(kind, "array", default=[])
            lists[kind] = [_entry(part, kind, index, entry) for index, entry in enumerate(entries)]
            _check_once(part, kind, entries)
    reader.problems += part.problems
    return lists


def _entry(outer: BodyReader, kind: str, index: int, entry: Any) -> Json:
    reader = BodyReader(entry, f"billing_controls.{kind}.{index}.")
    if kind == "spend_limits":
        _at_least(reader, "overage_limit", 0)
        reader.one_of("limit_type", _LIMIT_TYPES)
        if not reader.has("feature_id") and (
            reader.has("overage_limit") or reader.has("skip_overage_billing")
        ):
            needed = "feature_id is required when overage_limit or skip_overage_billing is provided"
            reader.say("feature_id", needed)
    elif kind == "auto_topups":
        reader.get("threshold", "number", required=True)
        _at_least(reader, "quantity", 1, required=True)
        _check_inner(reader, "purchase_limit", _check_purchase_limit)
    elif kind == "usage_limits":
        reader.get("limit", "number", required=True)
        reader.choice("interval", _INTERVALS)
        _check_inner(reader, "filter", lambda inner: inner.get("properties", "object", required=True))
    elif kind == "usage_alerts":
        threshold = reader.get("threshold", "number", required=True, default=0)
        if (
            reader.choice("threshold_type", _THRESHOLDS) == "remaining_percentage"
            and not 0 <= threshold <= 100
        ):
            reader.say("threshold", "Threshold must be between 0 and 100 for remaining_percentage")
    outer.problems += reader.problems
    filled_in = {"enabled": kind in _ENABLED_UNLESS_SAID, **entry}
    if limit := filled_in.get("purchase_limit"):
        filled_in["purchase_limit"] = {"interval_count": 1, **limit}
    return filled_in


def _check_inner(reader: BodyReader, name: str, check: Callable[[BodyReader], object]) -> None:
    """An object of the entry's, if it has it."""
    inner = reader.inner(name)
    if inner is not None:
        check(inner)
        reader.problems += inner.problems


def _check_purchase_limit(limit: BodyReader) -> None:
    limit.choice("interval", _PURCHASE_INTERVALS)
    _at_least(limit, "interval_count", 1)
    _at_least(limit, "limit", 1, required=True)


def _at_least(reader: BodyReader, name: str, least: float, *, required: bool = False) -> None:
    value = reader.get(name, "number", required=required)
    if value is not None and value < least:
        reader.say(name, f"Too small: expected number to be >={least:g}")


def _check_once(part: BodyReader, kind: str, entries: Sequence[Json]) -> None:
    feature_ids: set[Any] = set()
    for index, entry in enumerate(entries):
        if kind in _ONLY_ONCE and entry.get("feature_id") in feature_ids:
            part.say(f"{kind}.{index}.feature_id", _ONLY_ONCE[kind])
        feature_ids.add(entry.get("feature_id"))


def of(state: AutumnState, customer: LocalCustomer, kind: str) -> list[Json]:
    """The customer's own entries, and what the plans say of features that those do not name."""
    own = customer.billing_controls.get(kind, [])
    named = {control.get("feature_id") for control in own}
    entries = [{**control, "source": "customer"} for control in own]
    for product in customer.products:
        if product.running and product.entity_id is None:
            for entry in state.plan_of(product).billing_controls.get(kind, []):
                if entry.get("feature_id") not in named:
                    entries.append({**entry, "source": "plan"})
    return entries


def show(state: AutumnState, customer: LocalCustomer, *, listed: bool = False) -> Json:
    """As reads return them; a list does not say where an entry comes from."""
    controls: Json = {}
    for kind in KINDS:
        entries = of(state, customer, kind)
        if entries or kind in customer.billing_controls:
            controls[kind] = [
                {**control, "usage": _used(state, customer, control)} if kind == "usage_limits" else control
                for control in entries
            ]
            if listed:
                for entry in controls[kind]:
                    del entry["source"]
    return controls


def _used(state: AutumnState, customer: LocalCustomer, limit: Json) -> float:
    """What was used in the limit's day, week, month or year."""
    start = floor(state.now, limit["interval"])
    filtered = (limit.get("filter") or {}).get("properties", {})
    return clean(
        sum(
            deduction["value"]
            for event in state.events(customer)
            if event.timestamp >= start
            and event.feature_id == limit["feature_id"]
            and filtered.items() <= event.properties.items()
            for deduction in event.deductions or ()
        )
    )


def _enabled(state: AutumnState, customer: LocalCustomer, kind: str, feature_id: str) -> list[Json]:
    entries = of(state, customer, kind)
    return [entry for entry in entries if entry.get("feature_id") == feature_id and entry["enabled"]]


def usable(
    state: AutumnState,
    customer: LocalCustomer,
    feature_id: str,
    rows: Sequence[Row],
    properties: Json | None = None,
) -> float:
    """How much may be used: the balance and the allowed overage, within the limits."""
    most = balances.usable(rows)
    if rows and _enabled(state, customer, "overage_allowed", feature_id):
        most = float("inf")
    over = sum(max(0.0, -row.balance) for row in rows)
    for limit in _enabled(state, customer, "spend_limits", feature_id):
        if "overage_limit" in limit and most > balances.there(rows):
            most = min(most, balances.there(rows) + max(0.0, _overage_limit(limit, rows) - over))
    for limit in _enabled(state, customer, "usage_limits", feature_id):
        filtered = (limit.get("filter") or {}).get("properties", {})
        if filtered.items() <= (properties or {}).items():
            most = min(most, max(0.0, limit["limit"] - _used(state, customer, limit)))
    return most


def _overage_limit(limit: Json, rows: Sequence[Row]) -> float:
    """In units. A percentage is of the grant, and caps the total usage."""
    if limit.get("limit_type") == "usage_percentage":
        granted = sum(row.grant for row in rows)
        return float(granted * (limit["overage_limit"] / 100 - 1))
    return float(limit["overage_limit"])
