"""Events: the list of them, and usage added up in bins."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from sandbox.autumn.model import Json, LocalCustomer, LocalEvent
from sandbox.autumn.months import DAY, HOUR, add_months, at, to_ms
from sandbox.autumn.numbers import clean
from sandbox.autumn.state import AutumnState

NO_GROUP = "AUTUMN_RESERVED"
RANGES = {"24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "90d": 90 * DAY}
CYCLES = {"1bc": 1, "last_cycle": 1, "3bc": 3}


def show(event: LocalEvent) -> Json:
    return {
        "id": event.id,
        "timestamp": event.timestamp,
        "feature_id": event.feature_id,
        "customer_id": event.customer_id,
        "value": clean(event.value),
        "properties": event.properties,
        "deductions": event.deductions,
    }


@dataclass(frozen=True, slots=True)
class Query:
    customer: LocalCustomer | None = None
    entity_id: str | None = None
    features: tuple[str, ...] = ()
    start: int | None = None
    end: int | None = None


def find(state: AutumnState, query: Query) -> list[LocalEvent]:
    """Newest first."""
    customers: Iterable[LocalCustomer] = [query.customer] if query.customer else state.customers
    events = [event for customer in customers for event in state.events(customer) if _matches(event, query)]
    return sorted(events, key=lambda event: (event.timestamp, event.id), reverse=True)


def _matches(event: LocalEvent, query: Query) -> bool:
    return (
        (not query.features or event.feature_id in query.features)
        and (query.entity_id is None or event.entity_id == query.entity_id)
        and (query.start is None or event.timestamp >= query.start)
        and (query.end is None or event.timestamp <= query.end)
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


def span(state: AutumnState, customer: LocalCustomer | None, name: str) -> int:
    """Where a named range starts. A billing cycle starts as many days ago as the customer's is long."""
    if name in RANGES:
        return state.now - RANGES[name]
    return state.now - CYCLES[name] * _cycle_days(customer) * DAY


def _cycle_days(customer: LocalCustomer | None) -> int:
    """The days of the customer's billing cycle, 30 if there is no cycle."""
    for product in customer.products if customer else ():
        if product.status in ("active", "past_due") and product.period_start and product.period_end:
            return (product.period_end - product.period_start) // DAY
    return 30


@dataclass(frozen=True, slots=True)
class Aggregation:
    query: Query
    bin_size: str = "day"
    group_by: str | None = None
    deducted: bool = False


def aggregate(state: AutumnState, aggregation: Aggregation) -> Json:
    """{list, total, deductions if asked for}: bins oldest first, empty ones too, none in the future."""
    query = aggregation.query
    assert query.start is not None  # noqa: S101
    events = find(state, query)
    end = min(query.end or state.now, state.now)
    bins: dict[int, dict[str, float]] = {}
    moment = floor(query.start, aggregation.bin_size)
    while moment <= end:
        bins[moment] = dict.fromkeys(query.features, 0)
        moment = _next(moment, aggregation.bin_size)
    totals: dict[str, dict[str, float]] = {}
    for event in events:
        slot = bins.get(floor(event.timestamp, aggregation.bin_size))
        if slot is not None:
            slot[event.feature_id] = clean(slot.get(event.feature_id, 0) + event.value)
            total = totals.setdefault(event.feature_id, {"count": 0, "sum": 0})
            total["count"] += 1
            total["sum"] = clean(total["sum"] + event.value)
    listed: list[Json] = [{"period": period, "values": values} for period, values in bins.items()]
    if aggregation.group_by is not None:
        _group(events, aggregation, listed)
    answer: Json = {"list": listed, "total": dict(sorted(totals.items()))}
    if aggregation.deducted:
        answer["deductions"] = _deductions(state, events, aggregation.bin_size)
    return answer


def _deductions(state: AutumnState, events: list[LocalEvent], size: str) -> list[Json]:
    """What the events took from which balance, by bin; bins without any are left out."""
    bins: dict[int, Json] = {}
    for event in sorted(events, key=lambda event: event.timestamp):
        for part in event.deductions or ():
            feature_id = part["feature_id"]
            slot = bins.setdefault(floor(event.timestamp, size), {})
            spent = "credit_system" if state.feature(feature_id).credit_schema else "metered"
            per_customer = slot.setdefault(
                feature_id, {"feature_type": spent, "deducted": 0, "events": 0, "balances": []}
            )
            per_customer["deducted"] = clean(per_customer["deducted"] + part["value"])
            per_customer["events"] += 1
            _count(per_customer["balances"], part)
    return [{"period": period, "values": values} for period, values in bins.items()]


def _count(drawn: list[Json], part: Json) -> None:
    row = next((candidate for candidate in drawn if candidate["balance_id"] == part["balance_id"]), None)
    if row is None:
        facts = {name: part[name] for name in ("balance_id", "plan_id", "reset")}
        row = {**facts, "entity_id": None, "credit_cost": None, "deducted": 0, "events": 0}
        drawn.append(row)
    row["deducted"] = clean(row["deducted"] + part["value"])
    row["events"] += 1


def _group(events: list[LocalEvent], aggregation: Aggregation, listed: list[Json]) -> None:
    assert aggregation.group_by is not None  # noqa: S101
    group = _grouper(aggregation.group_by)
    names = [*sorted(set(map(group, events)) - {NO_GROUP}), NO_GROUP]
    for slot in listed:
        slot["grouped_values"] = {name: dict.fromkeys(names, 0) for name in aggregation.query.features}
    by_period = {bin_["period"]: bin_["grouped_values"] for bin_ in listed}
    for event in events:
        values = by_period[floor(event.timestamp, aggregation.bin_size)].setdefault(event.feature_id, {})
        values[group(event)] = clean(values.get(group(event), 0) + event.value)


def _grouper(group_by: str) -> Callable[[LocalEvent], str]:
    if group_by.startswith("properties."):
        name = group_by.removeprefix("properties.")
        return lambda event: str(event.properties[name]) if name in event.properties else NO_GROUP
    field = group_by.removeprefix("$")
    return lambda event: str(getattr(event, field, None) or NO_GROUP)
