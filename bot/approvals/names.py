"""The names on a card, and how the customer stands. What Autumn does not answer in time is left out."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from cachetools import LRUCache, TTLCache

from bot.approvals import words
from bot.approvals.lifecycle import Record
from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError
from bot.autumn.models import Customer, RewardList, Subscription
from bot.changes import registry
from bot.changes.forms.fields import called as names_in
from bot.changes.model import Facts, Needs
from bot.kit import money
from bot.lookups import labels
from bot.lookups import names as lookup_names
from bot.lookups.catalogue import feature_names, plan_names
from bot.lookups.customer import CARD
from bot.lookups.invoices.facts import unpaid

T = TypeVar("T")

_WITHIN = 1.0
"""Seconds a card waits for names."""
_FRESH = 60.0
"""Seconds before a customer is read again."""
_MOST = 500
_MOST_PLANS = 3


@dataclass(frozen=True, slots=True)
class KnownNames:
    customer: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    """Of features, plans and coupons by id, not yet escaped."""
    standing: str = ""
    """The customer's, in mrkdwn."""


class CustomerNames:
    """Names are kept after their customer is gone, for the card of a deletion."""

    def __init__(self, autumn: Autumn, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._autumn = autumn
        self._names: LRUCache[str, KnownNames] = LRUCache(_MOST)
        self._fresh: TTLCache[tuple[str, bool], bool] = TTLCache(2 * _MOST, _FRESH, timer=clock)
        """By customer, and by whether coupons' names were read too."""
        self._catalogue: TTLCache[str, Mapping[str, str]] = TTLCache(2, _FRESH, timer=clock)
        """The organization's."""

    def learn(self, customer_id: str, facts: Facts) -> None:
        """From facts that were just read for a change, so that its cards need not read them again."""
        before = self._names.get(customer_id, KnownNames())
        self._names[customer_id] = KnownNames(
            facts.customer.name, {**before.names, **names_in(facts)}, customer_summary(facts.whole)
        )
        self._fresh[customer_id, False] = True
        if facts.rewards is not None:
            self._fresh[customer_id, True] = True

    async def of(self, record: Record) -> KnownNames:
        """Never raises."""
        return await self.about(record.customer_id, coupons=Needs.REWARDS in registry.kind(record.kind).needs)

    async def about(self, customer_id: str, *, coupons: bool) -> KnownNames:
        """`coupons`: their names too. Never raises."""
        known_names = self._names.get(customer_id, KnownNames())
        if (customer_id, coupons) not in self._fresh and (customer_id, True) not in self._fresh:
            known_names = await self._ask(customer_id, known_names, coupons=coupons)
            self._names[customer_id] = known_names
            self._fresh[customer_id, coupons] = True
        return KnownNames(
            known_names.customer,
            {**await self.plans_and_features(), **known_names.names},
            known_names.standing,
        )

    async def plans_and_features(self) -> Mapping[str, str]:
        """Names by id, of the whole organization: a change may be about one the customer does not have. Never
        raises."""
        names = self._catalogue.get("plans and features")
        if names is None:
            plans, features = await asyncio.gather(
                _attempt(plan_names(self._autumn)), _attempt(feature_names(self._autumn))
            )
            names = self._catalogue["plans and features"] = {**(plans or {}), **(features or {})}
        return names

    async def for_kinds(self, kind_ids: Iterable[str]) -> Mapping[str, str]:
        """Names by id, of the whole organization, for several changes of these kinds: also of coupons where
        one may be about them. Never raises."""
        if not any(Needs.REWARDS in registry.kind(kind_id).needs for kind_id in kind_ids):
            return await self.plans_and_features()
        named, coupons = await asyncio.gather(self.plans_and_features(), self._coupons())
        return {**named, **coupons}

    async def _coupons(self) -> Mapping[str, str]:
        names = self._catalogue.get("coupons")
        if names is None:
            rewards = await _attempt(self._autumn.rewards())
            names = self._catalogue["coupons"] = _named(rewards) if rewards else {}
        return names

    async def _ask(self, customer_id: str, before: KnownNames, *, coupons: bool) -> KnownNames:
        """Names that do not arrive in time stay as they were."""
        customer, rewards = await asyncio.gather(
            _attempt(self._autumn.customer(customer_id, expand=CARD)),
            _attempt(self._autumn.rewards() if coupons else None),
        )
        names = dict(before.names)
        if rewards:
            names |= _named(rewards)
        if customer is None:
            return KnownNames(before.customer, names, before.standing)
        names |= {
            **lookup_names.plans(customer),
            **lookup_names.features(customer),
            **lookup_names.entities(customer.entities),
        }
        return KnownNames(customer.name, names, customer_summary(customer))


def _named(rewards: RewardList) -> dict[str, str]:
    return {coupon.id: coupon.name for coupon in rewards.coupons if coupon.name}


async def _attempt(read: Awaitable[T] | None) -> T | None:
    if read is None:
        return None
    with contextlib.suppress(TimeoutError, AutumnError):
        return await asyncio.wait_for(read, _WITHIN)
    return None


def customer_summary(customer: Customer) -> str:
    """In mrkdwn; empty if the customer has no product and owes nothing."""
    currencies = lookup_names.currencies(customer)
    active = [subscription for subscription in customer.subscriptions if subscription.status == "active"]
    parts = [_product(subscription, currencies) for subscription in active[:_MOST_PLANS]]
    if any(subscription.past_due for subscription in active):
        parts.append(words.PAST_DUE)
    if owed := unpaid(customer.invoices, more=False).totals:
        parts.append(words.owed(money.sums(owed)))
    return " · ".join(parts)


def _product(subscription: Subscription, currencies: lookup_names.Currencies) -> str:
    price = lookup_names.price(subscription.plan, currencies)
    plan = lookup_names.plan(subscription)
    return f"{plan}, {price}" if price not in ("", labels.FREE) else plan
