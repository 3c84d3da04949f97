"""Where a card is: which customer, which part, with what filters.

A button on a card carries its place as its value, so a card needs nothing remembered between clicks and
works after a restart and on any replica.
"""

from decimal import Decimal
from enum import StrEnum

from pydantic import Field

from bot.kit.carried import Carried

OVERVIEW = "overview"
"""The part that opens when none is named."""


MOST_UNITS = Decimal(10) ** 12
"""As many as a form accepts."""


class Span(StrEnum):
    """How far back usage and events are read."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"
    QUARTER = "90d"
    CYCLE = "1bc"
    """This billing cycle; for usage charts only."""


class Place(Carried):
    customer: str = Field(alias="c")
    part: str = Field(default=OVERVIEW, alias="p")
    """The id of a part in `lookups.registry`."""
    page: int = Field(default=0, ge=0, alias="n")
    """Counted from 0."""
    feature: str = Field(default="", alias="f")
    """The feature that is opened or filtered by; empty for all."""
    entity: str = Field(default="", alias="e")
    """The entity that is opened."""
    span: Span = Field(default=Span.MONTH, alias="s")
    status: str = Field(default="", alias="i")
    """The invoice status filtered by; empty for all."""
    expired: bool = Field(default=False, alias="x")
    """Whether expired products are shown."""
    units: Decimal = Field(default=Decimal(1), gt=0, le=MOST_UNITS, max_digits=15, alias="a")
    """Of the feature, for a look-up that asks whether so many may be used."""
    until: int = Field(default=0, alias="u")
    """Epoch milliseconds: events after it are left out, so that pages hold still while new ones arrive."""

    def go(self, part: str) -> "Place":
        """Another part of the same customer, with that part's own defaults."""
        return Place(customer=self.customer, part=part)

    def of_feature(self, feature_id: str) -> "Place":
        """The page of one feature, which opens with this billing cycle; of the entity, if one is open."""
        opened = Place(customer=self.customer, part="feature", feature=feature_id, span=Span.CYCLE)
        return opened.model_copy(update={"entity": self.entity})

    def asking(self) -> "Place":
        """Whether what is open here may be used: the feature, by the customer or by the entity."""
        return Place(customer=self.customer, part="check", feature=self.feature, entity=self.entity)

    def of_entity(self, entity_id: str) -> "Place":
        """What one entity of the customer has."""
        return Place(customer=self.customer, part="entity", entity=entity_id)

    def at(self, **changes: object) -> "Place":
        """The same part with other filters; the page starts over unless given."""
        return self.model_copy(update={"page": 0, **changes})


AT_OVERVIEW = Place(customer="")
"""Where a customer opens, without the customer."""
