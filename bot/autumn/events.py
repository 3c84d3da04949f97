"""Models of Autumn's answers about the past: tracked events, usage over time, and logged requests."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import Field

from bot.autumn.models import Instant, Many, Model, Text

_REFUSED = 400


class Deduction(Model):
    balance_id: Text = ""
    feature_id: Text = ""
    plan_id: str | None = None
    value: Decimal = Decimal(0)


class Event(Model):
    id: Text = ""
    timestamp: Instant
    feature_id: Text = ""
    """The tracked name: a feature's id or one of its event names."""
    customer_id: str | None = None
    value: Decimal = Decimal(0)
    properties: dict[str, Any] | None = None
    """Free-form data from the company. It may be personal: never log it, and always shorten it."""
    deductions: Many[Deduction] = Field(default_factory=list)


class LoggedRequest(Model):
    method: Text = ""
    path: Text = ""


class LogContext(Model):
    entity_id: Text = ""


class StripeEvent(Model):
    event_type: Text = ""


class RequestLog(Model):
    """A request to Autumn's API or a webhook of Stripe's, as Autumn logged it."""

    timestamp: datetime | None = None
    status_code: int = 0
    request: LoggedRequest = LoggedRequest()
    context: LogContext = LogContext()
    stripe: StripeEvent = StripeEvent()
    response_body: Any = None
    """Of any shape, and perhaps personal: only an error's own message is ever shown."""

    @property
    def failed(self) -> bool:
        return self.status_code >= _REFUSED

    @property
    def refusal(self) -> str:
        """Autumn's own words for why it refused the request, not escaped yet."""
        message = self.response_body.get("message") if isinstance(self.response_body, dict) else None
        return message if self.failed and isinstance(message, str) else ""


class UsageBin(Model):
    period: Instant
    """Start of the bin, UTC."""
    values: dict[str, Decimal] = Field(default_factory=dict)


class UsageTotal(Model):
    count: int = 0
    sum: Decimal = Decimal(0)


class Deducted(Model):
    """What was deducted from a balance: credits of a credit system, or units of the feature."""

    deducted: Decimal = Decimal(0)
    events: int = 0


class DeductionBin(Model):
    period: Instant
    values: dict[str, Deducted] = Field(default_factory=dict)
    """By the feature whose balance was charged, which may differ from the tracked one."""


class Aggregate(Model):
    """Usage in bins of an hour, day, week or month, oldest first, with zeros in the gaps."""

    list: Many[UsageBin] = Field(default_factory=list)
    total: dict[str, UsageTotal] = Field(default_factory=dict)
    deductions: Many[DeductionBin] | None = None
    """Only if requested by `aggregate_on`; empty bins are left out."""
