"""A feature's usage over a span, in few enough bins for a chart."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError, Garbled
from bot.autumn.events import Aggregate
from bot.autumn.models import Balance, BalanceRow, Customer, Feature
from bot.lookups.catalogue import CREDITS, Catalogue, catalogue, names
from bot.lookups.concurrent import attempt, result_of
from bot.lookups.feature.bins import DAY, HOUR, Point, Spending, Usage, cycle_start, merged
from bot.lookups.place import Place, Span

_AN_HOURLY_CYCLE = 2 * DAY


async def usage(autumn: Autumn, place: Place, at: datetime, customer: asyncio.Task[Customer]) -> Usage | None:
    """The usage of `place.feature`; None if it is a boolean feature. Raises AutumnError.

    `customer`: as the entity sees them, where the place is of one. They are waited for only when the answer
    depends on them.
    """
    features = await _features(autumn, place, customer)
    feature = features.get(place.feature)
    if feature is not None and feature.type == "boolean":
        return None
    return await _read_usage(autumn, place, features, customer, at)


async def _features(autumn: Autumn, place: Place, customer: asyncio.Task[Customer]) -> Catalogue:
    features = await attempt(lambda: catalogue(autumn))
    if not isinstance(features, AutumnError) and place.feature in features:
        return features
    return _own(await result_of(customer), place.feature)


async def _read_usage(
    autumn: Autumn,
    place: Place,
    features: Catalogue,
    customer: asyncio.Task[Customer],
    at: datetime,
) -> Usage:
    start = None
    if place.span is Span.CYCLE:
        start = _started(await result_of(customer), place.feature, at)
    tracked_names = names(place.feature, features)
    feature = features.get(place.feature)
    spends = feature is not None and feature.type in CREDITS
    short = start is not None and at - start <= _AN_HOURLY_CYCLE
    width = HOUR if place.span is Span.DAY or short else DAY
    answer = await autumn.usage(
        customer_id=place.customer,
        entity_id=place.entity,
        feature_ids=tracked_names,
        range=None if start else place.span.value,
        start=start,
        end=at if start else None,
        bin_size="hour" if width == HOUR else "day",
        aggregate_on="deducted" if spends else None,
    )
    if spends:
        used = _credits(answer, place.feature, features, (await result_of(customer)).balances)
    else:
        points, events = _units(answer, tracked_names)
        used = _Used(points, events)
    bins = merged(used.points, width, at, start)
    return Usage(
        bins=bins,
        total=sum((bin_.value for bin_ in bins), Decimal(0)),
        events=used.events,
        start=bins[0].start if bins else start or at,
        end=bins[-1].end if bins else at,
        spent_by=tuple(
            Spending(
                feature_id=spent.feature_id,
                name=spent.name,
                credits=tuple(bin_.value for bin_ in merged(spent.points, width, at, start)),
                units=spent.units,
                events=spent.events,
            )
            for spent in used.by
        ),
    )


@dataclass(frozen=True, slots=True)
class _SpentBy:
    feature_id: str
    name: str
    points: tuple[Point, ...]
    """Credits, by the prices of the credit system; empty when those are not single numbers."""
    units: Decimal
    events: int

    @property
    def credits(self) -> Decimal:
        return sum((value for _, value in self.points), Decimal(0))


@dataclass(frozen=True, slots=True)
class _Used:
    points: list[Point]
    events: int
    by: tuple[_SpentBy, ...] = ()


def _units(answer: Aggregate, tracked_names: tuple[str, ...]) -> tuple[list[Point], int]:
    points = [
        (bin_.period, sum((bin_.values.get(name, Decimal(0)) for name in tracked_names), Decimal(0)))
        for bin_ in answer.list
    ]
    return points, sum(answer.total[name].count for name in tracked_names if name in answer.total)


def _credits(answer: Aggregate, feature_id: str, features: Catalogue, held: Collection[str]) -> _Used:
    """Events are tracked under the features that spend the credits, never under the system itself.

    `held`: the features that the customer has a balance of. Their own balance is drawn from first, so their
    usage then does not tell how many credits were taken.
    """
    spenders = _spenders(answer, features[feature_id], features)
    if any(bin_.values for bin_ in answer.deductions or ()) or not spenders:
        deducted = _deducted(answer, feature_id)
        total = sum((value for _, value in deducted.points), Decimal(0))
        adds_up = round(sum((spender.credits for spender in spenders), Decimal(0)) - total, 6) == 0
        spent_by = spenders if adds_up else [replace(spender, points=()) for spender in spenders]
        return _Used(deducted.points, deducted.events, tuple(spent_by))
    if any(not spender.points or spender.feature_id in held for spender in spenders):
        raise Garbled("The answer has no deductions.", request="POST events.aggregate")
    points = [
        (bin_.period, sum((spender.points[index][1] for spender in spenders), Decimal(0)))
        for index, bin_ in enumerate(answer.list)
    ]
    return _Used(points, sum(spender.events for spender in spenders), tuple(spenders))


def _spenders(answer: Aggregate, system: Feature, features: Catalogue) -> list[_SpentBy]:
    """The features with usage and its cost in credits, the most expensive first."""
    spenders = []
    for cost in system.credit_costs:
        metered = features.get(cost.metered_feature_id)
        tracked = names(cost.metered_feature_id, features)
        totals = [answer.total[name] for name in tracked if name in answer.total]
        points, events = _units(answer, tracked)
        if not events:
            continue
        price = cost.credit_cost
        spenders.append(
            _SpentBy(
                feature_id=cost.metered_feature_id,
                name=metered.name if metered else "",
                points=() if price is None else tuple((at, value * price) for at, value in points),
                units=sum((usage.sum for usage in totals), Decimal(0)),
                events=events,
            )
        )
    return sorted(spenders, key=lambda usage: (-usage.credits, -usage.units, usage.feature_id))


def _deducted(answer: Aggregate, feature_id: str) -> _Used:
    """Credits taken from this system's balance, as Autumn noted them. Its bins with nothing in them are left
    out, so they are taken from the list of usage, which has every bin."""
    values = {listed.period: Decimal(0) for listed in answer.list}
    events = 0
    for deducted in answer.deductions or ():
        if (used := deducted.values.get(feature_id)) is not None:
            values[deducted.period] = values.get(deducted.period, Decimal(0)) + used.deducted
            events += used.events
    return _Used(sorted(values.items()), events)


def _own(customer: Customer, feature_id: str) -> dict[str, Feature]:
    """The feature as the customer's balance or flag describes it, when the organization's list does not."""
    holding = customer.balances.get(feature_id) or customer.flags.get(feature_id)
    return {feature_id: holding.feature} if holding is not None and holding.feature is not None else {}


def _started(customer: Customer, feature_id: str, at: datetime) -> datetime | None:
    """When the current cycle of this feature's balance began; None if it has no cycle."""
    balance = customer.balances.get(feature_id)
    began = {held.plan_id: held.started_at for held in customer.subscriptions}
    rows = _by_plan_first(balance) if balance else []
    starts = [cycle_start(row.reset, at, anchor=began.get(row.plan_id or "")) for row in rows]
    plans = {row.plan_id for row in balance.breakdown} if balance else set()
    periods = [
        subscription.current_period_start
        for subscription in customer.subscriptions
        if subscription.plan_id in plans
    ]
    return next((start for start in (*starts, *periods) if start is not None and start < at), None)


def _by_plan_first(balance: Balance) -> list[BalanceRow]:
    return sorted(balance.breakdown, key=lambda row: row.plan_id is None)
