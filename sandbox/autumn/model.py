"""What the local Autumn keeps. Times are epoch milliseconds, money is in major units, None is null."""

from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True)
class LocalFeature:
    id: str
    name: str
    type: str = "metered"
    """metered, boolean or credit_system."""
    consumable: bool = True
    event_names: list[str] = field(default_factory=list)
    archived: bool = False
    display: Json | None = None
    credit_schema: list[Json] | None = None
    internal_id: str = ""


@dataclass(slots=True)
class Item:
    """One feature of a plan."""

    feature_id: str
    included: float = 0
    unlimited: bool = False
    interval: str | None = None
    price: Json | None = None
    """{amount | tiers, billing_units, billing_method, interval, max_purchase, additional_currencies?}"""
    rollover: Json | None = None
    """{max, length}: unused units kept at a reset (None: all), and for how many months (None: for good)."""
    id: str = ""
    proration: Json | None = None
    """{on_increase, on_decrease} of a prepaid price."""


@dataclass(slots=True)
class LocalPlan:
    id: str
    name: str
    description: str | None = None
    group: str | None = None
    version: int = 1
    add_on: bool = False
    auto_enable: bool = False
    price: Json | None = None
    """{amount, interval, additional_currencies?}; interval one_off for what is bought once."""
    items: list[Item] = field(default_factory=list)
    trial: Json | None = None
    """{duration_length, duration_type, card_required}"""
    created_at: int = 0
    archived: bool = False
    internal_id: str = ""
    price_id: str = ""
    billing_controls: Json = field(default_factory=dict)
    """Controls that customers with the plan inherit, by kind."""

    @property
    def one_off(self) -> bool:
        return self.interval == "one_off"

    @property
    def interval(self) -> str | None:
        """How often it is billed: by its base price, or by its features' prices; None for a free plan."""
        if self.price is not None:
            return str(self.price["interval"])
        priced = [str(item.price["interval"]) for item in self.items if item.price]
        return next((interval for interval in priced if interval != "one_off"), priced[0] if priced else None)


@dataclass(slots=True)
class Product:
    """A plan a customer has, had or will have."""

    id: str
    plan_id: str
    status: str
    """active, past_due, scheduled or expired."""
    started_at: int
    created_at: int
    anchor: int
    """Resets of its rows are counted from here."""
    quantity: int = 1
    canceled_at: int | None = None
    expires_at: int | None = None
    ended_at: int | None = None
    trial_ends_at: int | None = None
    period_start: int | None = None
    period_end: int | None = None
    stripe_subscription: str | None = None
    entity_id: str | None = None
    prepaid: dict[str, float] = field(default_factory=dict)
    """Units of a prepaid feature bought with it."""
    charged: dict[str, float] = field(default_factory=dict)
    """Units of a prepaid feature that have been charged for this period; fewer or more than were bought when
    a quantity was changed without charging."""
    external_id: str | None = None
    """The id it was given when it was attached."""
    custom: LocalPlan | None = None
    """The plan as it was changed for this customer alone."""

    @property
    def key(self) -> str:
        """The id the API knows it by."""
        return self.external_id or self.id

    @property
    def running(self) -> bool:
        return self.status in ("active", "past_due")


@dataclass(slots=True)
class Row:
    """One source of a feature's balance; a boolean feature's row is a flag."""

    id: str
    feature_id: str
    created_at: int
    external_id: str | None = None
    plan_id: str | None = None
    product_id: str | None = None
    included: float = 0
    adjustment: float = 0
    """What an edit added to the grant; lost at the next reset."""
    prepaid: float = 0
    balance: float = 0
    unlimited: bool = False
    flag: bool = False
    interval: str | None = None
    interval_count: int = 1
    resets_at: int | None = None
    price: Json | None = None
    expires_at: int | None = None
    entity_id: str | None = None
    rollover: Json | None = None
    rollovers: list[Json] = field(default_factory=list)

    @property
    def loose(self) -> bool:
        """Whether it is a standalone grant, of no plan."""
        return self.product_id is None

    @property
    def key(self) -> str:
        """The id the API knows it by."""
        return self.external_id or self.id

    @property
    def grant(self) -> float:
        return self.included + self.adjustment + self.prepaid


@dataclass(slots=True)
class LocalEntity:
    id: str | None
    name: str | None
    feature_id: str
    created_at: int
    billing_controls: Json = field(default_factory=dict)


