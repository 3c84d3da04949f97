"""What is read of one feature."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from bot.autumn.models import Customer, Entity
from bot.lookups.answers import CatalogueNames, Read
from bot.lookups.invoices.facts import Unpaid


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
    entity: Read[Entity] | None = None
    """Whose usage it is, where the place is of an entity; None if the customer has no such entity."""
    unpaid: Read[Unpaid] | None = None
    names: CatalogueNames = field(default_factory=CatalogueNames)
