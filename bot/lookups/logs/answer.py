"""What is read of a customer's request logs."""

from dataclasses import dataclass
from datetime import datetime

from bot.autumn.models import Customer, RequestLog
from bot.lookups.answers import Read
from bot.lookups.invoices.facts import Unpaid


@dataclass(frozen=True, slots=True)
class Logs:
    customer: Customer
    logs: Read[tuple[RequestLog, ...]] | None
    """The newest first; None for a customer's id that Autumn's logs cannot be asked about."""
    more: bool
    """Whether there may be more than were read."""
    read_at: datetime
    unpaid: Read[Unpaid] | None = None