@dataclass(slots=True)
class LocalInvoice:
    id: str
    stripe_id: str
    customer_id: str | None
    status: str
    total: float
    created_at: int
    currency: str = "usd"
    plan_ids: list[str] = field(default_factory=list)
    amount_paid: float | None = None
    refunded: float = 0
    processor: str = "stripe"
    entity_id: str | None = None
    lines: list[Json] = field(default_factory=list)
    """For the hosted page only: {description, total}."""
    subscription: str | None = None
    """The Stripe subscription that it was made for."""
    imported: bool = False
    """Whether it was brought along from elsewhere, and so is not in Stripe."""
    charge_id: str | None = None
    """The Stripe charge that refunds are booked on, made up when first asked for."""


@dataclass(slots=True)
class LocalEvent:
    id: str
    timestamp: int
    feature_id: str
    customer_id: str | None
    value: float
    properties: Json = field(default_factory=dict)
    deductions: list[Json] | None = None
    entity_id: str | None = None


@dataclass(slots=True)
class LocalDiscount:
    """A reward in force on the customer (`subscription_id` None) or on one subscription."""

    reward_id: str
    start: int
    """Seconds, as Stripe has it."""
    end: int | None
    subscription_id: str | None = None


@dataclass(slots=True)
class Reward:
    id: str
    name: str
    type: str
    """percentage_discount, fixed_discount, invoice_credits or feature_grant."""
    value: float = 0
    duration: str = "one_off"
    length: int | None = None
    plan_ids: list[str] | None = None
    promo_codes: list[Json] = field(default_factory=list)
    grants: list[Json] = field(default_factory=list)
    created_at: int = 0
    internal_id: str = ""


@dataclass(slots=True)
class LocalCustomer:
    internal_id: str
    id: str | None
    name: str | None
    email: str | None
    created_at: int
    fingerprint: str | None = None
    stripe_id: str | None = None
    metadata: Json = field(default_factory=dict)
    send_email_receipts: bool = False
    billing_controls: Json = field(default_factory=dict)
    config: Json = field(default_factory=dict)
    currency: str | None = None
    payment_method: Json | None = None
    payment_trouble: str | None = None
    """Why Stripe will not charge the card: payment_failed, 3ds_required or payment_processing."""
    credit: float = 0
    """The balance that Stripe keeps for the customer, taken off the next invoices."""
    products: list[Product] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    entities: list[LocalEntity] = field(default_factory=list)
    invoices: list[LocalInvoice] = field(default_factory=list)
    discounts: list[LocalDiscount] = field(default_factory=list)
    trials_used: list[str] = field(default_factory=list)
    redeemed: list[str] = field(default_factory=list)
    events: list[LocalEvent] | None = None
    """None until they are first asked for; see `history`."""
    history: list["History"] = field(default_factory=list)
    cached: bool = False
    """Whether customers.get answers from a copy, made when the customer was last read."""
    cached_before_stripe: bool = False
    """Whether that copy is older than the Stripe customer, and so shows none."""

    @property
    def cached_stripe_id(self) -> str | None:
        """The Stripe customer as customers.get shows it."""
        return None if self.cached_before_stripe else self.stripe_id

    def drop_cached(self) -> None:
        self.cached = self.cached_before_stripe = False

    def draft(self) -> "LocalCustomer":
        """A copy to try a change on: its own products, rows and lists, the rest shared."""
        return replace(
            self,
            products=[
                replace(product, prepaid={**product.prepaid}, charged={**product.charged})
                for product in self.products
            ],
            rows=[
                replace(row, rollovers=[copy(rollover) for rollover in row.rollovers]) for row in self.rows
            ],
            discounts=[replace(discount) for discount in self.discounts],
            trials_used=[*self.trials_used],
        )


@dataclass(slots=True)
class History:
    """How a feature was used in the past weeks, from which events are made when they are asked for."""

    feature_id: str
    days: int
    per_day: float
    """Events on an ordinary day."""
    cycle_start: int
    cycle_usage: float
    """What the events since `cycle_start` add up to."""
    rhythm: str = "office"
    """office (weekdays, working hours), steady, nightly, launch (growing) or fading."""
    properties: Json = field(default_factory=dict)
    """Values to choose from, by property name."""
