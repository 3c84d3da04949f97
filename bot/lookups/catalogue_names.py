"""Names of plans and features that a customer's own answer shows by id only."""

from collections.abc import Iterable, Iterator

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError
from bot.autumn.models import Balance, Customer, Flag, Plan, Purchase, Subscription
from bot.lookups.answers import CatalogueNames, Read
from bot.lookups.catalogue import catalogue
from bot.lookups.concurrent import attempt


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

    A list of Autumn's is read only if a name is missing. Ids are shown where it does not answer in time.
    """
    plan_ids, feature_ids = set(plans), set(features)
    if not isinstance(customer, AutumnError):
        holdings = list(held_plans(customer))
        plan_ids |= {plan_id for plan_id, _ in holdings}
        plan_ids -= {plan_id for plan_id, plan in holdings if plan and plan.name}
        feature_ids -= _named_features(customer)
    within = autumn.patience.part
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
