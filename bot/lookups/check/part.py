"""Whether a customer may use a number of units of a feature: Autumn answers, and neither uses nor reserves
anything.

Opened from a feature, an entity, or by command.
"""

import asyncio
from datetime import datetime
from decimal import Decimal

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError
from bot.autumn.models import Check, Customer, Entity
from bot.lookups import labels, names, samples
from bot.lookups.answers import CatalogueNames, Read
from bot.lookups.catalogue import Catalogue, catalogue, missing_names
from bot.lookups.check import card, words
from bot.lookups.check.card import Checked
from bot.lookups.concurrent import attempt, meanwhile
from bot.lookups.customer import customer_of
from bot.lookups.part import LookupPart, ReadScope
from bot.lookups.place import Place


async def checked(autumn: Autumn, place: Place, at: datetime, known: Customer | None) -> Checked:
    """Raises AutumnError when the customer cannot be read; the check may fail alone."""
    listing = attempt(lambda: catalogue(autumn), within=autumn.retry_policy.part)
    async with meanwhile(listing) as reading:
        customer = await customer_of(autumn, place, known)
        listed = await reading
    features: Catalogue = {} if isinstance(listed, AutumnError) else listed
    feature = _feature_id(place.feature, customer, features)
    check, entity = await _check(autumn, place, feature) if feature else (None, None)
    return Checked(
        customer,
        feature,
        features[feature].type == "boolean" if feature in features else feature in customer.flags,
        place,
        check,
        at,
        names=await _names(autumn, customer, feature, check),
        entity=entity,
    )


def _feature_id(typed: str, customer: Customer, features: Catalogue) -> str:
    """The id of the feature that was typed, if it is clear: of those the customer has, else of all."""
    held = names.features(customer)
    called = {feature.id: feature.name or feature.id for feature in features.values()} | held
    if typed in called:
        return typed
    return names.resolve_feature(typed, held) or names.resolve_feature(typed, called)


async def _check(autumn: Autumn, place: Place, feature: str) -> tuple[Read[Check], Entity | None]:
    """The check, and the entity that it is about, whose own billing controls may be the reason: if it cannot
    be read, nor is the check answered."""
    within = autumn.retry_policy.part
    checking = attempt(
        lambda: autumn.check(place.customer, feature, place.units, entity_id=place.entity), within=within
    )
    if not place.entity:
        return await checking, None
    reading = attempt(lambda: autumn.entity(place.customer, place.entity), within=within)
    check, entity = await asyncio.gather(checking, reading)
    if isinstance(entity, AutumnError):
        return entity, None
    return check, entity


async def _names(
    autumn: Autumn, customer: Customer, feature: str, check: Read[Check] | None
) -> CatalogueNames:
    read = check if isinstance(check, Check) else Check()
    plan = read.flag.plan_id if read.flag else None
    spent = [read.balance.feature_id] if read.balance else []
    return await missing_names(
        autumn, customer, plans=[plan] if plan else [], features=[*([feature] if feature else []), *spent]
    )


def _sample() -> Checked:
    customer = samples.customer()
    place = Place(customer=samples.CUSTOMER_ID, part="check", feature=samples.FEATURE_ID, units=Decimal(500))
    balance = customer.balances[samples.FEATURE_ID]
    check = Check(allowed=True, required_balance=Decimal(500), balance=balance)
    return Checked(customer, samples.FEATURE_ID, False, place, check, samples.NOW)


_NOBODY = "maple-doctor-asks-about-nobody"

PART = LookupPart(
    id="check",
    title=labels.CAN_USE,
    command="check",
    help=words.HELP,
    parent="features",
    read=checked,
    draw=card.content,
    filters_by_feature=True,
    scope=ReadScope(
        "balances:read",
        "check what a customer may use",
        lambda autumn: autumn.check(_NOBODY, _NOBODY, Decimal(1)),
    ),
    sample=_sample,
)
