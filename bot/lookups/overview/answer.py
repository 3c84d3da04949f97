"""x"""

from dataclasses import dataclass, field
from datetime import datetime

from bot.autumn.models import Customer
from bot.lookups.answers import Billing, Names, Read
from bot.lookups.invoices.answer import InvoiceList


@dataclass(frozen=True, slots=True)
class Overview:
    customer: Customer
    billing: Read[Billing]
    invoices: Read[InvoiceList]
    read_at: datetime
    names: Names = field(default_factory=Names)
