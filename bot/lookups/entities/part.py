"""Entities: the parts of a customer that have plans and balances of their own, and one of them."""

from collections.abc import Sequence
from datetime import datetime

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError, NotFound
from bot.autumn.models import Customer, Entity
from bot.lookups import samples
from bot.lookups.answers import CatalogueNames
from bot.lookups.catalogue import missing_names
from bot.lookups.concurrent import attempt, meanwhile
from bot.lookups.customer import customer_of
from bot.lookups.entities import card, words
from bot.lookups.entities.card import Entities, EntityDetail
from bot.lookups.entities.holdings import own_plans
from bot.lookups.part import LookupPart
from bot.lookups.place import Place

MOST = 500


async def entities(autumn: Autumn, place: Place, at: datetime, known: Customer | None) -> Entities:
    """Raises AutumnError when the customer cannot be read; the entities may fail alone."""
    reading = attempt(lambda: autumn.entities(place.customer, limit=MOST), within=autumn.retry_policy.part)
    async with meanwhile(reading) as listing:
        customer = await customer_of(autumn, place, known)
        page = await listing
        if isinstance(page, AutumnError):
            return Entities(customer, page, False, at)
        names = await _names(autumn, customer, page.list)
        return Entities(customer, tuple(page.list), page.next_cursor is not None, at, names=names)


async def entity(autumn: Autumn, place: Place, at: datetime, known: Customer | None) -> EntityDetail:
    """Raises AutumnError when the customer cannot be read; the entity may fail alone."""
    reading = attempt(lambda: autumn.entity(place.customer, place.entity), within=autumn.retry_policy.part)
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


def _entity() -> Entity:
    return Entity(
        id="ws_1",
        name="Workspace",
        feature_id=samples.FEATURE_ID,
        created_at=samples.LONG_AGO,
        balances=samples.customer().balances,
    )


def _sample() -> Entities:
    return Entities(samples.customer(), (_entity(), _entity()), False, samples.NOW)


def _entity_sample() -> EntityDetail:
    return EntityDetail(samples.customer(), _entity(), samples.NOW)


PART = LookupPart(
    id="entities",
    title=words.TITLE,
    command="entities",
    help=words.HELP,
    read=entities,
    count=lambda customer: len(customer.entities),
    draw=card.content,
    sample=_sample,
)
ENTITY_PART = LookupPart(
    id="entity",
    title=words.ENTITY_TITLE,
    parent="entities",
    read=entity,
    draw=card.detail,
    heading=False,
    sample=_entity_sample,
)
