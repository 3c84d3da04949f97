"""Reads what a change needs, just before it is judged, shown or applied."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError, NotFound, Refused
from bot.autumn.models import Customer, Entity
from bot.changes import entity_view, registry
from bot.changes.model import ChangeInput, EntityScope, Facts, Needs
from bot.changes.spec import ExtraRead
from bot.lookups.answers import Billing, Read
from bot.lookups.catalogue import catalogue, plan_names
from bot.lookups.concurrent import attempt, meanwhile
from bot.lookups.customer import BILLING, billing_of
from bot.lookups.invoices import facts as invoice_facts
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.invoices.part import unpaid_page

T = TypeVar("T")

_EXPAND = ("subscriptions.plan", "purchases.plan", "balances.feature", "flags.feature", "invoices")
_MOST_SAME_EMAIL = 100
_NOT_POSSIBLE = (400, 404, 409)
"""Statuses with which Autumn rejects a change in a preview."""
_NO_ENTITY = "entity_not_found"


async def gather(
    autumn: Autumn, request: ChangeInput, *, now: Callable[[], datetime], customer_first: bool = False
) -> Facts:
    """The facts for one change. Raises AutumnError; NotFound when the customer is gone.

    `customer_first`: nothing else is asked for until the customer is known to be there.
    """
    kind = registry.of(request)
    about = _Subject(
        request.customer,
        kind.needs_for(request),
        kind.extra,
        entity=request.entity,
        priced=kind.quoted,
        email=kind.email_to_check(request),
        request=request,
    )
    return await _gather(autumn, about, at=now(), customer_first=customer_first)


async def gather_for(
    autumn: Autumn, kind_id: str, customer_id: str, *, now: Callable[[], datetime], entity: str = ""
) -> Facts:
    """The facts for a form, before it is known what will be requested, with names. Raises AutumnError."""
    kind = registry.kind(kind_id)
    reads_plans = kind.quoted or Needs.REWARDS in kind.needs
    needs = kind.needs | ({Needs.ENTITIES} if kind.of_entities else frozenset())
    async with meanwhile(_plans(autumn) if reads_plans else _no_plans()) as plans:
        about = _Subject(customer_id, needs, kind.extra, entity=entity, priced=kind.quoted)
        facts = await _gather(autumn, about, at=now())
        return replace(facts, plans=await plans)


async def quoted(autumn: Autumn, request: ChangeInput, facts: Facts, *, now: Callable[[], datetime]) -> Facts:
    """The facts with Autumn's own preview of the very request that would be sent. Raises AutumnError."""
    (write,) = registry.of(request).plan(request, facts)
    try:
        quote = await autumn.quote(write)
    except Refused as refused:
        if refused.status not in _NOT_POSSIBLE:
            raise
        return replace(facts, quote=None, quote_refused=refused.code or str(refused.status))
    return replace(facts, quote=quote, quoted_at=now(), quote_refused="")


async def _plans(autumn: Autumn) -> Mapping[str, str]:
    """Names of plans that the customer does not have: of those that a coupon is for, or that come after
    another. Ids are shown where Autumn does not say them in time."""
    return _optional(await attempt(lambda: plan_names(autumn), within=autumn.retry_policy.part)) or {}


async def _no_plans() -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class _Subject:
    customer_id: str
    needs: frozenset[Needs]
    extra: ExtraRead | None
    entity: str
    priced: bool
    """Whether it depends on what products cost, which Autumn does not say of an entity's."""
    email: str = ""
    request: ChangeInput | None = None


