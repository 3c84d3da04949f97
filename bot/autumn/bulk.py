"""Rows of Autumn's long lists, with only the fields that a scan of all customers needs.

A scan reads thousands of customers while people are being answered, so a page must not block the event
loop. A page of a megabyte is split into raw rows in under a millisecond, and each row is parsed only when
it is needed, into a dictionary, which takes half as long as a model. Fields that are not listed here are
skipped.

Any field may be missing or null. Quantities and money are `Decimal` (money in major units); times are epoch
milliseconds, see `moment`.
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
    """Only whether there is a price matters."""


class ListedPlanPrice(TypedDict, total=False):
    amount: Decimal | None
    """In the organization's own currency."""
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
    """active or scheduled; `past_due` and `trial_ends_at` tell the rest."""
    past_due: bool | None
    auto_enable: bool | None
    scope: str | None
    """customer or entity."""
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
    """One source of a balance: an item of a plan, or a standalone grant."""

    plan_id: str | None
    included_grant: Decimal | None
    prepaid_grant: Decimal | None
    remaining: Decimal | None
    usage: Decimal | None
    unlimited: bool | None
    reset: ListedReset | None
    price: ListedPrice | None


def granted_by(source: ListedSource) -> Decimal:
    """What the source gives, included or bought ahead."""
    return (source.get("included_grant") or Decimal(0)) + (source.get("prepaid_grant") or Decimal(0))


class ListedFeature(TypedDict, total=False):
    name: str | None


class ListedBalance(TypedDict, total=False):
    feature: ListedFeature | None
    granted: Decimal | None
    remaining: Decimal | None
    usage: Decimal | None
    unlimited: bool | None
    next_reset_at: float | None
    breakdown: list[ListedSource] | None


class ListedCustomer(TypedDict, total=False):
    id: str | None
    name: str | None
    email: str | None
    stripe_id: str | None
    created_at: float | None
    subscriptions: list[ListedSubscription] | None
    balances: dict[str, ListedBalance] | None
    """By feature id."""


class ListedEntity(TypedDict, total=False):
    id: str | None
    customer_id: str | None
    feature_id: str | None


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


class _Unreadable(RootModel[Any]):
    """A row that does not have the documented shape."""


class _Page(msgspec.Struct):
    rows: list[msgspec.Raw] | None = msgspec.field(default=None, name="list")
    next_cursor: str | None = None


_PAGE = msgspec.json.Decoder(_Page)
# An unreadable row must not hide the others.
_CUSTOMER: TypeAdapter[ListedCustomer | _Unreadable] = TypeAdapter(
    Annotated[ListedCustomer | _Unreadable, Field(union_mode="left_to_right")]
)
_INVOICE: TypeAdapter[ListedInvoice | _Unreadable] = TypeAdapter(
    Annotated[ListedInvoice | _Unreadable, Field(union_mode="left_to_right")]
)
_ENTITY: TypeAdapter[ListedEntity | _Unreadable] = TypeAdapter(
    Annotated[ListedEntity | _Unreadable, Field(union_mode="left_to_right")]
)

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """One page, whose rows are parsed on demand, so that they can be read a few at a time."""

    next_cursor: str | None
    """None on the last page."""
    _shape: "TypeAdapter[Row | _Unreadable]"
    _raw: Sequence[msgspec.Raw]

    @property
    def count(self) -> int:
        """The number of rows, including unreadable ones."""
        return len(self._raw)

    def rows(self, start: int = 0, end: int | None = None) -> list[Row]:
        """The readable rows from `start` up to but not including `end`."""
        rows = (self._row(raw) for raw in self._raw[start:end])
        return [row for row in rows if not isinstance(row, _Unreadable)]

    def up_to(self, has: Callable[[Row], bool]) -> int:
        """The number of rows up to and including the last one for which `has` is true."""
        for count in range(self.count, 0, -1):
            row = self._row(self._raw[count - 1])
            if not isinstance(row, _Unreadable) and has(row):
                return count
        return 0

    def _row(self, raw: msgspec.Raw) -> Row | _Unreadable:
        try:
            return self._shape.validate_json(bytes(raw))
        except ValidationError:
            return _Unreadable(None)


def customers(content: bytes) -> Listing[ListedCustomer]:
    """Parses an answer of customers.list. Raises msgspec.DecodeError (a ValueError) or RecursionError."""
    page = _PAGE.decode(content)
    return Listing(page.next_cursor, _CUSTOMER, page.rows or ())


def entities(content: bytes) -> Listing[ListedEntity]:
    """Parses an answer of entities.list. Raises msgspec.DecodeError (a ValueError) or RecursionError."""
    page = _PAGE.decode(content)
    return Listing(page.next_cursor, _ENTITY, page.rows or ())


def invoices(content: bytes) -> Listing[ListedInvoice]:
    """Parses an answer of invoices.list. Raises msgspec.DecodeError (a ValueError) or RecursionError."""
    page = _PAGE.decode(content)
    return Listing(page.next_cursor, _INVOICE, page.rows or ())


def moment(milliseconds: float | None) -> datetime | None:
    """An aware UTC datetime; None if it is not a time."""
    try:
        parsed = from_epoch(milliseconds)
    except ValueError:
        return None
    return parsed if isinstance(parsed, datetime) else None
