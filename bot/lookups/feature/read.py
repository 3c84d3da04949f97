"""Reads a customer and the usage of one feature."""

from datetime import datetime

from bot.autumn.client import Autumn
from bot.autumn.models import Customer
from bot.lookups.answers import CatalogueNames
from bot.lookups.catalogue_names import missing_names
from bot.lookups.concurrent import attempt, meanwhile, result_of
from bot.lookups.customer import customer_of
from bot.lookups.feature.answer import FeatureDetail
from bot.lookups.feature.usage import usage
from bot.lookups.place import Place


async def feature(autumn: Autumn, place: Place, at: datetime, known: Customer | None) -> FeatureDetail:
    """Raises AutumnError when the customer cannot be read; the usage may fail alone."""
    async with meanwhile(customer_of(autumn, place, known)) as reading:
        chart = attempt(lambda: usage(autumn, place, at, reading), within=autumn.patience.part)
        async with meanwhile(chart) as charted:
            customer = await result_of(reading)
            names = await _names(autumn, customer)
            if place.feature not in customer.balances:
                return FeatureDetail(customer, None, at, names=names)
            return FeatureDetail(customer, await charted, at, names=names)


async def _names(autumn: Autumn, customer: Customer) -> CatalogueNames:
    balances = customer.balances.values()
    rows = (row.plan_id for balance in balances for row in balance.breakdown)
    flags = (flag.plan_id for flag in customer.flags.values())
    features = [balance.feature for balance in balances if balance.feature]
    return await missing_names(
        autumn,
        customer,
        plans=(plan_id for plan_id in (*rows, *flags) if plan_id),
        features=(cost.metered_feature_id for feature in features for cost in feature.credit_costs),
    )
