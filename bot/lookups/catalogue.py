"""The organization's features and plans: what they are called, and under which names usage is tracked."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError
from bot.autumn.models import Balance, Customer, Feature, Flag, Plan, Purchase, Subscription
from bot.lookups.answers import CatalogueNames, Read
from bot.lookups.concurrent import attempt

Catalogue: TypeAlias = Mapping[str, Feature]
"""Features by id."""

CREDITS = ("credit_system", "ai_credit_system")


async def catalogue(autumn: Autumn) -> Catalogue:
    """Raises AutumnError."""
    return {feature.id: feature for feature in await autumn.features()}


def names(feature_id: str, features: Catalogue) -> tuple[str, ...]:
    """What events are tracked as when they use this feature: its id, its event names, and for a credit
    system those of every feature that it is spent on."""
    feature = features.get(feature_id)
    if feature is None:
        return (feature_id,)
    spent_on = [cost.metered_feature_id for cost in feature.credit_costs]
    tracked_as = [feature_id, *feature.event_names]
    for metered in spent_on:
        tracked_as += [metered, *(features[metered].event_names if metered in features else ())]
    return _once(tracked_as)


def tracked(features: Catalogue) -> tuple[str, ...]:
    """Every name that events are tracked as."""
    metered = [feature for feature in features.values() if feature.type == "metered"]
    return _once(name for feature in metered for name in (feature.id, *feature.event_names))


def by_name(features: Catalogue) -> dict[str, Feature]:
    """Features by id and by event name; an id wins over another feature's event name."""
    by_event = {name: feature for feature in features.values() for name in feature.event_names}
    return by_event | dict(features)


def _once(repeated: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(repeated))


# Names that a customer's own answer shows by id only


async def plan_names(autumn: Autumn) -> dict[str, str]:
    """By plan id. Raises AutumnError."""
    return {plan.id: plan.name for plan in await autumn.plans() if plan.name}


async def feature_names(autumn: Autumn) -> dict[str, str]:
    """By feature id. Raises AutumnError."""
    return {feature.id: feature.name for feature in (await catalogue(autumn)).values() if feature.name}


async def missing_names(
    autumn: Autumn, customer: Read[Customer], *, plans: Iterable[str] = (), features: Iterable[str] = ()
) -> CatalogueNames:
    """The names that the customer's answer lacks, of the plans they have and of these plans and features.

    A list of Autumn's is read only if a name is missing. Ids are shown if it does not answer in time.
    """
    plan_ids, feature_ids = set(plans), set(features)
    if not isinstance(customer, AutumnError):
        holdings = list(held_plans(customer))
        plan_ids |= {plan_id for plan_id, _ in holdings}
        plan_ids -= {plan_id for plan_id, plan in holdings if plan and plan.name}
        feature_ids -= _named_features(customer)
    within = autumn.retry_policy.part
    return CatalogueNames(
        plans=_or_none(await attempt(lambda: plan_names(autumn), within=within)) if plan_ids else {},
        features=_or_none(await attempt(lambda: feature_names(autumn), within=within)) if feature_ids else {},
    )


def held_plans(customer: Customer) -> Iterator[tuple[str, Plan | None]]:
    """Ids of the customer's plans, and the plans as far as the answer has them."""
    holdings: list[Subscription | Purchase] = [*customer.subscriptions, *customer.purchases]
    yield from ((holding.plan_id, holding.plan) for holding in holdings)


def _named_features(customer: Customer) -> set[str]:
    holdings: list[Balance | Flag] = [*customer.balances.values(), *customer.flags.values()]
    return {holding.feature_id for holding in holdings if holding.feature and holding.feature.name}


def _or_none(read: Read[dict[str, str]]) -> dict[str, str]:
    return {} if isinstance(read, AutumnError) else read
