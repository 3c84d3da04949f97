"""From a place to what is shown there."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar, assert_never

from bot.autumn.client import Autumn
from bot.autumn.errors import NotFound
from bot.autumn.models import Customer
from bot.lookups.answers import Answer
from bot.lookups.catalogue_names import named
from bot.lookups.events.answer import Events
from bot.lookups.events.read import events
from bot.lookups.feature.answer import FeatureDetail
from bot.lookups.feature.read import feature
from bot.lookups.features.answer import Features
from bot.lookups.features.read import features
from bot.lookups.find.answer import NoMatch, SeveralMatches, SingleMatch
from bot.lookups.find.search import find_or_open
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.invoices.read import invoices, nothing_owed, unpaid
from bot.lookups.overview.read import overview, overview_in_one
from bot.lookups.place import Part, Place
from bot.lookups.products.answer import Products
from bot.lookups.products.read import products

P = TypeVar("P", Products, Features, FeatureDetail, Events)


async def read(
    autumn: Autumn, place: Place, *, now: Callable[[], datetime], known: Customer | None = None
) -> Answer:
    """What is at this place. `known` is the customer, if `find` has just read it.

    Raises NotFound when there is no such customer, another AutumnError when nothing at all can be shown.
    """
    return await named(autumn, await _read(autumn, place, now(), known))


async def _read(autumn: Autumn, place: Place, at: datetime, known: Customer | None) -> Answer:
    match place.part:
        case Part.OVERVIEW:
            return await overview(autumn, place, at, known)
        case Part.INVOICES:
            return await invoices(autumn, place, at, known)
        case Part.PRODUCTS:
            return await _and_unpaid(autumn, place, products(autumn, place, at, known))
        case Part.FEATURES:
            return await _and_unpaid(autumn, place, features(autumn, place, at, known))
        case Part.FEATURE:
            return await _and_unpaid(autumn, place, feature(autumn, place, at, known))
        case Part.EVENTS:
            return await _and_unpaid(autumn, place, events(autumn, place, at, known))
        case _:  # pragma: no cover - there is no other part
            assert_never(place.part)


async def _and_unpaid(autumn: Autumn, place: Place, reading: Coroutine[Any, Any, P]) -> P:
    """Every card says what is unpaid, whichever part it shows."""
    answer = await reading
    if isinstance(answer.customer, Customer) and nothing_owed(answer.customer):
        return replace(answer, unpaid=Unpaid())
    return replace(answer, unpaid=await unpaid(autumn, place.customer))


async def look_up(
    autumn: Autumn, query: str, part: Part = Part.OVERVIEW, *, now: Callable[[], datetime]
) -> tuple[Place, Answer] | SeveralMatches | NoMatch:
    """`find` and `read` in one: what may be an id is read as one at once, and searched for only when it is
    none. Raises AutumnError."""

    async def by_id(customer_id: str) -> tuple[Place, Answer] | None:
        place = Place(customer=customer_id, part=part)
        try:
            return place, await read(autumn, place, now=now)
        except NotFound:
            return None

    found = await find_or_open(autumn, query, by_id, now=now)
    if not isinstance(found, SingleMatch):
        return found
    place = Place(customer=found.customer_id, part=part)
    if part is Part.OVERVIEW:
        return place, await named(autumn, await overview_in_one(autumn, place, now()))
    return place, await read(autumn, place, now=now)
