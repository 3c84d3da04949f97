"""What defines a section of a digest."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import TypeAlias

from bot.autumn.bulk import ListedCustomer, ListedInvoice
from bot.digests.items import ReportItem, ResetGroup, ScanWindow, StoredItem
from bot.kit import blocks


class Timing(StrEnum):
    """Which of a section's rows a digest lists."""

    WITHIN_WINDOW = "within_window"
    """Those due within the digest's window, or at an unknown time."""
    UNTIL_WINDOW_ENDS = "until_window_ends"
    """Those due before the window ends, however long overdue, as Autumn has yet to catch up on them. What has
    already happened is listed once."""
    ANY_TIME = "any_time"
    """All of them, however old."""


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """The time zone of the digest, and when Autumn was read."""

    zone: tzinfo
    read_at: datetime


Collect: TypeAlias = Callable[[ListedCustomer, ScanWindow], Iterator[StoredItem]]
PlanNames: TypeAlias = Mapping[str, str]
"""By id."""
CollectInvoice: TypeAlias = Callable[[ListedInvoice, PlanNames], StoredItem | None]
Cells: TypeAlias = Callable[[ReportItem, Viewpoint], list[blocks.Cell]]
Facts: TypeAlias = Callable[[ReportItem, Viewpoint], list[str]]


@dataclass(frozen=True, slots=True)
class Grouping:
    """How a section is shown if it has too many rows to list: one row for each feature and day."""

    columns: tuple[str, ...]
    cells: Callable[[ResetGroup], list[blocks.Cell]]
    line: Callable[[ResetGroup], str]
    """The same as a line of mrkdwn."""


def _collect_nothing(_customer: ListedCustomer, _window: ScanWindow) -> Iterator[StoredItem]:
    return iter(())


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSection:
    """Everything particular to one section. To add one: write a module next to this one and put its SECTION
    into `SECTIONS`."""

    key: str
    """Stored with rows and digests, and carried by buttons, so it never changes; up to 16 characters."""
    title: str
    """Up to 24 characters."""
    hint: str
    """Explains the section in the form; up to 75 characters."""
    short_name: str
    """In a digest's summary line and in the file."""
    unit: tuple[str, str]
    """What its rows are called: one, several."""
    none_text: str
    """In a digest that has nothing to report: `no trials ending`."""
    columns: tuple[str, ...]
    cells: Cells
    """A row of the table: as many as `columns`."""
    facts: Facts
    """The row in words (mrkdwn), without the customer. Empty facts are left out."""
    timing: Timing
    collect: Collect = _collect_nothing
    """Rows from a customer as Autumn lists them."""
    collect_invoice: CollectInvoice | None = None
    """A row from an unpaid invoice, if there is one."""
    money: bool = False
    """Whether rows have an amount. If so, they are summed by currency, and filtered by the digest's smallest
    amount."""
    first: str = "first"
    """How a digest's summary introduces the first row: `oldest`."""
    default: bool = True
    """Whether a new digest has it."""
    tracked: bool = False
    """Whether a digest says which rows are new, and which were settled, since the previous one."""
    needs_someone: bool = False
    """Whether its rows want something done, for which a digest can mention someone."""
    fixed_time: bool = True
    """Whether a row is the same as one of an earlier reading only at the same time. False where the time is
    an estimate, or says for how long something has been so."""
    upcoming: bool = False
    """Whether its rows will be charged: Autumn is asked for previews, and amounts are charted."""
    grouping: Grouping | None = None
    """None: the first rows are listed however many there are."""
