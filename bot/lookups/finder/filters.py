"""What `/autumn list` lists: its filters and its order, as they are typed and as a button carries them."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from pydantic import Field

from bot.autumn.bulk import ListedCustomer, ListedSource, ListedSubscription, granted_by, moment
from bot.kit.carried import Carried

MOST_DAYS = 3650
MOST_ENTITIES = 1_000_000
_LONGEST_ID = 100
_MOST_PLANS = 5
_AT_LEAST = re.compile(r"(?:>=)?([0-9]{1,7})\+?", re.ASCII)
_SORT_BY_USE = "used:"
_JOINED = re.compile(r"([0-9]{1,4})d?", re.ASCII)


class Order(StrEnum):
    NEWEST = "newest"
    OLDEST = "oldest"
    NAME = "name"
    ENTITIES = "entities"
    """The most entities first."""
    USED = "used"
    """The most used of `ListQuery.used_feature` first; without one, the largest share of a balance."""


class StatusFilter(StrEnum):
    ANY = ""
    ACTIVE = "active"
    SCHEDULED = "scheduled"


class ListQuery(Carried):
    """Which customers, in which order, and which page of them."""

    plans: tuple[str, ...] = Field(default=(), alias="p", max_length=_MOST_PLANS)
    """Ids of products of which they hold one; empty for all."""
    status: StatusFilter = Field(default=StatusFilter.ANY, alias="s")
    """Of one of their products."""
    past_due: bool = Field(default=False, alias="d")
    trial: bool = Field(default=False, alias="t")
    over: bool = Field(default=False, alias="o")
    """Whether only those are listed who have used up a balance or are over it."""
    joined: int = Field(default=0, ge=0, le=MOST_DAYS, alias="j")
    """Within so many days; 0 for ever."""
    entities: int = Field(default=0, ge=0, le=MOST_ENTITIES, alias="e")
    """At least so many; 0 for all customers."""
    entity_feature: str = Field(default="", alias="f", max_length=_LONGEST_ID)
    """The feature that the entities count as; empty for any."""
    order: Order = Field(default=Order.NEWEST, alias="r")
    used_feature: str = Field(default="", alias="u", max_length=_LONGEST_ID)
    """Only with USED."""
    page: int = Field(default=0, ge=0, alias="n")

    def at(self, page: int) -> "ListQuery":
        return self.model_copy(update={"page": page})

    def sorted_by(self, order: Order) -> "ListQuery":
        """From the first page on."""
        return self.model_copy(update={"order": order, "used_feature": "", "page": 0})

    @property
    def counts_entities(self) -> bool:
        return self.entities > 0 or self.order is Order.ENTITIES


@dataclass(frozen=True, slots=True)
class UnknownFilter:
    """A word that filters nothing."""

    word: str


@dataclass(frozen=True, slots=True)
class UnknownOrder:
    """What a list cannot be sorted by."""

    key: str


@dataclass(frozen=True, slots=True)
class BalanceUse:
    """How much of a balance is used."""

    feature: str
    """Its name, or its id where it has none here."""
    used: Decimal
    granted: Decimal

    @property
    def share(self) -> Decimal:
        """Of what was granted; 0 where nothing was."""
        return self.used / self.granted if self.granted > 0 else Decimal(0)


_SWITCHES: dict[str, dict[str, object]] = {
    "past-due": {"past_due": True},
    "past_due": {"past_due": True},
    "trial": {"trial": True},
    "over-limit": {"over": True},
    "over": {"over": True},
    "entities": {"entities": 1},
    "active": {"status": StatusFilter.ACTIVE},
    "scheduled": {"status": StatusFilter.SCHEDULED},
    **{f"sort:{order}": {"order": order} for order in Order},
}


def parse(typed: str) -> ListQuery | UnknownFilter | UnknownOrder:
    """Filters are words, in any order: `product:pro past-due joined:30d sort:name`."""
    values: dict[str, object] = {}
    plans: list[str] = []
    for word in typed.split():
        name, _, value = word.partition(":")
        if (switch := _SWITCHES.get(word.lower())) is not None:
            values |= switch
        elif name.lower() == "sort":
            feature = value[len(_SORT_BY_USE) :]
            if not value.lower().startswith(_SORT_BY_USE) or not 0 < len(feature) <= _LONGEST_ID:
                return UnknownOrder(value)
            values |= {"order": Order.USED, "used_feature": feature}
        elif name.lower() in ("product", "plan") and 0 < len(value) <= _LONGEST_ID:
            plans.append(value)
        elif name.lower() == "joined" and (days := _days(value)):
            values["joined"] = days
        elif name.lower() == "entities" and (number := _number_of_entities(value)):
            values["entities"] = number
        elif name.lower() == "entity" and 0 < len(value) <= _LONGEST_ID:
            values["entity_feature"] = value
        else:
            return UnknownFilter(word)
    if len(plans) > _MOST_PLANS:
        return UnknownFilter(f"product:{plans[_MOST_PLANS]}")
    if "entity_feature" in values:
        values.setdefault("entities", 1)
    return ListQuery.model_validate({**values, "plans": tuple(dict.fromkeys(plans))})


def _number_of_entities(value: str) -> int:
    """0 if it is not a valid number."""
    number = _AT_LEAST.fullmatch(value)
    return int(number[1]) if number and int(number[1]) <= MOST_ENTITIES else 0


def _days(value: str) -> int:
    """0 if it is not a valid number of days."""
    days = _JOINED.fullmatch(value)
    return int(days[1]) if days and int(days[1]) <= MOST_DAYS else 0


def joined_since(query: ListQuery, now: datetime) -> datetime | None:
    return now - timedelta(days=query.joined) if query.joined else None


def passes(query: ListQuery, customer: ListedCustomer, now: datetime, entities: int) -> bool:
    """What Autumn cannot filter by. `entities`: how many of them are counted."""
    subscriptions = running(customer)
    return (
        (not query.past_due or any(subscription.get("past_due") for subscription in subscriptions))
        and (not query.trial or any(in_trial(subscription, now) for subscription in subscriptions))
        and (not query.over or bool(spent(customer, now).limited))
        and entities >= query.entities
    )


def running(customer: ListedCustomer) -> list[ListedSubscription]:
    return [
        subscription
        for subscription in customer.get("subscriptions") or ()
        if subscription.get("status") != StatusFilter.SCHEDULED
    ]


def in_trial(subscription: ListedSubscription, now: datetime) -> bool:
    ends = moment(subscription.get("trial_ends_at"))
    return ends is not None and ends > now


def balance_use(customer: ListedCustomer, feature: str) -> BalanceUse | None:
    """For this feature; without one, for the balance with the largest used share."""
    balances = customer.get("balances") or {}
    uses = [
        BalanceUse(
            (balance.get("feature") or {}).get("name") or feature_id,
            balance.get("usage") or Decimal(0),
            balance.get("granted") or Decimal(0),
        )
        for feature_id, balance in balances.items()
        if feature_id == feature or not (feature or balance.get("unlimited"))
    ]
    # Without a feature, amounts of different units can only be compared as shares.
    return max(uses, key=lambda use: use.share if not feature else use.used, default=None)


@dataclass(frozen=True, slots=True)
class Spent:
    """Names of the features of which nothing of the grant is left."""

    used_up: list[str] = field(default_factory=list)
    over: list[str] = field(default_factory=list)
    """Those used beyond the grant."""
    reset_due: list[str] = field(default_factory=list)
    """Those that Autumn resets when they are next read or used: as listed, they are no longer true."""

    @property
    def limited(self) -> list[str]:
        return [*self.over, *self.used_up]


def spent(customer: ListedCustomer, now: datetime) -> Spent:
    found = Spent()
    for feature_id, balance in (customer.get("balances") or {}).items():
        granted, remaining = balance.get("granted"), balance.get("remaining")
        if not granted or remaining is None or remaining > 0 or balance.get("unlimited"):
            continue
        resets_at = moment(balance.get("next_reset_at"))
        if resets_at is not None and resets_at <= now:
            names = found.reset_due
        elif any(_is_over(source) for source in balance.get("breakdown") or ()):
            names = found.over
        else:
            names = found.used_up
        names.append((balance.get("feature") or {}).get("name") or feature_id)
    return found


def _is_over(source: ListedSource) -> bool:
    return (source.get("usage") or 0) > granted_by(source)
