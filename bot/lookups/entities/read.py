"""Reads a customer's entities: all of them, or one."""

from collections.abc import Sequence
from datetime import datetime

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError, NotFound
from bot.autumn.models import Customer, Entity
from bot.lookups.answers import CatalogueNames
from bot.lookups.catalogue_names import missing_names
from bot.lookups.concurrent import attempt, meanwhile
from bot.lookups.customer import customer_of
from bot.lookups.entities.answer import Entities, EntityDetail
from bot.lookups.entities.holdings import own_plans
from bot.lookups.place import Place

MOST = 500


async def entities(autumn: Autumn, place: Place, at: datetime, known: Customer | None) -> Entities:
    """Raises AutumnError when the customer cannot be read; the entities may fail alone."""
    reading = attempt(lambda: autumn.entities(place.customer, limit=MOST), within=autumn.patience.part)
    async with meanwhile(reading) as listing:
        customer = await customer_of(autumn, place, known)
        page = await listing
        if isinstance(page, AutumnError):
            return Entities(customer, page, False, at)
        names = await _names(autumn, customer, page.list)
        return Entities(customer, tuple(page.list), page.next_cursor is not None, at, names=names)


async def entity(autumn: Autumn, place: Place, at: datetime, known: Customer | None) -> EntityDetail:
    """Raises AutumnError when the customer cannot be read; the entity may fail alone."""
    reading = attempt(lambda: autumn.entity(place.customer, place.entity), within=autumn.patience.part)
    async with meanwhile(reading) as fetching:
        customer = await customer_of(autumn, place, known)
        answer = await fetching
        if isinstance(answer, NotFound):
            return EntityDetail(customer, None, at)
        if isinstance(answer, AutumnError):
            return EntityDetail(customer, answer, at)
        return EntityDetail(customer, answer, at, names=await _names(autumn, customer, [answer]))


async def _names(autumn: Autumn, customer: Customer, listed: Sequence[Entity]) -> CatalogueNames:
    return await missing_names(
        autumn,
        customer,
        plans={holding.plan_id for entity in listed for holding in own_plans(entity)},
        features={feature_id for entity in listed for feature_id in entity.balances},
    )
