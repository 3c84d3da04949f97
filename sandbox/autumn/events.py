"""Events: the list of them, and usage added up in bins."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from sandbox.autumn.model import Customer, Event, Json
from sandbox.autumn.months import DAY, HOUR, add_months, at, to_ms
from sandbox.autumn.numbers import clean
from sandbox.autumn.state import State

NO_GROUP = "AUTUMN_RESERVED"
RANGES = {"24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "90d": 90 * DAY}
CYCLES = {"1bc": 1, "last_cycle": 1, "3bc": 3}


def show(one: Event) -> Json:
    return {
        "id": one.id,
        "timestamp": one.timestamp,
        "feature_id": one.feature_id,
        "customer_id": one.customer_id,
        "value": clean(one.value),
        "properties": one.properties,
        "deductions": one.deductions,
    }


@dataclass(frozen=True, slots=True)
class Query:
    customer: Customer | None = None
    entity_id: str | None = None
    features: tuple[str, ...] = ()
    start: int | None = None
    end: int | None = None


def find(state: State, query: Query) -> list[Event]:
    """Newest first."""
    whose: Iterable[Customer] = [query.customer] if query.customer else state.customers
    found = [one for who in whose for one in state.events(who) if _wanted(one, query)]
    return sorted(found, key=lambda one: (one.timestamp, one.id), reverse=True)


def _wanted(one: Event, query: Query) -> bool:
    return (
        (not query.features or one.feature_id in query.features)
        and (query.entity_id is None or one.entity_id == query.entity_id)
        and (query.start is None or one.timestamp >= query.start)
        and (query.end is None or one.timestamp <= query.end)
    )


def floor(ms: int, size: str) -> int:
    """The start of the bin a time falls in, UTC; weeks start on Monday."""
    when = at(ms)
    if size == "hour":
        return ms - ms % HOUR
    when = when.replace(hour=0, minute=0, second=0, microsecond=0)
    if size == "week":
        when -= timedelta(days=when.weekday())
    return to_ms(when.replace(day=1) if size == "month" else when)


def _next(ms: int, size: str) -> int:
    if size == "month":
        return add_months(ms, 1)
    return ms + {"hour": HOUR, "day": DAY, "week": 7 * DAY}[size]


def span(state: State, who: Customer | None, name: str) -> int:
    """Where a named range starts. A billing cycle is as many days back from now as the customer's has."""
    if name in RANGES:
        return state.now - RANGES[name]
    return state.now - CYCLES[name] * _cycle_days(who) * DAY


def _cycle_days(who: Customer | None) -> int:
    """The days of the customer's billing cycle, 30 where there is none."""
    for product in who.products if who else ():
        if product.status in ("active", "past_due") and product.period_start and product.period_end:
            return (product.period_end - product.period_start) // DAY
    return 30


@dataclass(frozen=True, slots=True)
class Aggregation:
    query: Query
    bin_size: str = "day"
    group_by: str | None = None
    deducted: bool = False


def aggregate(state: State, wanted: Aggregation) -> Json:
    """{list, total, deductions if asked for}: bins oldest first, empty ones too, none in the future."""
    query = wanted.query
    assert query.start is not None  # noqa: S101
    found = find(state, query)
    end = min(query.end or state.now, state.now)
    bins: dict[int, dict[str, float]] = {}
    moment = floor(query.start, wanted.bin_size)
    while moment <= end:
        bins[moment] = dict.fromkeys(query.features, 0)
        moment = _next(moment, wanted.bin_size)
    totals: dict[str, dict[str, float]] = {}
    for one in found:
        slot = bins.get(floor(one.timestamp, wanted.bin_size))
        if slot is not None:
            slot[one.feature_id] = clean(slot.get(one.feature_id, 0) + one.value)
            total = totals.setdefault(one.feature_id, {"count": 0, "sum": 0})
            total["count"] += 1
            total["sum"] = clean(total["sum"] + one.value)
    listed: list[Json] = [{"period": moment, "values": values} for moment, values in bins.items()]
    if wanted.group_by is not None:
        _group(found, wanted, listed)
    shown: Json = {"list": listed, "total": dict(sorted(totals.items()))}
    if wanted.deducted:
        shown["deductions"] = _deductions(state, found, wanted.bin_size)
    return shown


def _deductions(state: State, found: list[Event], size: str) -> list[Json]:
    """What the events took from which balance, by bin; bins without any are left out."""
    bins: dict[int, Json] = {}
    for one in sorted(found, key=lambda event: event.timestamp):
        for part in one.deductions or ():
            feature_id = part["feature_id"]
            slot = bins.setdefault(floor(one.timestamp, size), {})
            spent = "credit_system" if state.feature(feature_id).credit_schema else "metered"
            taken = slot.setdefault(
                feature_id, {"feature_type": spent, "deducted": 0, "events": 0, "balances": []}
            )
            taken["deducted"] = clean(taken["deducted"] + part["value"])
            taken["events"] += 1
            _count(taken["balances"], part)
    return [{"period": moment, "values": values} for moment, values in bins.items()]


def _count(drawn: list[Json], part: Json) -> None:
    row = next((row for row in drawn if row["balance_id"] == part["balance_id"]), None)
    if row is None:
        told = {name: part[name] for name in ("balance_id", "plan_id", "reset")}
        row = {**told, "entity_id": None, "credit_cost": None, "deducted": 0, "events": 0}
        drawn.append(row)
    row["deducted"] = clean(row["deducted"] + part["value"])
    row["events"] += 1


def _group(found: list[Event], wanted: Aggregation, listed: list[Json]) -> None:
    assert wanted.group_by is not None  # noqa: S101
    group = _grouper(wanted.group_by)
    names = [*sorted({group(one) for one in found} - {NO_GROUP}), NO_GROUP]
    for slot in listed:
        slot["grouped_values"] = {one: dict.fromkeys(names, 0) for one in wanted.query.features}
    by_period = {slot["period"]: slot["grouped_values"] for slot in listed}
    for one in found:
        values = by_period[floor(one.timestamp, wanted.bin_size)].setdefault(one.feature_id, {})
        values[group(one)] = clean(values.get(group(one), 0) + one.value)


def _grouper(group_by: str) -> Callable[[Event], str]:
    if group_by.startswith("properties."):
        name = group_by.removeprefix("properties.")
        return lambda one: str(one.properties[name]) if name in one.properties else NO_GROUP
    field = group_by.removeprefix("$")
    return lambda one: str(getattr(one, field, None) or NO_GROUP)
