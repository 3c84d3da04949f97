"""Reads Autumn's customers page by page, and keeps those that pass the filters.

Autumn's pages may be shorter than asked for, and its list ends at a page whose last customer has no id,
although there are more: then it is asked once more, from the moment on at which that customer was created.
"""

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.autumn.bulk import ListedCustomer, Listing, moment
from bot.autumn.client import Autumn, CustomerFilter
from bot.lookups.finder.filters import ListQuery, Order, joined_since, passes

PAGE = 500
MOST_READ = 40
"""Pages for one answer: 20,000 customers."""
MOST_LISTED = 1000
_SLICE = 50
"""Customers that are looked at before others get a turn on the event loop."""


@dataclass(frozen=True, slots=True)
class Listed:
    customers: tuple[ListedCustomer, ...]
    """In the order asked for."""
    complete: bool
    """Whether all customers were looked at."""
    read_at: datetime


async def listed(autumn: Autumn, query: ListQuery, *, now: Callable[[], datetime]) -> Listed:
    """Raises AutumnError."""
    read_at = now()
    where = CustomerFilter(
        plans=query.plans,
        status=query.status,
        start=joined_since(query, read_at),
        oldest_first=query.order is Order.OLDEST,
    )
    known: dict[Hashable, ListedCustomer] = {}
    kept: list[ListedCustomer] = []
    cursor = ""
    complete = False
    for _ in range(MOST_READ):
        page = await autumn.customers_where(where, limit=PAGE, cursor=cursor)
        fresh = await _fresh(page, known)
        kept += [customer for customer in fresh if passes(query, customer, read_at)]
        if page.next_cursor:
            cursor = page.next_cursor
        elif (rest := _rest(where, page)) is None or not fresh:
            complete = rest is None
            break
        else:
            where, cursor = rest, ""
        if len(kept) > MOST_LISTED:
            break
    if query.order is Order.NAME:
        kept.sort(key=lambda customer: (_name(customer).casefold(), customer.get("id") or ""))
    return Listed(tuple(kept[:MOST_LISTED]), complete and len(kept) <= MOST_LISTED, read_at)


async def _fresh(
    page: Listing[ListedCustomer], known: dict[Hashable, ListedCustomer]
) -> list[ListedCustomer]:
    """Those of the page that were not on an earlier one."""
    fresh = []
    for start in range(0, page.count, _SLICE):
        for customer in page.rows(start, start + _SLICE):
            if known.setdefault(_key(customer), customer) is customer:
                fresh.append(customer)
        await asyncio.sleep(0)
    return fresh


def _key(customer: ListedCustomer) -> Hashable:
    own = (customer.get("name"), customer.get("email"), customer.get("created_at"))
    return customer.get("id") or own


def _rest(where: CustomerFilter, page: Listing[ListedCustomer]) -> CustomerFilter | None:
    """What is left after a page without a cursor; None where there is nothing."""
    last = page.rows(page.count - 1) if page.count >= PAGE else []
    created = moment(last[0].get("created_at")) if last and last[0].get("id") is None else None
    if created is None:
        return None
    return replace(where, start=created) if where.oldest_first else replace(where, end=created)


def _name(customer: ListedCustomer) -> str:
    return customer.get("name") or customer.get("email") or customer.get("id") or ""
