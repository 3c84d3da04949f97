"""What is read to say whether a customer may use so many units of a feature."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.autumn.models import Check, Customer
from bot.lookups.answers import CatalogueNames, Read
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.place import Place


@dataclass(frozen=True, slots=True)
class Checked:
    customer: Customer
    feature: str
    """Its id; empty when none or several may be meant."""
    boolean: bool
    """Whether the feature is only on or off."""
    asked: Place
    """How many units, and for which entity."""
    check: Read[Check] | None
    """None without a feature to ask about."""
    read_at: datetime
    unpaid: Read[Unpaid] | None = None
    names: CatalogueNames = field(default_factory=CatalogueNames)
