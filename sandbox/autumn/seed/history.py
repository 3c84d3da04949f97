"""Events of the past weeks, made when they are first asked for."""

from random import Random

from sandbox.autumn.ids import Ids
from sandbox.autumn.model import History, Json, LocalCustomer, LocalEvent, Row
from sandbox.autumn.months import DAY, HOUR, at
from sandbox.autumn.numbers import clean
from sandbox.autumn.state import AutumnState

_DAY_CURVE = (1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 19, 17, 13, 16, 19, 18, 15, 11, 7, 5, 4, 3, 2, 1)
_NIGHT_CURVE = (16, 19, 20, 18, 12, 6, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 5, 8, 12)
_FLAT = (1,) * 24
_CURVES = {"office": _DAY_CURVE, "launch": _DAY_CURVE, "fading": _DAY_CURVE, "nightly": _NIGHT_CURVE}


def events_of(state: AutumnState, customer: LocalCustomer) -> list[LocalEvent]:
    """Oldest first; the same for the same customer every time."""
    ids = Ids(f"events:{customer.internal_id}")
    events = [event for history in customer.history for event in _of_feature(state, customer, history, ids)]
    return sorted(events, key=lambda event: event.timestamp)


def _of_feature(state: AutumnState, customer: LocalCustomer, history: History, ids: Ids) -> list[LocalEvent]:
    chance = state.random("history", customer.internal_id, history.feature_id)
    times = _times(history, state.now, chance)
    inside = [time for time in times if time >= history.cycle_start]
    before = times[: len(times) - len(inside)]
    mean = history.cycle_usage / len(inside) if inside else 1.0
    values = [max(1.0, round(mean * chance.uniform(0.4, 1.6))) for _ in before]
    values += _portions(history.cycle_usage, len(inside), chance)
    row, cost = _paid_from(state, customer, history.feature_id)
    return [
        LocalEvent(
            id=ids.autumn("evt"),
            timestamp=moment,
            feature_id=history.feature_id,
            customer_id=customer.id,
            value=value,
            properties={name: chance.choice(options) for name, options in history.properties.items()},
            deductions=[_deduction(row, clean(value * cost))] if row else None,
        )
        for moment, value in zip(times, values, strict=True)
        if value
    ]


def _paid_from(state: AutumnState, customer: LocalCustomer, feature_id: str) -> tuple[Row | None, float]:
    """The row a feature is taken from, and what a unit costs there: its own, or that of its credits."""
    own = next(
        (row_of_customer for row_of_customer in customer.rows if row_of_customer.feature_id == feature_id),
        None,
    )
    if own is not None:
        return own, 1
    for pool in state.features.values():
        for cost in pool.credit_schema or ():
            row = next(
                (
                    row_of_customer
                    for row_of_customer in customer.rows
                    if row_of_customer.feature_id == pool.id
                ),
                None,
            )
            if cost["metered_feature_id"] == feature_id and row is not None:
                return row, cost["credit_cost"]
    return None, 1


def _deduction(row: Row, value: float) -> Json:
    return {
        "balance_id": row.id,
        "feature_id": row.feature_id,
        "plan_id": row.plan_id,
        "reset": None,
        "value": value,
    }


def _times(history: History, now: int, chance: Random) -> list[int]:
    midnight = now - now % DAY
    times = []
    for back in range(history.days, -1, -1):
        start = midnight - back * DAY
        for _ in range(_how_many(history, back, start, chance)):
            hour = chance.choices(range(24), _CURVES.get(history.rhythm, _FLAT))[0]
            times.append(start + hour * HOUR + chance.randrange(HOUR))
    return sorted(time for time in times if time < now)


def _how_many(history: History, back: int, start: int, chance: Random) -> int:
    amount = history.per_day * chance.uniform(0.6, 1.4)
    weekend = at(start).weekday() >= 5
    if history.rhythm in ("office", "launch", "fading") and weekend:
        amount *= 0.2
    age = back / max(1, history.days)
    if history.rhythm == "launch":
        amount *= 1.8 - 1.7 * age
    elif history.rhythm == "fading":
        amount *= 0.05 + 1.7 * age
    return int(amount) + (chance.random() < amount % 1)


def _portions(total: float, count: int, chance: Random) -> list[float]:
    """`count` amounts that vary and add up to `total`; whole ones when the total is whole."""
    if not count:
        return []
    weights = [chance.uniform(0.4, 1.6) for _ in range(count)]
    scale = total / sum(weights)
    whole = total == int(total)
    portions, carried = [], 0.0
    for weight in weights:
        carried += weight * scale
        part = float(int(carried + 1e-9)) if whole else round(carried, 2)
        carried -= part
        portions.append(part)
    portions[-1] = clean(portions[-1] + total - sum(portions))
    return portions
