"""What is read for the overview."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.autumn.errors import AutumnError
from bot.autumn.models import Customer
from bot.lookups.answers import Billing, CatalogueNames, Read
from bot.lookups.invoices.answer import InvoiceList
from bot.lookups.invoices.facts import Unpaid


@dataclass(frozen=True, slots=True)
class Overview:
    customer: Customer
    billing: Read[Billing]
    invoices: Read[InvoiceList]
    read_at: datetime
    names: CatalogueNames = field(default_factory=CatalogueNames)

    @property
    def unpaid(self) -> Read[Unpaid] | None:
        return None if isinstance(self.invoices, AutumnError) else self.invoices.unpaid
