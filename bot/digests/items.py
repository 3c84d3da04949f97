"""One row of a digest's section: how a scan stores it, and how it is read back. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Any, TypeAlias

from bot.autumn.bulk import ListedCustomer

# What an item's details may hold; all of it is optional.

ESTIMATE = "estimate"
"""True for an amount that neither Stripe nor Autumn has confirmed yet."""
PLAN_NAMES = "plan_names"
"""The names of `plans`, in their order."""
FEATURE_NAME = "feature_name"
REMAINING = "remaining"
"""How much is left of the feature, as decimal text."""
GRANTED = "granted"
"""How much of it there was, as decimal text."""
RESETS_AT = "resets_at"
"""When the balance resets: milliseconds since the epoch."""
UNLIMITED = "unlimited"
STATUS = "status"
"""The status of an unpaid invoice."""
URL = "url"
"""The page where an unpaid invoice can be paid."""
INVOICE = "invoice"
"""The id of an unpaid invoice."""
LINES = "lines"
"""How many lines an upcoming invoice has."""
PASSED = "passed"
"""True for what happened since the last digest, before the scan started."""
ONLY_IF_NAMED = "only_if_named"
"""True for an estimate that Autumn's previews replace only if they name its product."""
ENTITY = "entity"
"""The entity of the customer that it belongs to."""

StoredItem: TypeAlias = dict[str, Any]
"""The columns of a row of `digest_items`, except for its scan."""

_MILLION = Decimal(1_000_000)
_LARGEST = Decimal(9_000_000_000_000)
"""Millionths of anything larger do not fit in the column."""


@dataclass(frozen=True, slots=True)
class ScanWindow:
    """The time a scan covers: from `since`, which may be before it started, until its horizon."""

    start: datetime
    """When it started."""
    end: datetime
    since: datetime

    def __contains__(self, at: datetime | None) -> bool:
        return at is not None and self.since <= at <= self.end

    def passed(self, at: datetime | None) -> bool:
        """Whether it is in the part before the scan started."""
        return at is not None and self.since <= at < self.start


@dataclass(frozen=True, slots=True)
class ScannedCustomer:
    """The customer a row is about, as far as it is stored with the row."""

    id: str | None
    name: str
    """The name, else the email, else the id."""
    email: str = ""

    @classmethod
    def of(cls, customer: ListedCustomer) -> "ScannedCustomer":
        customer_id, email = customer.get("id"), customer.get("email") or ""
        return cls(customer_id, customer.get("name") or email or customer_id or "", email)


@dataclass(frozen=True, slots=True)
class ReportItem:
    """One row of a section, as a report shows it."""

    section: str
    customer_id: str | None
    customer: str
    """The name, else the email, else the id; not escaped yet."""
    at: datetime | None = None
    """The moment the section is about: when an invoice or a reset is due, when a trial ends, since when
    something is unpaid or past due."""
    amount: Decimal | None = None
    """In major units."""
    currency: str = ""
    plans: tuple[str, ...] = ()
    feature: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    """By the names above."""
    email: str = ""
    """Empty if Autumn has none."""


class ResetState(StrEnum):
    COMING = "coming"
    OVERDUE = "overdue"
    """Autumn catches up on it when the customer is next read individually."""
    PASSED = "passed"


@dataclass(frozen=True, slots=True)
class ResetGroup:
    """Resets of one feature on one day, or all its overdue ones, for digests with too many to list."""

    feature: str
    name: str
    """Not escaped yet."""
    day: date
    """The day of billing, in UTC; of the oldest, if they are overdue."""
    customers: int
    remaining: Decimal | None
    """What they have left together; None if one is unlimited or unknown."""
    state: ResetState = ResetState.COMING


def stored(
    section: str,
    customer: ScannedCustomer,
    *,
    amount: Decimal | None = None,
    plans: Sequence[str] = (),
    **columns: Any,
) -> StoredItem:
    """A row about a customer, empty except for the columns given. `plans`: their ids."""
    return {
        "section": section,
        "customer_id": customer.id,
        "customer": customer.name,
        "email": customer.email,
        "at": None,
        "amount": millionths(amount),
        "currency": "",
        "plans": join_plans(plans),
        "feature": "",
        "details": {},
        **columns,
    }


def millionths(amount: Decimal | None) -> int | None:
    """An amount as the database stores it; None if it does not fit."""
    if amount is None or not amount.is_finite() or abs(amount) > _LARGEST:
        return None
    return int((amount * _MILLION).to_integral_value(ROUND_HALF_EVEN))


def units(millionths: int | None) -> Decimal | None:
    """Back from `millionths`, without trailing zeros."""
    return None if millionths is None else plain(Decimal(millionths) / _MILLION)


def plain(number: Decimal) -> Decimal:
    """100.00 as 100, and never as 1E+2."""
    whole = number.to_integral_value()
    return whole if number == whole else number.normalize()


def join_plans(plan_ids: Sequence[str]) -> str:
    """Ids of plans as the database stores them."""
    return f"|{'|'.join(plan_ids)}|" if plan_ids else ""


def split_plans(plans: str) -> tuple[str, ...]:
    return tuple(plans.strip("|").split("|")) if plans else ()
