"""Everything the local Autumn knows, in memory."""

import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.autumn.clock import AutumnClock
from sandbox.autumn.errors import no_customer, no_feature, no_plan, no_stripe
from sandbox.autumn.ids import Ids
from sandbox.autumn.model import (
    Json,
    LocalCustomer,
    LocalEvent,
    LocalFeature,
    LocalInvoice,
    LocalPlan,
    Product,
    Reward,
)
from sandbox.autumn.store import Customers

if TYPE_CHECKING:
    from sandbox.autumn.billing.payment import Waiting


@dataclass(slots=True)
class LocalOrganization:
    id: str = "org_3MLocalDemoOrganization0000"
    name: str = "Lumen (local demo)"
    slug: str = "lumen-demo"
    currency: str = "usd"
    stripe: bool = True
    """Whether a Stripe account is linked."""
    analytics: bool = True
    """Whether the store of events is configured."""
    locks_billing: bool = False
    """Whether one billing call at a time is let in for a customer, as Autumn does outside development."""
    include_past_due: bool = True
    """Whether balances of past-due plans are shown."""
    user: Json | None = None
    """Who made the key, {id, email, name}, where Autumn knows."""
    adding_raises_grant: bool = False
    """Whether add_to_balance raises the grant along with the balance, as a later Autumn may do."""


@dataclass(slots=True)
class AutumnState:
    clock: AutumnClock
    ids: Ids = field(default_factory=Ids)
    org: LocalOrganization = field(default_factory=LocalOrganization)
    customers: Customers = field(default_factory=Customers)
    features: dict[str, LocalFeature] = field(default_factory=dict)
    plans: dict[str, LocalPlan] = field(default_factory=dict)
    rewards: dict[str, Reward] = field(default_factory=dict)
    stripe_coupons: dict[str, Reward] = field(default_factory=dict)
    """Coupons made in Stripe, which Autumn cannot list and yet can give by their ids."""
    redemptions: dict[str, int] = field(default_factory=dict)
    """How often each promo code was redeemed."""
    announce: Callable[[str, Json], object] | None = None
    """Called with the type and the data of each event that has a webhook; None while nobody listens."""
    watched: set[str] = field(default_factory=set)
    """Customers whose plans are being changed, by internal id."""
    reserved: dict[str, tuple[LocalCustomer, LocalEvent]] = field(default_factory=dict)
    """What balances.check holds back until it is released or confirmed, by the id of the lock."""
    logged: deque[Json] = field(default_factory=lambda: deque(maxlen=1000))
    """What logs.search shows, the newest last."""
    waiting: dict[str, "Waiting"] = field(default_factory=dict)
    """Changes that are made when an invoice (by its Stripe id) or a checkout is paid."""
    events_of: Callable[["AutumnState", LocalCustomer], list[LocalEvent]] | None = None
    """Makes a customer's past events when they are first asked for."""
    outlined_invoices: Callable[[], list[LocalInvoice]] | None = None
    """Makes the invoices of all customers that are known in outline only."""
    _invoices: list[LocalInvoice] | None = None

    @property
    def now(self) -> int:
        """Epoch milliseconds."""
        return self.clock.ms()

    def customer(self, customer_id: str) -> LocalCustomer:
        """By id or internal id. Raises 404."""
        customer = self.customers.get(customer_id)
        if customer is None:
            raise no_customer(customer_id)
        return customer

    def feature(self, feature_id: str) -> LocalFeature:
        if feature_id not in self.features:
            raise no_feature(feature_id)
        return self.features[feature_id]

    def plan(self, plan_id: str) -> LocalPlan:
        if plan_id not in self.plans:
            raise no_plan(plan_id)
        return self.plans[plan_id]

    def plan_of(self, product: Product) -> LocalPlan:
        """The plan as the customer has it."""
        return product.custom or self.plan(product.plan_id)

    def coupon(self, coupon_id: str) -> Reward | None:
        """Money off, made in Autumn or in Stripe alone."""
        reward = self.rewards.get(coupon_id) or self.stripe_coupons.get(coupon_id)
        return None if reward is None or reward.type == "feature_grant" else reward

    def need_stripe(self) -> None:
        if not self.org.stripe:
            raise no_stripe()

    def events(self, customer: LocalCustomer) -> list[LocalEvent]:
        """Oldest first."""
        if customer.events is None:
            customer.events = self.events_of(self, customer) if self.events_of else []
        return customer.events

    def invoices(self) -> Iterator[LocalInvoice]:
        """Every customer's, in no particular order."""
        for customer in self.customers.kept():
            yield from customer.invoices
        if self.outlined_invoices is not None:
            if self._invoices is None:
                self._invoices = self.outlined_invoices()
            yield from (
                invoice
                for invoice in self._invoices
                if self.customers.only_outlined(invoice.customer_id or "")
            )

    def random(self, *about: object) -> random.Random:
        """Chance that falls the same way every time for the same things."""
        return random.Random(":".join(map(str, about)))
