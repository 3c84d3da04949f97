"""What was found to say: rows, totals, and the page of them that somebody looks at. Pure data.

`report.py` fills these in from a scan's rows in the database; views draw them.
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
"""In `Report.missing`, besides the names of sections: amounts of some invoices to come."""
CUSTOMERS = "customers"
"""The same: some customers could not be read, so every section may lack rows."""


@dataclass(frozen=True, slots=True)
class CurrencyTotal:
    currency: str
    amount: Decimal
    count: int
    """Rows in this currency."""
    before: Decimal | None = None
    """What the digest before this one said; None when there is none to compare with."""


@dataclass(frozen=True, slots=True)
class ReportSection:
    section: str
    count: int
    totals: tuple[CurrencyTotal, ...] = ()
    """The largest first."""
    items: tuple[ReportItem, ...] = ()
    """The first ten."""
    groups: tuple[ResetGroup, ...] = ()
    """Of RESETS; empty when the items are few enough to be told one by one."""
    count_before: int | None = None
    """Rows that the digest before this one had."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one digest has to say."""

    read_at: datetime
    start: datetime
    """Before `read_at` in a post that makes up for time since the last one."""
    end: datetime
    """What is due from `start` on and before this."""
    parts: tuple[ReportSection, ...]
    """In the order of `SECTIONS`; those with no rows are left out."""
    daily: dict[str, list[tuple[date, Decimal]]] = field(default_factory=dict)
    """Currency → what is due by day (in the digest's time zone), in order; the largest currency first."""
    estimates: int = 0
    """Rows whose amount is an estimate."""
    missing: tuple[str, ...] = ()
    """What could not be read: names of sections, PREVIEWS, CUSTOMERS."""
    empty: bool = False
    figures: Figures = field(default_factory=Figures)


def _known(key: str) -> str:
    """Raises ValueError for a key that no section has."""
    return sections.section(key).key


SectionKey: TypeAlias = Annotated[str, AfterValidator(_known)]


class RowQuery(Carried):
    """Which rows: what a button carries, so that the rows can be had again with nothing remembered."""

    scan: str = Field(alias="s", max_length=64)
    days: int = Field(default=7, ge=1, le=31, alias="d")
    start: datetime | None = Field(default=None, alias="f")
    """With `end`: of the window, where it is another than `days` from when Autumn was read."""
    end: datetime | None = Field(default=None, alias="u")
    plans: tuple[str, ...] = Field(default=(), alias="p")
    """Empty for all; in order."""
    minimum: Decimal = Field(default=Decimal(0), alias="m")
    zone: str = Field(default="UTC", alias="z")
    """Days are those of this zone."""
    section: SectionKey = Field(default="invoices", alias="c")
    """Of a page."""
    sections: tuple[SectionKey, ...] = Field(default=(), alias="e")
    """Of all rows, for a file; empty for all."""
    page: int = Field(default=0, ge=0, alias="n")
    """Counted from 0."""

    def at(self, **changes: object) -> "RowQuery":
        """Another section or page of the same; the page starts over unless given."""
        return self.model_copy(update={"page": 0, **changes})


@dataclass(frozen=True, slots=True)
class ItemPage:
    items: tuple[ReportItem, ...]
    page: int
    """From 0; a page past the end is the last one."""
    pages: int
    left: int
    """How many come after this page."""
    count: int
    """Of all pages."""
    totals: tuple[CurrencyTotal, ...]
    """Of all pages."""
    read_at: datetime
