"""What is read of a customer's events."""

from dataclasses import dataclass
from datetime import datetime

from bot.autumn.models import Customer, Event, Feature, UsageTotal
from bot.lookups.answers import Read
from bot.lookups.invoices.facts import Unpaid


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
