"""What the ids on a change's card are called. Asked of Autumn, and done without where it does not say."""

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import NamedTuple

from bot import views
from bot.approvals.life import Record
from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError
from bot.autumn.models import Customer
from bot.changes.model import Kind
from bot.lookups.customer import CARD

_WITHIN = 1.0
"""Seconds: a card does not wait longer for names."""
_KEPT = 60.0
_MOST = 500


class Names(NamedTuple):
    customer: str = ""
    called: Mapping[str, str] = {}
    """Names of features, plans and coupons by id, not yet made safe."""


class Naming:
    def __init__(self, autumn: Autumn, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._autumn = autumn
        self._clock = clock
        self._kept: OrderedDict[tuple[str, Kind], tuple[float, Names]] = OrderedDict()

    async def of(self, record: Record) -> Names:
        """Never raises."""
        about = (record.customer_id, record.kind)
        until, names = self._kept.get(about, (float("-inf"), Names()))
        if self._clock() < until:
            return names
        with contextlib.suppress(TimeoutError, AutumnError):
            async with asyncio.timeout(_WITHIN):
                # The last names known outlive the customer, for the card of a deletion.
                names = await self._ask(record)
        self._kept[about] = (self._clock() + _KEPT, names)
        self._kept.move_to_end(about)
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return names

    async def _ask(self, record: Record) -> Names:
        customer: Customer = await self._autumn.customer(record.customer_id, expand=CARD)
        coupons = (await self._autumn.rewards()).coupons if record.kind is Kind.REWARD else ()
        called = {
            **{one.id: one.name for one in coupons if one.name},
            **views.plans_of(customer),
            **views.features_of(customer),
        }
        return Names(customer.name, called)
