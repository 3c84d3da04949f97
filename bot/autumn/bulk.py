"""Rows of the long lists, with only the fields that a scan of all customers needs.

Thousands of customers go by in a scan while people are being answered, so a page may not keep the event loop
busy. It is split into its rows in less than a millisecond for a megabyte, and each row is made from its bytes
when its turn comes, with no Python objects for what is not asked for, and as dictionaries, which are made in
half the time that models take. Any field may be missing or null.
Quantities and money are `Decimal` (money in major units), times epoch milliseconds: see `moment`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from pydantic import Field, RootModel, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from bot.autumn.models import from_epoch


class ListedPrice(TypedDict):
    """That there is a price is what counts, whatever it is."""


class ListedPlanPrice(TypedDict, total=False):
    amount: Decimal | None
    """In the organisation's own currency."""
    currency: str | None
    additional_currencies: list[Any] | None


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
    started_at: float | None
    current_period_start: float | None
    current_period_end: float | None
    quantity: Decimal | None


class ListedReset(TypedDict, total=False):
    interval: str | None
    interval_count: int | None
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


class _Page(msgspec.Struct):
    rows: list[msgspec.Raw] | None = msgspec.field(default=None, name="list")
    next_cursor: str | None = None


_PAGE = msgspec.json.Decoder(_Page)
# One row that is not understood must not hide the others.
_CUSTOMER: TypeAdapter[ListedCustomer | _Odd] = TypeAdapter(
    Annotated[ListedCustomer | _Odd, Field(union_mode="left_to_right")]
)
_INVOICE: TypeAdapter[ListedInvoice | _Odd] = TypeAdapter(
    Annotated[ListedInvoice | _Odd, Field(union_mode="left_to_right")]
)

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """One page. Its rows are made when they are asked for, so that it can be done a few at a time."""

    next_cursor: str | None
    """None at the end."""
    _shape: "TypeAdapter[Row | _Odd]"
    _raw: Sequence[msgspec.Raw]

    @property
    def count(self) -> int:
        """Rows that came, with those that will not be understood."""
        return len(self._raw)

    def rows(self, start: int = 0, end: int | None = None) -> list[Row]:
        """Those of the rows from `start` to before `end` that are understood."""
        found = (self._row(raw) for raw in self._raw[start:end])
        return [row for row in found if not isinstance(row, _Odd)]

    def up_to(self, has: Callable[[Row], bool]) -> int:
        """Rows up to the last one of which this is true."""
        for place in range(self.count, 0, -1):
            row = self._row(self._raw[place - 1])
            if not isinstance(row, _Odd) and has(row):
                return place
        return 0

    def _row(self, raw: msgspec.Raw) -> Row | _Odd:
        try:
            return self._shape.validate_json(bytes(raw))
        except ValidationError:
            return _Odd(None)


def customers(content: bytes) -> Listing[ListedCustomer]:
    """An answer of customers.list. Raises msgspec.DecodeError, which is a ValueError, and RecursionError."""
    page = _PAGE.decode(content)
    return Listing(page.next_cursor, _CUSTOMER, page.rows or ())


def invoices(content: bytes) -> Listing[ListedInvoice]:
    """An answer of invoices.list. Raises msgspec.DecodeError, which is a ValueError, and RecursionError."""
    page = _PAGE.decode(content)
    return Listing(page.next_cursor, _INVOICE, page.rows or ())


def moment(milliseconds: float | None) -> datetime | None:
    """The time, aware and in UTC; None for what is none."""
    try:
        found = from_epoch(milliseconds)
    except ValueError:
        return None
    return found if isinstance(found, datetime) else None
