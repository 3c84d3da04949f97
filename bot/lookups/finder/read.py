"""Reads Autumn's customers page by page, and keeps those that pass the filters.

Autumn's pages may be shorter than asked for, and its list ends at a page whose last customer has no id,
although there are more: then it is asked once more, from the moment on at which that customer was created.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import assert_never

from bot.autumn.bulk import ListedCustomer, Listing, moment
from bot.autumn.client import Autumn, CustomerFilter
from bot.lookups.finder.card import Listed
from bot.lookups.finder.filters import BalanceUse, ListQuery, Order, balance_use, joined_since, passes

PAGE = 500
MOST_READ = 40
"""Pages for one answer: 20,000 customers."""
ENTITY_PAGE = 500
MOST_ENTITY_PAGES = 40
"""20,000 entities."""
MOST_LISTED = 1000
_SLICE = 50
"""Customers that are looked at before others get a turn on the event loop."""


async def listed(autumn: Autumn, query: ListQuery, *, now: Callable[[], datetime]) -> Listed:
    """Raises AutumnError."""
    read_at = now()
    where = CustomerFilter(
        plans=query.plans,
        status=query.status,
        start=joined_since(query, read_at),
        oldest_first=query.order is Order.OLDEST,
    )
    entities, counted = await _entities(autumn, query.entity_feature) if query.counts_entities else ({}, True)
    by_key: dict[Hashable, ListedCustomer] = {}
    matching: list[ListedCustomer] = []
    cursor = ""
    complete = False
    for _ in range(MOST_READ):
        page = await autumn.customers_where(where, limit=PAGE, cursor=cursor)
        fresh = await _fresh(page, by_key)
        matching += [
            customer
            for customer in fresh
            if passes(query, customer, read_at, entities.get(customer.get("id") or "", 0))
        ]
        if page.next_cursor:
            cursor = page.next_cursor
        elif (rest := _remaining(where, page)) is None:
            complete = True
            break
        elif not fresh:
            # Only customers of earlier pages; a full page of them may hide others of the same moment.
            complete = page.count < PAGE
            break
        else:
            where, cursor = rest, ""
        # In another order than Autumn's, the first may come last.
        if len(matching) > MOST_LISTED and query.order in (Order.NEWEST, Order.OLDEST):
            break
    ordered, uses = _sorted(matching, query, entities)
    complete = complete and counted and len(matching) <= MOST_LISTED
    return Listed(tuple(ordered[:MOST_LISTED]), complete, read_at, entities, uses)


def _sorted(
    customers: list[ListedCustomer], query: ListQuery, entities: Mapping[str, int]
) -> tuple[list[ListedCustomer], Mapping[str, BalanceUse]]:
    """Sorted, and as they came where the key is the same; with what USED sorts them by."""
    match query.order:
        case Order.NEWEST | Order.OLDEST:
            return customers, {}
        case Order.NAME:
            return sorted(
                customers, key=lambda customer: (_name(customer).casefold(), customer.get("id") or "")
            ), {}
        case Order.ENTITIES:
            return sorted(customers, key=lambda customer: -entities.get(customer.get("id") or "", 0)), {}
        case Order.USED:
            pairs = [(customer, balance_use(customer, query.used_feature)) for customer in customers]
            pairs.sort(key=lambda pair: _rank(pair[1], query.used_feature))
            uses = {customer.get("id") or "": use for customer, use in pairs if use is not None}
            return [customer for customer, _ in pairs], uses
        case _:
            assert_never(query.order)


def _rank(use: BalanceUse | None, feature: str) -> tuple[bool, Decimal]:
    """Those without a balance come last."""
    if use is None:
        return True, Decimal(0)
    return False, -(use.used if feature else use.share)


async def _entities(autumn: Autumn, feature_id: str) -> tuple[Mapping[str, int], bool]:
    """How many entities each customer has, and whether all were counted. Read for all customers together: a
    customer's own answer shows those of several entities as one."""
    counts: Counter[str] = Counter()
    cursor = ""
    for _ in range(MOST_ENTITY_PAGES):
        page = await autumn.every_entity(limit=ENTITY_PAGE, cursor=cursor)
        for start in range(0, page.count, _SLICE):
            for entity in page.rows(start, start + _SLICE):
                if entity.get("customer_id") and feature_id in ("", entity.get("feature_id")):
                    counts[entity["customer_id"] or ""] += 1
            await asyncio.sleep(0)
        if not page.next_cursor:
            last = page.rows(page.count - 1) if page.count else []
            # The list ends too soon at a page whose last entity has no id.
            return counts, page.count < ENTITY_PAGE or all(row.get("id") is not None for row in last)
        cursor = page.next_cursor
    return counts, False


async def _fresh(
    page: Listing[ListedCustomer], by_key: dict[Hashable, ListedCustomer]
) -> list[ListedCustomer]:
    """Those of the page that were not on an earlier one."""
    fresh = []
    for start in range(0, page.count, _SLICE):
        for customer in page.rows(start, start + _SLICE):
            if by_key.setdefault(_key(customer), customer) is customer:
                fresh.append(customer)
        await asyncio.sleep(0)
    return fresh


def _key(customer: ListedCustomer) -> Hashable:
    own = (customer.get("name"), customer.get("email"), customer.get("created_at"))
    return customer.get("id") or own


def _remaining(where: CustomerFilter, page: Listing[ListedCustomer]) -> CustomerFilter | None:
    """What is left after a page without a cursor; None if nothing is. A page that is short may have lost
    customers that Autumn could not write, so its length proves nothing."""
    last = page.rows(page.count - 1) if page.count else []
    created = moment(last[0].get("created_at")) if last and last[0].get("id") is None else None
    if created is None:
        return None
    return replace(where, start=created) if where.oldest_first else replace(where, end=created)


def _name(customer: ListedCustomer) -> str:
    return customer.get("name") or customer.get("email") or customer.get("id") or ""
