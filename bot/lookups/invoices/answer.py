"""What is read of a customer's invoices."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.autumn.errors import AutumnError
from bot.autumn.models import Customer, Invoice, InvoicePreview
from bot.lookups.answers import Billing, CatalogueNames, Read
from bot.lookups.invoices.facts import Unpaid


@dataclass(frozen=True, slots=True)
class InvoiceList:
    newest: tuple[Invoice, ...]
    """Newest first, up to `lookups.invoices.MOST`; of one status if that was asked for."""
    more: bool
    """Whether there are more than were read."""
    unpaid: Read[Unpaid]
    """Of any age and, whatever was asked for, of any status."""


@dataclass(frozen=True, slots=True)
class Invoices:
    customer: Read[Customer]
    invoices: Read[tuple[Invoice, ...]]
    """All that match the filter, newest first, up to `lookups.invoices.MOST`."""
    more: bool
    """Whether there are more than were read."""
    billing: Read[Billing]
    read_at: datetime
    unpaid: Read[Unpaid] | None = None
    """None when the invoices could not be read."""
    names: CatalogueNames = field(default_factory=CatalogueNames)

    @property
    def upcoming(self) -> Read[tuple[InvoicePreview, ...]] | None:
        """None when the customer has no Stripe customer."""
        return self.billing if isinstance(self.billing, AutumnError) else self.billing.upcoming
