"""What is read of a customer's entities."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.autumn.models import Customer, Entity
from bot.lookups.answers import CatalogueNames, Read
from bot.lookups.invoices.facts import Unpaid


class HasNames(Protocol):
    """An answer about a customer, and what their features are called."""

    @property
    def customer(self) -> Customer: ...

    @property
    def names(self) -> CatalogueNames: ...

    @property
    def read_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Entities:
    customer: Customer
    entities: Read[tuple[Entity, ...]]
    """The newest first, up to `lookups.entities.read.MOST`."""
    more: bool
    """Whether there are more than were read."""
    read_at: datetime
    unpaid: Read[Unpaid] | None = None
    names: CatalogueNames = field(default_factory=CatalogueNames)


@dataclass(frozen=True, slots=True)
class EntityDetail:
    customer: Customer
    entity: Read[Entity] | None
    """None when the customer has no such entity."""
    read_at: datetime
    unpaid: Read[Unpaid] | None = None
    names: CatalogueNames = field(default_factory=CatalogueNames)
