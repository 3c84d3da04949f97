"""x"""

from datetime import datetime

from bot.autumn.client import Autumn
from bot.autumn.models import Customer
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
            if place.feature not in customer.balances:
                return FeatureDetail(customer, None, at)
            return FeatureDetail(customer, await charted, at)
