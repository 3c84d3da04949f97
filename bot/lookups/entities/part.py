"""Entities: the parts of a customer that have plans and balances of their own, and one of them."""

from bot.autumn.models import Entity
from bot.lookups import samples
from bot.lookups.entities import card, words
from bot.lookups.entities.answer import Entities, EntityDetail
from bot.lookups.entities.read import entities, entity
from bot.lookups.part import LookupPart


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
