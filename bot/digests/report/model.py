"""What a digest reports: sections, rows, totals, and one page of rows.

`build` and `pages` fill these in from a scan's rows in the database; cards draw them.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field

from bot.digests import sections
from bot.digests.items import ReportItem, ResetGroup
from bot.digests.model import Figures
from bot.kit.carried import Carried

PREVIEWS = "previews"
"""In `Report.missing`, besides keys of sections: the amounts of some upcoming invoices."""
CUSTOMERS = "customers"
"""Also there: some customers could not be read, so any section may lack rows."""


@dataclass(frozen=True, slots=True)
class CurrencyTotal:
    currency: str
    amount: Decimal
    count: int
    """Rows in this currency."""
    before: Decimal | None = None
    """In the previous digest; None if there is nothing to compare with."""
    estimated: int = 0
    """Rows whose amount is an estimate."""


@dataclass(frozen=True, slots=True)
class News:
    """What has come and gone in a section since the previous digest."""

    new_count: int
    new: tuple[ReportItem, ...]
    """The first few."""
    settled_count: int
    settled: tuple[ReportItem, ...]
    """The first few, as they were in the previous digest."""


@dataclass(frozen=True, slots=True)
class ReportSection:
    section: str
    count: int
    totals: tuple[CurrencyTotal, ...] = ()
    """The largest first."""
    items: tuple[ReportItem, ...] = ()
    """The first ten."""
    groups: tuple[ResetGroup, ...] = ()
    """Used instead of the items in a section with a grouping, if there are too many to list."""
    count_before: int | None = None
    """In the previous digest."""
    undated: int = 0
    """Upcoming rows whose date is unknown."""
    unknown: int = 0
    """Rows with money whose amount is unknown. No total counts their amounts."""
    news: News | None = None
    """None if there is nothing to compare with."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one digest reports."""

    read_at: datetime
    start: datetime
    """Before `read_at` in a post that reaches back to the last one."""
    end: datetime
    """It covers the time from `start` until just before this."""
    parts: tuple[ReportSection, ...]
    """In the order of `SECTIONS`, without those that are empty and have no news."""
    daily: dict[str, list[tuple[date, Decimal]]] = field(default_factory=dict)
    """Currency → what is due on each day (in UTC); the currency with the most rows
    first."""
    estimates: int = 0
    """Upcoming rows whose amount is an estimate."""
    missing: tuple[str, ...] = ()
    """What could not be read: keys of sections, PREVIEWS, CUSTOMERS."""
    empty: bool = False
    """Whether there is nothing to report."""
    nothing_new: bool = False
    """Whether nothing is new or settled since the last post. Only found out for digests that ask for it."""
    figures: Figures = field(default_factory=Figures)


def _section_key(key: str) -> str:
    """Raises ValueError for a key that no section has."""
    return sections.section(key).key


SectionKey: TypeAlias = Annotated[str, AfterValidator(_section_key)]


class RowQuery(Carried):
    """Which rows: carried by a button, so that the rows can be read again with nothing remembered."""

    scan: str = Field(alias="s", max_length=64)
    days: int = Field(default=7, ge=1, le=31, alias="d")
    start: datetime | None = Field(default=None, alias="f")
    """With `end`, the window, unless it is `days` from when Autumn was read."""
    end: datetime | None = Field(default=None, alias="u")
    plans: tuple[str, ...] = Field(default=(), alias="p")
    """Empty for all; sorted."""
    minimum: Decimal = Field(default=Decimal(0), alias="m")
    zone: str = Field(default="UTC", alias="z")
    """Days are those of this zone."""
    section: SectionKey = Field(default="invoices", alias="c")
    """For a page."""
    sections: tuple[SectionKey, ...] = Field(default=(), alias="e")
    """For a file; empty for all."""
    page: int = Field(default=0, ge=0, alias="n")
    """Counted from 0."""

    def at(self, **changes: object) -> "RowQuery":
        """The same query with other values; from the first page unless given."""
        return self.model_copy(update={"page": 0, **changes})


@dataclass(frozen=True, slots=True)
class ItemPage:
    items: tuple[ReportItem, ...]
    page: int
    """Counted from 0; the last one if a later one was asked for."""
    pages: int
    left: int
    """How many rows come after this page."""
    count: int
    """On all pages."""
    totals: tuple[CurrencyTotal, ...]
    """On all pages."""
    read_at: datetime
    unknown: int = 0
    """Rows with money whose amount is unknown, on all pages."""