async def _gather(autumn: Autumn, about: _Subject, *, at: datetime, customer_first: bool = False) -> Facts:
    needs = about.needs
    reading = asyncio.create_task(attempt(lambda: _in_scope(autumn, about)))
    if customer_first:
        await reading
        _needed(reading.result())
    products = asyncio.create_task(_if(Needs.PRODUCTS in needs, autumn.plans))
    read, rewards, features, invoices, same_email, extra = await asyncio.gather(
        reading,
        _if(Needs.REWARDS in needs, autumn.rewards),
        _if(Needs.FEATURES in needs, lambda: catalogue(autumn)),
        _if(Needs.INVOICES in needs, lambda: _unpaid(autumn, about.customer_id)),
        _if(bool(about.email), lambda: _same_email(autumn, about.customer_id, about.email)),
        attempt(lambda: _extra(autumn, about)),
    )
    if isinstance(read, AutumnError):
        raise read
    customer, billing, scope = read
    return Facts(
        customer=customer,
        read_at=at,
        scope=scope,
        billing=billing,
        rewards=_needed(rewards),
        offered=None if (plans := _needed(await products)) is None else tuple(plans),
        # Known for the customer's own features from the customer, and only warnings depend on it.
        features=_optional(features) or {},
        unpaid=_needed(invoices),
        entities=tuple(customer.entities),
        same_email=_optional(same_email),
        extra=_needed(extra),
    )


async def _if(needed: bool, read: Callable[[], Awaitable[T]]) -> Read[T | None]:
    return await attempt(read) if needed else None


def _needed(read: T | AutumnError | None) -> T | None:
    if isinstance(read, AutumnError):
        raise read
    return read


def _optional(read: T | AutumnError | None) -> T | None:
    return None if isinstance(read, AutumnError) else read


async def _in_scope(autumn: Autumn, about: _Subject) -> tuple[Customer, Billing | None, EntityScope | None]:
    """The customer, or only what one of their entities has of its own."""
    if not about.entity:
        return *await _customer(autumn, about), None
    # One after the other: what the customer has before and after shows what the entity shares.
    earlier = await autumn.customer(about.customer_id)
    entity = await _entity(autumn, about)
    whole, billing = await _customer(autumn, about)
    plans = await autumn.plans() if about.priced else ()
    return entity_view.view(whole, entity, earlier, plans), billing, EntityScope(entity, whole)


async def _entity(autumn: Autumn, about: _Subject) -> Entity | None:
    """None when the customer has no such entity."""
    try:
        return await autumn.entity(about.customer_id, about.entity)
    except NotFound as error:
        if error.code != _NO_ENTITY:
            raise
        return None


async def _customer(autumn: Autumn, about: _Subject) -> tuple[Customer, Billing | None]:
    """The customer and, if needed, what Stripe knows about them, in one call."""
    expand = (*_EXPAND, *(("entities",) if Needs.ENTITIES in about.needs else ()))
    if not about.needs & {Needs.BILLING, Needs.BILLING_IF_READ}:
        return await autumn.customer(about.customer_id, expand=expand), None
    try:
        customer = await autumn.customer(about.customer_id, expand=(*expand, *BILLING))
    except NotFound:
        raise
    except AutumnError:
        if Needs.BILLING in about.needs:
            raise
        return await autumn.customer(about.customer_id, expand=expand), None
    if Needs.STRIPE_LINK in about.needs and customer.stripe_id is None:
        # A coupon puts its customer into Stripe, which the copy that Autumn answers from does not show.
        with contextlib.suppress(AutumnError):
            await autumn.refresh(about.customer_id)
            customer = await autumn.customer(about.customer_id, expand=(*expand, *BILLING))
    return customer, billing_of(customer)


async def _extra(autumn: Autumn, about: _Subject) -> object:
    return await about.extra.read(autumn, about.customer_id, about.request) if about.extra else None


async def _unpaid(autumn: Autumn, customer_id: str) -> Unpaid:
    page = await unpaid_page(autumn, customer_id)
    return invoice_facts.unpaid(page.list, more=page.next_cursor is not None)


async def _same_email(autumn: Autumn, customer_id: str, email: str) -> int:
    """How many others have this email, among the first that the search finds."""
    listed = (await autumn.customers(search=email, limit=_MOST_SAME_EMAIL)).list
    return sum(
        customer.id != customer_id and customer.email.casefold() == email.casefold() for customer in listed
    )
