"""One feature: the sources of its balance, and its usage as a chart. Opened from the features."""

import asyncio
from datetime import datetime
from decimal import Decimal

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError, NotFound
from bot.autumn.models import Customer, Entity
from bot.lookups import samples
from bot.lookups.answers import CatalogueNames, Read
from bot.lookups.catalogue import missing_names
from bot.lookups.concurrent import attempt, meanwhile, result_of
from bot.lookups.customer import customer_of
from bot.lookups.feature import card, words
from bot.lookups.feature.bins import Bin, Usage
from bot.lookups.feature.card import FeatureDetail
from bot.lookups.feature.usage import usage
from bot.lookups.part import LookupPart
from bot.lookups.place import Place


async def feature(autumn: Autumn, place: Place, at: datetime, known: Customer | None) -> FeatureDetail:
    """Raises AutumnError when the customer cannot be read; the usage may fail alone."""
    if place.entity:
        return await _of_entity(autumn, place, at, known)
    async with meanwhile(customer_of(autumn, place, known)) as reading:
        chart = attempt(lambda: usage(autumn, place, at, reading), within=autumn.retry_policy.part)
        async with meanwhile(chart) as charted:
            customer = await result_of(reading)
            names = await _names(autumn, customer)
            if place.feature not in customer.balances:
                return FeatureDetail(customer, None, at, names=names)
            return FeatureDetail(customer, await charted, at, names=names)


async def _of_entity(autumn: Autumn, place: Place, at: datetime, known: Customer | None) -> FeatureDetail:
    """Raises AutumnError when the customer cannot be read; the entity and its usage may fail alone."""
    part = autumn.retry_policy.part
    reading = attempt(lambda: autumn.entity(place.customer, place.entity), within=part)
    async with meanwhile(customer_of(autumn, place, known)) as whole, meanwhile(reading) as fetching:
        chart = attempt(lambda: usage(autumn, place, at, holder), within=part)
        async with meanwhile(_with_own_balances(whole, fetching)) as holder, meanwhile(chart) as charted:
            customer, entity = await result_of(whole), await result_of(fetching)
            names = await _names(autumn, customer, place.feature)
            if isinstance(entity, NotFound):
                return FeatureDetail(customer, None, at, names=names)
            return FeatureDetail(customer, await charted, at, entity, names=names)


async def _with_own_balances(whole: asyncio.Task[Customer], fetching: asyncio.Task[Read[Entity]]) -> Customer:
    """The customer with what their entity has and may draw on. Raises AutumnError."""
    customer, entity = await result_of(whole), await result_of(fetching)
    if isinstance(entity, AutumnError):
        raise entity
    return customer.model_copy(update={"balances": entity.balances, "subscriptions": entity.subscriptions})


async def _names(autumn: Autumn, customer: Customer, *also: str) -> CatalogueNames:
    """`also`: ids of more features."""
    balances = customer.balances.values()
    rows = (row.plan_id for balance in balances for row in balance.breakdown)
    flags = (flag.plan_id for flag in customer.flags.values())
    features = [balance.feature for balance in balances if balance.feature]
    return await missing_names(
        autumn,
        customer,
        plans=(plan_id for plan_id in (*rows, *flags) if plan_id),
        features=(*also, *(cost.metered_feature_id for feature in features for cost in feature.credit_costs)),
    )


def _sample() -> FeatureDetail:
    days = (samples.NOW - number * samples.DAY for number in range(10, 0, -1))
    bins = tuple(Bin(day, day + samples.DAY, Decimal(30)) for day in days)
    usage = Usage(bins, Decimal(300), 300, bins[0].start, samples.NOW)
    return FeatureDetail(samples.customer(), usage, samples.NOW)


PART = LookupPart(
    id="feature",
    title=words.TITLE,
    parent="features",
    read=feature,
    draw=card.content,
    heading=False,
    sample=_sample,
)
