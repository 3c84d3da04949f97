"""From a place to what is shown there."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeAlias

from bot.autumn.client import Autumn
from bot.autumn.errors import NotFound
from bot.autumn.models import Customer
from bot.lookups.answers import Answer, Nobody, One, Several
from bot.lookups.events import events
from bot.lookups.features import feature, features
from bot.lookups.find import find_or_open
from bot.lookups.invoices import invoices
from bot.lookups.overview import overview, overview_in_one
from bot.lookups.place import Part, Place
from bot.lookups.products import products

_Reader: TypeAlias = Callable[[Autumn, Place, datetime, Customer | None], Awaitable[Answer]]

_READERS: dict[Part, _Reader] = {
    Part.OVERVIEW: overview,
    Part.PRODUCTS: products,
    Part.FEATURES: features,
    Part.FEATURE: feature,
    Part.INVOICES: invoices,
    Part.EVENTS: events,
}


async def read(
    autumn: Autumn, place: Place, *, now: Callable[[], datetime], known: Customer | None = None
) -> Answer:
    """What is at this place. `known` is the customer, if `find` has just read it.

    Raises NotFound when there is no such customer, another AutumnError when nothing at all can be shown.
    """
    return await _READERS[place.part](autumn, place, now(), known)


async def look_up(
    autumn: Autumn, query: str, part: Part = Part.OVERVIEW, *, now: Callable[[], datetime]
) -> tuple[Place, Answer] | Several | Nobody:
    """`find` and `read` in one: what may be an id is read as one at once, and searched for only when it is
    none. Raises AutumnError."""

    async def by_id(customer_id: str) -> tuple[Place, Answer] | None:
        place = Place(customer=customer_id, part=part)
        try:
            return place, await read(autumn, place, now=now)
        except NotFound:
            return None

    found = await find_or_open(autumn, query, by_id, now=now)
    if not isinstance(found, One):
        return found
    place = Place(customer=found.customer_id, part=part)
    if part is Part.OVERVIEW:
        return place, await overview_in_one(autumn, place, now())
    return place, await read(autumn, place, now=now)
