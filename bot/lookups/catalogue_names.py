"""What the organisation calls the plans and features that a customer's own answer shows by their ids only."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar, assert_never

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError
from bot.autumn.models import Customer, Plan
from bot.lookups.answers import Answer, Names, Read
from bot.lookups.catalogue import catalogue
from bot.lookups.concurrent import attempt
from bot.lookups.events.answer import Events
from bot.lookups.feature.answer import FeatureDetail
from bot.lookups.features.answer import Features
from bot.lookups.invoices.answer import Invoices
from bot.lookups.overview.answer import Overview
from bot.lookups.products.answer import Products

A = TypeVar("A", bound=Answer)


async def plan_names(autumn: Autumn) -> dict[str, str]:
    """By plan id. Raises AutumnError."""
    return {plan.id: plan.name for plan in await autumn.plans() if plan.name}


async def feature_names(autumn: Autumn) -> dict[str, str]:
    """By feature id. Raises AutumnError."""
    return {one.id: one.name for one in (await catalogue(autumn)).values() if one.name}


async def named(autumn: Autumn, answer: A) -> A:
    """The answer with the names that it lacks; ids are shown where Autumn does not say them in time."""
    match answer:
        case Overview() | Products() | FeatureDetail() | Invoices():
            plans = set(_plans(answer)) - _known_plans(answer.customer)
            features = set(_features(answer)) - _known_features(answer.customer)
            if not plans and not features:
                return answer
            within = autumn.patience.part
            names = Names(
                plans=_or_none(await attempt(lambda: plan_names(autumn), within=within)) if plans else {},
                features=_or_none(await attempt(lambda: feature_names(autumn), within=within))
                if features
                else {},
            )
            return replace(answer, names=names)
        case Features() | Events():
            return answer
        case _:  # pragma: no cover - there is no other answer
            assert_never(answer)


def _or_none(read: Read[dict[str, str]]) -> dict[str, str]:
    return {} if isinstance(read, AutumnError) else read


def _plans(answer: Overview | Products | FeatureDetail | Invoices) -> Iterator[str]:
    """Ids of the plans that are shown."""
    customer = answer.customer
    if isinstance(customer, Customer):
        yield from (plan_id for plan_id, _ in _held(customer))
    match answer:
        case Overview():
            shown = () if isinstance(answer.invoices, AutumnError) else answer.invoices.newest
            yield from (plan for invoice in shown for plan in invoice.plan_ids)
        case Invoices():
            shown = () if isinstance(answer.invoices, AutumnError) else answer.invoices
            yield from (plan for invoice in shown for plan in invoice.plan_ids)
        case Products():
            expired = answer.expired if isinstance(answer.expired, tuple) else ()
            yield from (one.plan_id for one in expired if not one.name)
        case FeatureDetail():
            rows = (row for balance in answer.customer.balances.values() for row in balance.breakdown)
            yield from (row.plan_id for row in rows if row.plan_id)
            yield from (flag.plan_id for flag in answer.customer.flags.values() if flag.plan_id)
        case _:  # pragma: no cover - there is no other
            assert_never(answer)


def _features(answer: Overview | Products | FeatureDetail | Invoices) -> Iterator[str]:
    """Ids of the features that are shown as a part of something else."""
    match answer:
        case Products():
            yield from _included(plan for _, plan in _held(answer.customer))
        case FeatureDetail():
            kinds = [balance.feature for balance in answer.customer.balances.values()]
            yield from (cost.metered_feature_id for one in kinds if one for cost in one.credit_costs)
        case Overview() | Invoices():
            return
        case _:  # pragma: no cover - there is no other
            assert_never(answer)


def _included(plans: Iterable[Plan | None]) -> Iterator[str]:
    yield from (item.feature_id for plan in plans if plan for item in plan.items)


def _known_plans(customer: Read[Customer]) -> set[str]:
    if isinstance(customer, AutumnError):
        return set()
    return {plan_id for plan_id, plan in _held(customer) if plan and plan.name}


def _held(customer: Customer) -> Iterator[tuple[str, Plan | None]]:
    yield from ((one.plan_id, one.plan) for one in customer.subscriptions)
    yield from ((one.plan_id, one.plan) for one in customer.purchases)


def _known_features(customer: Read[Customer]) -> set[str]:
    if isinstance(customer, AutumnError):
        return set()
    balances = {one.feature_id for one in customer.balances.values() if one.feature and one.feature.name}
    return balances | {one.feature_id for one in customer.flags.values() if one.feature and one.feature.name}
