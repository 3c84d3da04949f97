"""What is read of a customer's products."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from bot.autumn.models import Customer
from bot.lookups.answers import CatalogueNames, Read
from bot.lookups.invoices.facts import Unpaid


@dataclass(frozen=True, slots=True)
class ExpiredProduct:
    """A product the customer no longer has."""

    plan_id: str
    name: str
    started_at: datetime | None
    ended_at: datetime | None
    quantity: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Products:
    customer: Customer
    expired: Read[tuple[ExpiredProduct, ...]] | None
    """None when not asked for."""
    read_at: datetime
    unpaid: Read[Unpaid] | None = None
    names: CatalogueNames = field(default_factory=CatalogueNames)
