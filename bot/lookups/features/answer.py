"""What is read of a customer's features."""

from dataclasses import dataclass
from datetime import datetime

from bot.autumn.models import Customer
from bot.lookups.answers import Read
from bot.lookups.invoices.facts import Unpaid


@dataclass(frozen=True, slots=True)
class Features:
    customer: Customer
    read_at: datetime
    unpaid: Read[Unpaid] | None = None
