"""The client of Autumn's API: one typed method per request.

Only `send` changes a customer. `refresh` makes Autumn drop a cached copy; every other method reads. All raise
the errors of `bot.autumn.errors` and no others.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import httpx
from pydantic import SecretStr

from bot.autumn import bulk
from bot.autumn.cache import Cached
from bot.autumn.errors import NotFound
from bot.autumn.events import Aggregate, Event, RequestLog
from bot.autumn.http import Call, ReadRequest, Wire
from bot.autumn.models import (
    Check,
    Customer,
    Entity,
    Feature,
    Invoice,
    Model,
    Organization,
    Page,
    Plan,
    Quote,
    RewardList,
    StoredProduct,
    StripeFacts,
)
from bot.autumn.retry_policy import RetryPolicy
from bot.autumn.throttle import Limits, RateGroup, SharedRate
from bot.autumn.write import Write, in_path
from bot.kit.numbers import finite

__all__ = ["Autumn", "Call", "Limits", "RetryPolicy"]

API_VERSION = "2.3.0"

M = TypeVar("M", bound=Model)

_ACCEPTED_ID = re.compile(r"[a-zA-Z0-9_:-]+")
_SEARCHABLE_ID = re.compile(r"[a-zA-Z0-9_:.@+-]{1,200}")
_CATALOGUE_SECONDS = 180.0
_LAST_SECONDS = 3600.0
_MOST_EXPIRED = 100
_LONGEST_ID = 1000


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """What Autumn itself can filter its list of customers by."""

    plans: tuple[str, ...] = ()
    """Ids of products of which they hold one; empty for all."""
    status: str = ""
    """active or scheduled: of one of their products."""
    start: datetime | None = None
    end: datetime | None = None
    """When they were created, both included."""
    oldest_first: bool = False


class Autumn:
    """A client for one key. Close it with `aclose`."""

    def __init__(
        self,
        *,
        key: SecretStr,
        url: str = "https://api.useautumn.com",
        version: str = API_VERSION,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        retry_policy: RetryPolicy = RetryPolicy(),  # noqa: B008 - frozen
        transport: httpx.AsyncBaseTransport | None = None,
        observe: Callable[[Call], None] | None = None,
        rate: SharedRate | None = None,
    ) -> None:
        """`rate` decides when a request may be sent; without it this client keeps to `limits` on its own."""
        self.url = url
        self.retry_policy = retry_policy
        self._wire = Wire(
            key=key,
            url=url,
            version=version,
            limits=limits,
            retry_policy=retry_policy,
            transport=transport,
            observe=observe,
            rate=rate,
        )
        self._features = Cached(self._read_features, seconds=_CATALOGUE_SECONDS)
        self._plans = Cached(self._read_plans, seconds=_CATALOGUE_SECONDS)
        self._rewards = Cached(self._read_rewards, seconds=_CATALOGUE_SECONDS)

    def __repr__(self) -> str:
        return f"Autumn({self.url})"

    async def aclose(self) -> None:
        await self._features.aclose()
        await self._plans.aclose()
        await self._rewards.aclose()
        await self._wire.aclose()

    async def organization(self) -> Organization:
        """The organization the key belongs to. The only request that needs no scope."""
        request = ReadRequest.rest("organization/me", "/v1/organization/me", {}, group=RateGroup.GENERAL)
        return await self._wire.read_model(Organization, request)

    async def customer(self, customer_id: str, *, expand: Sequence[str] = ()) -> Customer:
        """A customer, by id or by Autumn's internal id. Raises NotFound.

        Older customers may have ids that customers.get does not accept; those are read over the REST route.
        """
        return await self._wire.read_model(Customer, _customer_request(customer_id, expand))

    async def stripe_facts(self, customer_id: str, *, expand: Sequence[str]) -> StripeFacts:
        """Only what Stripe knows about a customer: the answer contains the rest too, but that is not parsed.
        Raises NotFound."""
        return await self._wire.read_model(StripeFacts, _customer_request(customer_id, expand))

    async def customers(
        self, *, search: str = "", limit: int = 50, cursor: str = "", expand: Sequence[str] = ()
    ) -> Page[Customer]:
        """Customers, newest first. `search` matches part of the id, name or email; % and _ are wildcards.

        Balances may lack a reset that is due: Autumn carries it out when it reads a single customer. The
        list ends early at a page whose last customer has no id.
        """
        body = _page(limit, cursor) | _non_empty(search=search, expand=list(expand))
        return await self._wire.read_model(
            Page[Customer], ReadRequest.rpc("customers.list", body, group=RateGroup.CUSTOMERS_LIST)
        )

    async def every_customer(self, *, limit: int, cursor: str = "") -> bulk.Listing[bulk.ListedCustomer]:
        """A page of all customers, oldest first, in outline, with their plans and the features of their
        balances. Ends early like `customers`."""
        expand = ["subscriptions.plan", "balances.feature"]
        body = _page(limit, cursor) | {"sort_order": "asc", "expand": expand}
        request = ReadRequest.rpc("customers.list", body, group=RateGroup.CUSTOMERS_LIST)
        return await self._wire.read_parsed(bulk.customers, request)

    async def customers_where(
        self, where: CustomerFilter, *, limit: int, cursor: str = ""
    ) -> bulk.Listing[bulk.ListedCustomer]:
        """A page of the customers that the filter lets through, in outline, with their plans and the features
        of their balances. Ends early as `customers` does."""
        body = _page(limit, cursor) | _non_empty(
            plans=[{"id": plan} for plan in where.plans],
            subscription_status=where.status,
            created_at_range=_between(where.start, where.end),
            sort_order="asc" if where.oldest_first else "desc",
            expand=["subscriptions.plan", "balances.feature"],
        )
        request = ReadRequest.rpc("customers.list", body, group=RateGroup.CUSTOMERS_LIST)
        return await self._wire.read_parsed(bulk.customers, request)

    async def newest_customers(self, *, limit: int, cursor: str = "") -> bulk.Listing[bulk.ListedCustomer]:
        """A page of all customers, newest first, in outline. Ends early like `customers`."""
        request = ReadRequest.rpc("customers.list", _page(limit, cursor), group=RateGroup.CUSTOMERS_LIST)
        return await self._wire.read_parsed(bulk.customers, request)

    async def every_entity(self, *, limit: int, cursor: str = "") -> bulk.Listing[bulk.ListedEntity]:
        """A page of the entities of all customers, newest first, in outline."""
        request = ReadRequest.rpc("entities.list", _page(limit, cursor), group=RateGroup.CUSTOMERS_LIST)
        return await self._wire.read_parsed(bulk.entities, request)

    async def every_invoice(
        self, *, status: Sequence[str], limit: int, cursor: str = ""
    ) -> bulk.Listing[bulk.ListedInvoice]:
        """A page of all customers' invoices, newest first, in outline."""
        body = _page(limit, cursor) | _non_empty(status=list(status))
        request = ReadRequest.rpc("invoices.list", body, group=RateGroup.GENERAL)
        return await self._wire.read_parsed(bulk.invoices, request)

    async def expired_products(self, customer_id: str) -> list[StoredProduct]:
        """Products the customer no longer has, newest first, at most 100. The route is undocumented."""
        path = f"/v1/customers/{in_path(customer_id[:_LONGEST_ID])}/products"
        query = {"status": "expired", "limit": str(_MOST_EXPIRED), "start_cursor": ""}
        request = ReadRequest.rest("customers/:id/products", path, query, group=RateGroup.GENERAL)
        page = await self._wire.read_model(Page[StoredProduct], request)
        # Older servers ignore the filter and include current products.
        return [product for product in page.list if product.status == "expired"]

    async def invoices(
        self,
        *,
        customer_id: str | None = None,
        status: Sequence[str] = (),
        limit: int = 100,
        cursor: str = "",
        turn_within: float | None = None,
    ) -> Page[Invoice]:
        """Invoices, newest first, of one customer or of all. An unknown customer has none.

        Raises NotSent if it would have to wait more than `turn_within` seconds for its turn.
        """
        if customer_id == "":
            return Page[Invoice]()  # Autumn would answer with everyone's
        body = _page(limit, cursor) | _non_empty(customer_id=customer_id, status=list(status))
        request = ReadRequest.rpc("invoices.list", body, group=RateGroup.GENERAL)
        return await self._wire.read_model(Page[Invoice], replace(request, turn_within=turn_within))

    async def events(
        self,
        *,
        customer_id: str,
        feature_id: str | Sequence[str] | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int = 100,
        cursor: str = "",
    ) -> Page[Event]:
        """Events, newest first. `feature_id`: a tracked name, or several. An unknown customer has none."""
        body = _page(limit, cursor) | _non_empty(
            customer_id=customer_id,
            feature_id=feature_id if isinstance(feature_id, str) else list(feature_id or ()),
            custom_range=_between(start, end),
        )
        return await self._wire.read_model(
            Page[Event],
            ReadRequest.rpc("events.list", body, group=RateGroup.EVENTS, customer_id=customer_id),
        )

    async def usage(
        self,
        *,
        customer_id: str,
        feature_ids: Sequence[str],
        entity_id: str = "",
        range: str | None = None,  # noqa: A002 - Autumn's name
        start: datetime | None = None,
        end: datetime | None = None,
        bin_size: str | None = None,
        aggregate_on: str | None = None,
    ) -> Aggregate:
        """Usage in bins of `bin_size` (hour, day, week, month) over `range`, or from `start` to `end`.

        `feature_ids` are tracked names; unknown ones come back as zeros. `entity_id`: only what was tracked
        for this entity. With `aggregate_on` "deducted", also what was taken from which balance. Raises
        NotFound for an unknown customer.
        """
        body = _non_empty(
            customer_id=customer_id,
            entity_id=entity_id,
            feature_id=list(feature_ids),
            range=range,
            custom_range=_between(start, end),
            bin_size=bin_size,
            aggregate_on=aggregate_on,
        )
        return await self._wire.read_model(
            Aggregate,
            ReadRequest.rpc("events.aggregate", body, group=RateGroup.EVENTS, customer_id=customer_id),
        )

    async def request_logs(
        self, customer_id: str, *, start: datetime, end: datetime, failed: bool, limit: int
    ) -> tuple[RequestLog, ...] | None:
        """The requests to Autumn about a customer, newest first, up to 7 days at once. `failed`: only those
        that were refused or went wrong. None for an id that cannot be searched for. The route is not in
        Autumn's published description of its API."""
        if not _SEARCHABLE_ID.fullmatch(customer_id):
            return None
        where = f"where customer_id == '{customer_id}'" + (" and status_code >= 400" if failed else "")
        body = {
            "query": where,
            "range": {"start_date": start.isoformat(), "end_date": end.isoformat()},
            "limit": limit,
        }
        request = ReadRequest.rpc("logs.search", body, group=RateGroup.GENERAL)
        return tuple((await self._wire.read_model(Page[RequestLog], request)).list)

    async def features(self) -> list[Feature]:
        """Every feature of the organization, cached for three minutes."""
        return await self._features.get()

    async def plans(self) -> list[Plan]:
        """Every product of the organization, cached for three minutes."""
        return await self._plans.get()

    def last_plans(self) -> list[Plan] | None:
        """Every product as last read, at most an hour ago; None if it was not. Waits for nothing."""
        return self._plans.latest(within=_LAST_SECONDS)

    async def rewards(self) -> RewardList:
        """Every coupon and feature grant of the organization, as they are now."""
        return await self._rewards.read_now()

    def last_rewards(self) -> RewardList | None:
        """The same as last read, at most an hour ago; None if it was not. Waits for nothing."""
        return self._rewards.latest(within=_LAST_SECONDS)

    async def quote(self, write: Write) -> Quote:
        """Autumn's preview of a billing change. Raises Refused exactly where the change would be refused."""
        route = write.route.replace("billing.", "billing.preview_")
        request = ReadRequest.rpc(route, write.body, group=RateGroup.GENERAL)
        return await self._wire.read_model(Quote, request)

    async def check(self, customer_id: str, feature_id: str, units: Decimal, *, entity_id: str = "") -> Check:
        """Whether the customer, or their entity, may use this many units. Raises NotFound.

        `send_event` and `lock` are never sent: with them the same request would use or reserve the units.
        """
        body = {
            "customer_id": customer_id,
            "feature_id": feature_id,
            "required_balance": finite(units),
        } | _non_empty(entity_id=entity_id)
        return await self._wire.read_model(
            Check, ReadRequest.rpc("balances.check", body, group=RateGroup.CHECK)
        )

    async def entities(
        self, customer_id: str, *, search: str = "", limit: int = 100, cursor: str = ""
    ) -> Page[Entity]:
        """The customer's entities, such as seats or workspaces, the newest first.

        `search`: what their ids or names have in them. `limit`: 5,000 at most.
        """
        body = _page(limit, cursor) | {"customer_id": customer_id} | _non_empty(search=search)
        request = ReadRequest.rpc("entities.list", body, group=RateGroup.CUSTOMERS_LIST)
        return await self._wire.read_model(Page[Entity], request)

    async def entity(self, customer_id: str, entity_id: str) -> Entity:
        """One entity of this customer. Raises NotFound."""
        body = {"customer_id": customer_id, "entity_id": entity_id}
        request = ReadRequest.rpc("entities.get", body, group=RateGroup.GENERAL)
        return await self._wire.read_model(Entity, request)

    async def refresh(self, customer_id: str) -> None:
        """Makes Autumn drop its cached copy of the customer. Changes nothing, but needs the scope
        customers:write. The route is undocumented."""
        body = {"customer_id": customer_id}
        request = ReadRequest("customers.clear_cache", "POST", "/v1/customers/clear_cache", body)
        await self._wire.read_model(Model, request)

    async def send(self, write: Write, key: str) -> Any:
        """Sends one write, once. `key` is its Idempotency-Key.

        Returns Autumn's answer (None if it cannot be read). An answer means the write was accepted, but a
        balance may change a little later and some edits are accepted without effect, so read back.

        Raises AutumnError. NotSent means that nothing changed. Refused with a 4xx status other than 409
        means that Autumn rejected it, though of a balance edit with several parts the first may be done.
        After any other error the outcome is unknown.
        """
        return await self._wire.write(write, key)

    async def _read_features(self) -> list[Feature]:
        return await self._everything(Page[Feature], "features.list")

    async def _read_plans(self) -> list[Plan]:
        return await self._everything(Page[Plan], "plans.list")

    async def _read_rewards(self) -> RewardList:
        request = ReadRequest.rpc("rewards.list", {}, group=RateGroup.GENERAL)
        return await self._wire.read_model(RewardList, request)

    async def _everything(self, shape: type[Page[M]], route: str) -> list[M]:
        page = await self._wire.read_model(shape, ReadRequest.rpc(route, {}, group=RateGroup.GENERAL))
        return page.list


def _customer_request(customer_id: str, expand: Sequence[str]) -> ReadRequest:
    if not 0 < len(customer_id) <= _LONGEST_ID:
        raise NotFound("No customer can have this id.", request="customers.get", status=404)
    if _ACCEPTED_ID.fullmatch(customer_id):
        body = {"customer_id": customer_id} | _non_empty(expand=list(expand))
        return ReadRequest.rpc("customers.get", body, group=RateGroup.CHECK)
    query = {"expand": ",".join(expand)} if expand else {}
    path = f"/v1/customers/{in_path(customer_id)}"
    return ReadRequest.rest("customers/:id", path, query, group=RateGroup.CHECK)


def _page(limit: int, cursor: str) -> dict[str, Any]:
    return {"limit": limit, "start_cursor": cursor}


def _non_empty(**fields: Any) -> dict[str, Any]:
    """The fields that are not empty: Autumn treats an empty filter as a filter."""
    return {name: value for name, value in fields.items() if value}


def _between(start: datetime | None, end: datetime | None) -> Mapping[str, int]:
    return {
        name: round(at.timestamp() * 1000) for name, at in (("start", start), ("end", end)) if at is not None
    }
