"""What a look-up answers. Each field is what was read, or the error that came in its place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias, TypeVar

from bot.autumn.errors import AutumnError
from bot.autumn.models import Customer, Discount, Event, Feature, Invoice, InvoicePreview, UsageTotal
from bot.lookups.invoices.facts import Unpaid

T = TypeVar("T")
Read: TypeAlias = T | AutumnError


@dataclass(frozen=True, slots=True)
class Billing:
    """What Stripe knows: slower to read than the rest, and allowed to fail alone."""

    discounts: tuple[Discount, ...]
    upcoming: tuple[InvoicePreview, ...] | None
    """None when the customer has no Stripe customer."""


@dataclass(frozen=True, slots=True)
class Names:
    """What plans and features are called, by id: of those whose names the customer's own answer lacks."""

    plans: Mapping[str, str] = field(default_factory=dict)
    features: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExpiredProduct:
    """A product the customer no longer has."""

    plan_id: str
    name: str
    started_at: datetime | None
    ended_at: datetime | None
    quantity: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class InvoiceList:
    newest: tuple[Invoice, ...]
    """Newest first, up to `lookups.invoices.MOST`; of one status if that was asked for."""
    more: bool
    """Whether there are more than were read."""
    unpaid: Read[Unpaid]
    """Of any age and, whatever was asked for, of any status."""


@dataclass(frozen=True, slots=True)
class Overview:
    customer: Customer
    billing: Read[Billing]
    invoices: Read[InvoiceList]
    read_at: datetime
    names: Names = field(default_factory=Names)


@dataclass(frozen=True, slots=True)
class Products:
    customer: Customer
    expired: Read[tuple[ExpiredProduct, ...]] | None
    """None when not asked for."""
    read_at: datetime
    unpaid: Read[Unpaid] | None = None
    names: Names = field(default_factory=Names)


@dataclass(frozen=True, slots=True)
class Features:
    customer: Customer
    read_at: datetime
    unpaid: Read[Unpaid] | None = None


@dataclass(frozen=True, slots=True)
class Bin:
    start: datetime
    end: datetime
    value: Decimal


@dataclass(frozen=True, slots=True)
class Spending:
    """What one metered feature took from a credit system."""

    feature_id: str
    name: str
    credits: tuple[Decimal, ...]
    """For each of the usage's bins; empty when it is not known how much was taken from this system."""
    units: Decimal
    """What was used of the feature itself."""
    events: int


@dataclass(frozen=True, slots=True)
class Usage:
    """A feature's usage over a span in at most 20 bins, oldest first."""

    bins: tuple[Bin, ...]
    total: Decimal
    events: int
    start: datetime
    end: datetime
    spent_by: tuple[Spending, ...] = ()
    """For a credit system, the features it was spent by, the one that took most first."""


@dataclass(frozen=True, slots=True)
class FeatureDetail:
    customer: Customer
    usage: Read[Usage] | None
    """None for a boolean feature, or one the customer does not have."""
    read_at: datetime
    unpaid: Read[Unpaid] | None = None
    names: Names = field(default_factory=Names)


@dataclass(frozen=True, slots=True)
class Invoices:
    customer: Read[Customer]
    invoices: Read[tuple[Invoice, ...]]
    """All that match the filter, newest first, up to `lookups.invoices.MOST`."""
    more: bool
    """Whether there are more than were read."""
    upcoming: Read[tuple[InvoicePreview, ...]] | None
    """None when the customer has no Stripe customer."""
    read_at: datetime
    unpaid: Read[Unpaid] | None = None
    """None when the invoices could not be read."""
    names: Names = field(default_factory=Names)


@dataclass(frozen=True, slots=True)
class Events:
    customer: Read[Customer]
    events: Read[tuple[Event, ...]]
    """Newest first, up to `lookups.events.MOST`, none after the place's `until`."""
    more: bool
    totals: Read[dict[str, UsageTotal]]
    """Per tracked name over the span."""
    features: dict[str, Feature]
    """By id, and by the event names they track; empty when they could not be read."""
    until: datetime
    read_at: datetime
    unpaid: Read[Unpaid] | None = None


Answer: TypeAlias = Overview | Products | Features | FeatureDetail | Invoices | Events


@dataclass(frozen=True, slots=True)
class SingleMatch:
    """The search ended at one customer; what was read on the way is kept for the card."""

    customer_id: str
    customer: Customer | None = None
    """As `read` takes it; None when the search did not read the customer whole."""


@dataclass(frozen=True, slots=True)
class SeveralMatches:
    query: str
    matches: tuple[Customer, ...]
    """Ids may be None: such a customer is listed but cannot be opened."""
    more: bool
    """Whether Autumn has more matches than are listed here."""
    read_at: datetime


@dataclass(frozen=True, slots=True)
class NoMatch:
    query: str
    compared: int = 0
    """How many customers' Stripe ids were compared, when there are more than could be."""


Found: TypeAlias = SingleMatch | SeveralMatches | NoMatch
