"""What the ids on a change's card are called. Asked of Autumn, and done without where it does not say."""

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple, TypeVar

from bot.access.rules import Kind
from bot.approvals.lifecycle import Record
from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError
from bot.lookups import names as lookup_names
from bot.lookups.catalogue_names import feature_names, plan_names
from bot.lookups.customer import CARD

T = TypeVar("T")

_WITHIN = 1.0
"""Seconds: a card does not wait longer for names."""
_KEPT = 60.0
_MOST = 500


class KnownNames(NamedTuple):
    customer: str = ""
    called: Mapping[str, str] = {}
    """Names of features, plans and coupons by id, not yet made safe."""


class CustomerNames:
    def __init__(self, autumn: Autumn, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._autumn = autumn
        self._clock = clock
        self._kept: OrderedDict[tuple[str, bool], tuple[float, KnownNames]] = OrderedDict()

    async def of(self, record: Record) -> KnownNames:
        """Never raises."""
        return await self.about(record.customer_id, coupons=record.kind is Kind.REWARD)

    async def about(self, customer_id: str, *, coupons: bool) -> KnownNames:
        """`coupons`: with their names. Never raises."""
        about = (customer_id, coupons)
        until, names = self._kept.get(about, (float("-inf"), KnownNames()))
        if self._clock() < until:
            return names
        names = await self._ask(customer_id, names, coupons=coupons)
        self._kept[about] = (self._clock() + _KEPT, names)
        self._kept.move_to_end(about)
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return names

    def forget(self, customer_id: str) -> None:
        """After a change of the name, so that the next card shows the new one."""
        for coupons in (True, False):
            about = (customer_id, coupons)
            if about in self._kept:
                # Still there for the case that Autumn does not answer.
                self._kept[about] = (float("-inf"), self._kept[about][1])

    async def _ask(self, customer_id: str, before: KnownNames, *, coupons: bool) -> KnownNames:
        """What is not answered in time stays as it was: the last names known outlive the customer, for the
        card of a deletion."""
        customer, rewards, plans, features = await asyncio.gather(
            _attempt(self._autumn.customer(customer_id, expand=CARD)),
            _attempt(self._autumn.rewards() if coupons else None),
            _attempt(plan_names(self._autumn)),
            _attempt(feature_names(self._autumn)),
        )
        called = {
            **before.called,
            **({one.id: one.name for one in rewards.coupons if one.name} if rewards else {}),
            **(plans or {}),
            **(features or {}),
        }
        if customer is None:
            return KnownNames(before.customer, called)
        return KnownNames(
            customer.name, {**called, **lookup_names.plans(customer), **lookup_names.features(customer)}
        )


async def _attempt(read: Awaitable[T] | None) -> T | None:
    if read is None:
        return None
    with contextlib.suppress(TimeoutError, AutumnError):
        return await asyncio.wait_for(read, _WITHIN)
    return None
