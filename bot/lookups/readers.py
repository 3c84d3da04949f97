"""Reads what a place shows."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.autumn.client import Autumn
from bot.autumn.errors import NotFound, NotSent
from bot.autumn.models import Customer
from bot.lookups import registry
from bot.lookups.find.card import NoMatch, SeveralMatches, SingleMatch
from bot.lookups.find.search import find_or_open
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.invoices.part import SOON, came_with, in_brief, nothing_owed, unpaid
from bot.lookups.part import Answer, LookupPart
from bot.lookups.place import AT_OVERVIEW, Place


async def read(
    autumn: Autumn, place: Place, *, now: Callable[[], datetime], known: Customer | None = None
) -> Answer:
    """What is at this place. `known` is the customer, if `find` has just read it.

    Raises NotFound when there is no such customer, another AutumnError when nothing at all can be shown.
    """
    part = registry.part(place.part)
    return await _with_unpaid(autumn, place, part, await part.read(autumn, place, now(), known))


async def find_and_read(
    autumn: Autumn, query: str, opens: Place = AT_OVERVIEW, *, now: Callable[[], datetime]
) -> tuple[Place, Answer] | SeveralMatches | NoMatch:
    """`find` and `read` together: text that may be an id is read as one first, and searched for when no
    customer has it. `opens`: a place without the customer. Raises AutumnError."""

    async def by_id(customer_id: str) -> tuple[Place, Answer] | None:
        place = opens.model_copy(update={"customer": customer_id})
        try:
            return place, await read(autumn, place, now=now)
        except NotFound:
            return None

    match = await find_or_open(autumn, query, by_id, now=now)
    if not isinstance(match, SingleMatch):
        return match
    place = opens.model_copy(update={"customer": match.customer_id})
    part = registry.part(place.part)
    reader = part.read_after_search or part.read
    return place, await _with_unpaid(autumn, place, part, await reader(autumn, place, now(), None))


async def _with_unpaid(autumn: Autumn, place: Place, part: LookupPart[Any], answer: Answer) -> Answer:
    """Every card says what is unpaid, whichever part it shows."""
    if part.reads_invoices:
        return answer
    if isinstance(answer.customer, Customer) and nothing_owed(answer.customer):
        return replace(answer, unpaid=Unpaid())
    if not isinstance(answer.customer, Customer) or not came_with(answer.customer):
        return replace(answer, unpaid=await unpaid(autumn, place.customer))
    read = await unpaid(autumn, place.customer, turn_within=SOON)
    return replace(answer, unpaid=in_brief(answer.customer).unpaid if isinstance(read, NotSent) else read)
