"""Rows of the long lists, with only the fields that a scan of all customers needs.

Thousands of customers go by in a scan while people are being answered, so a page may not keep the event loop
busy. These are made from the bytes of the answer at once, with no Python objects for what is not asked for,
and as dictionaries, which are made in half the time that models take. Any field may be missing or null.
Quantities and money are `Decimal` (money in major units), times epoch milliseconds: see `moment`.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from pydantic import Field, RootModel, TypeAdapter
from typing_extensions import TypedDict

from bot.autumn.models import from_epoch


class ListedPrice(TypedDict):
    """That there is a price is what counts, whatever it is."""


class ListedPlanPrice(TypedDict, total=False):
    amount: Decimal | None
    """In the organisation's own currency."""
    currency: str | None


class ListedPlanItem(TypedDict, total=False):
    price: ListedPrice | None


class ListedPlan(TypedDict, total=False):
    name: str | None
    price: ListedPlanPrice | None
    items: list[ListedPlanItem] | None


class ListedSubscription(TypedDict, total=False):
    plan_id: str | None
    plan: ListedPlan | None
    status: str | None
    """active or scheduled; past due and trial are told by the fields below."""
    past_due: bool | None
    expires_at: float | None
    trial_ends_at: float | None
    current_period_start: float | None
    current_period_end: float | None
    quantity: Decimal | None


class ListedReset(TypedDict, total=False):
    resets_at: float | None


class ListedSource(TypedDict, total=False):
    """One source of a balance: a plan's item, or a grant of its own."""

    plan_id: str | None
    included_grant: Decimal | None
    prepaid_grant: Decimal | None
    remaining: Decimal | None
    unlimited: bool | None
    reset: ListedReset | None
    price: ListedPrice | None


class ListedFeature(TypedDict, total=False):
    name: str | None


class ListedBalance(TypedDict, total=False):
    feature: ListedFeature | None
    granted: Decimal | None
    remaining: Decimal | None
    unlimited: bool | None
    next_reset_at: float | None
    breakdown: list[ListedSource] | None


class ListedCustomer(TypedDict, total=False):
    id: str | None
    name: str | None
    email: str | None
    stripe_id: str | None
    subscriptions: list[ListedSubscription] | None
    balances: dict[str, ListedBalance] | None
    """By feature id."""


class ListedInvoice(TypedDict, total=False):
    id: str | None
    customer_id: str | None
    entity_id: str | None
    plan_ids: list[str] | None
    status: str | None
    total: Decimal | None
    amount_paid: Decimal | None
    currency: str | None
    created_at: float | None
    hosted_invoice_url: str | None


class _Odd(RootModel[Any]):
    """A row of another shape than documented."""


class _Customers(TypedDict, total=False):
    # One row that is not understood must not hide the others.
    list: list[Annotated[ListedCustomer | _Odd, Field(union_mode="left_to_right")]] | None
    next_cursor: str | None


class _Invoices(TypedDict, total=False):
    list: list[Annotated[ListedInvoice | _Odd, Field(union_mode="left_to_right")]] | None
    next_cursor: str | None


Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """One page."""

    rows: list[Row]
    next_cursor: str | None
    """None at the end."""
    count: int
    """Rows that came, with those that were not understood."""
    up_to_id: int = 0
    """Rows up to the last one that has an id: of a list of customers, where it can be gone on from."""

    @property
    def odd(self) -> int:
        """Rows that were not understood."""
        return self.count - len(self.rows)


_CUSTOMERS = TypeAdapter(_Customers)
_INVOICES = TypeAdapter(_Invoices)


def customers(content: bytes) -> Listing[ListedCustomer]:
    """An answer of customers.list. Raises pydantic.ValidationError."""
    page = _CUSTOMERS.validate_json(content)
    found = page.get("list") or []
    rows = [row for row in found if not isinstance(row, _Odd)]
    places = range(len(found), 0, -1)
    up_to_id = next((place for place in places if _has_id(found[place - 1])), 0)
    return Listing(rows, page.get("next_cursor"), len(found), up_to_id)


def _has_id(row: ListedCustomer | _Odd) -> bool:
    return not isinstance(row, _Odd) and row.get("id") is not None


def invoices(content: bytes) -> Listing[ListedInvoice]:
    """An answer of invoices.list. Raises pydantic.ValidationError."""
    page = _INVOICES.validate_json(content)
    found = page.get("list") or []
    rows = [row for row in found if not isinstance(row, _Odd)]
    return Listing(rows, page.get("next_cursor"), len(found))


def moment(milliseconds: float | None) -> datetime | None:
    """The time, aware and in UTC; None for what is none."""
    try:
        found = from_epoch(milliseconds)
    except ValueError:
        return None
    return found if isinstance(found, datetime) else None
