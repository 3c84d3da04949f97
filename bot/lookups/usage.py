"""A feature's usage over a span, in few enough bins for a chart."""

import asyncio
from datetime import datetime
from decimal import Decimal

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError, Garbled
from bot.autumn.models import Aggregate, Balance, BalanceRow, Customer, Feature
from bot.lookups.answers import Usage
from bot.lookups.bins import DAY, HOUR, Point, cycle_start, merged
from bot.lookups.catalogue import CREDITS, Catalogue, catalogue, names
from bot.lookups.parts import attempt, result_of
from bot.lookups.place import Place, Span

_AN_HOURLY_CYCLE = 2 * DAY


async def usage(autumn: Autumn, place: Place, at: datetime, customer: asyncio.Task[Customer]) -> Usage | None:
    """The usage of `place.feature`; None if it is a boolean feature. Raises AutumnError.

    The customer is waited for only when the answer depends on it.
    """
    features = await _features(autumn, place, customer)
    feature = features.get(place.feature)
    if feature is not None and feature.type == "boolean":
        return None
    start = None
    if place.span is Span.CYCLE:
        start = _started(await result_of(customer), place.feature, at)
    return await _asked(autumn, place, features, start, at)


async def _features(autumn: Autumn, place: Place, customer: asyncio.Task[Customer]) -> Catalogue:
    known = await attempt(lambda: catalogue(autumn))
    if not isinstance(known, AutumnError) and place.feature in known:
        return known
    return _own(await result_of(customer), place.feature)


async def _asked(
    autumn: Autumn, place: Place, features: Catalogue, start: datetime | None, at: datetime
) -> Usage:
    wanted = names(place.feature, features)
    feature = features.get(place.feature)
    spends = feature is not None and feature.type in CREDITS
    short = start is not None and at - start <= _AN_HOURLY_CYCLE
    width = HOUR if place.span is Span.DAY or short else DAY
    answer = await autumn.usage(
        customer_id=place.customer,
        feature_ids=wanted,
        range=None if start else place.span.value,
        start=start,
        end=at if start else None,
        bin_size="hour" if width == HOUR else "day",
        aggregate_on="deducted" if spends else None,
    )
    points, events = _credits(answer, place.feature) if spends else _units(answer, wanted)
    bins = merged(points, width, at, start)
    return Usage(
        bins=bins,
        total=sum((bin_.value for bin_ in bins), Decimal(0)),
        events=events,
        start=bins[0].start if bins else start or at,
        end=bins[-1].end if bins else at,
    )


def _units(answer: Aggregate, wanted: tuple[str, ...]) -> tuple[list[Point], int]:
    points = [
        (bin_.period, sum((bin_.values.get(name, Decimal(0)) for name in wanted), Decimal(0)))
        for bin_ in answer.list
    ]
    return points, sum(answer.total[name].count for name in wanted if name in answer.total)


def _credits(answer: Aggregate, feature_id: str) -> tuple[list[Point], int]:
    """Credits taken from this system's balance. Its bins with nothing in them are left out by Autumn, so
    they are taken from the list of usage, which has every bin."""
    if answer.deductions is None:
        raise Garbled("The answer has no deductions.", request="POST events.aggregate")
    values = {bin_.period: Decimal(0) for bin_ in answer.list}
    events = 0
    for bin_ in answer.deductions:
        if (taken := bin_.values.get(feature_id)) is not None:
            values[bin_.period] = values.get(bin_.period, Decimal(0)) + taken.deducted
            events += taken.events
    return sorted(values.items()), events


def _own(customer: Customer, feature_id: str) -> dict[str, Feature]:
    """The feature as the customer's balance or flag tells it, when the organisation's list does not."""
    held = customer.balances.get(feature_id) or customer.flags.get(feature_id)
    return {feature_id: held.feature} if held is not None and held.feature is not None else {}


def _started(customer: Customer, feature_id: str, at: datetime) -> datetime | None:
    """When the cycle began that this feature's balance is in; None if it has none of its own."""
    balance = customer.balances.get(feature_id)
    starts = [cycle_start(row.reset, at) for row in _by_plan_first(balance)] if balance else []
    plans = {row.plan_id for row in balance.breakdown} if balance else set()
    periods = [held.current_period_start for held in customer.subscriptions if held.plan_id in plans]
    return next((start for start in (*starts, *periods) if start is not None and start < at), None)


def _by_plan_first(balance: Balance) -> list[BalanceRow]:
    return sorted(balance.breakdown, key=lambda row: row.plan_id is None)
