"""Where a card is: which customer, which part, with what filters.

A button on a card carries its place as its value, so a card needs nothing remembered between clicks and
works after a restart and on any replica.
"""

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

OVERVIEW = "overview"
"""The part that opens when none is named."""


class Span(StrEnum):
    """How far back usage and events are looked at."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"
    QUARTER = "90d"
    CYCLE = "1bc"
    """This billing cycle; for usage charts only."""


class Place(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    customer: str = Field(alias="c")
    part: str = Field(default=OVERVIEW, alias="p")
    """The id of a part in `lookups.registry`."""
    page: int = Field(default=0, ge=0, alias="n")
    """Counted from 0."""
    feature: str = Field(default="", alias="f")
    """The feature that is opened or filtered by; empty for all."""
    span: Span = Field(default=Span.MONTH, alias="s")
    status: str = Field(default="", alias="i")
    """The invoice status filtered by; empty for all."""
    expired: bool = Field(default=False, alias="x")
    """Whether expired products are shown."""
    until: int = Field(default=0, alias="u")
    """Epoch milliseconds: events after it are left out, so that pages hold still while new ones arrive."""

    def encode(self) -> str:
        """Compact JSON for a button's value."""
        return self.model_dump_json(by_alias=True, exclude_defaults=True)

    @classmethod
    def decode(cls, value: str) -> Self:
        """The place in a button's value. Raises pydantic.ValidationError on anything else."""
        return cls.model_validate_json(value)

    def go(self, part: str) -> "Place":
        """Another part of the same customer, with that part's own defaults."""
        return Place(customer=self.customer, part=part)

    def at(self, **changes: object) -> "Place":
        """The same part with other filters; the page starts over unless given."""
        return self.model_copy(update={"page": 0, **changes})
