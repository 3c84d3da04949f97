"""The customer with a Stripe id. Autumn does not search by it, so its newest customers are gone through."""

import asyncio

from bot.autumn.client import Autumn
from bot.autumn.models import Customer

_PAGE = 500
_PAGES = 10
_SLICE = 50
"""Customers that are looked at before others get a turn on the event loop."""


async def with_stripe_id(autumn: Autumn, stripe_id: str) -> tuple[Customer | None, int]:
    """The customer in outline; and how many were compared, if there are more than could be. Raises
    AutumnError."""
    cursor, compared = "", 0
    for _ in range(_PAGES):
        page = await autumn.newest_customers(limit=_PAGE, cursor=cursor)
        for start in range(0, page.count, _SLICE):
            for row in page.rows(start, start + _SLICE):
                if row.get("stripe_id") == stripe_id and (customer_id := row.get("id")):
                    name, email = row.get("name") or "", row.get("email") or ""
                    return Customer(id=customer_id, name=name, email=email), 0
            await asyncio.sleep(0)
        compared += page.count
        cursor = page.next_cursor or ""
        if not cursor:
            return None, 0
    return None, compared
