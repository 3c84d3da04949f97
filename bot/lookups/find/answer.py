"""What a search ends at."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.autumn.models import Customer


@dataclass(frozen=True, slots=True)
class SingleMatch:
    """The search ended at one customer; what was read on the way is kept for the card."""

    customer_id: str
    customer: Customer | None = None
    """As `read` takes it; None when the search did not read the customer whole."""


@dataclass(frozen=True, slots=True)
class SeveralMatches:
    query: str
    matches: tuple[Customer, ...]
    """Ids may be None: such a customer is listed but cannot be opened."""
    more: bool
    """Whether Autumn has more matches than are listed here."""
    read_at: datetime


@dataclass(frozen=True, slots=True)
class NoMatch:
    query: str
    compared: int = 0
    """How many customers' Stripe ids were compared, when there are more than could be."""
    near: tuple[Customer, ...] = ()
    """Those with an id that may have been meant, if the text is mistyped."""

    @property
    def matches(self) -> tuple[Customer, ...]:
        return ()


Found: TypeAlias = SingleMatch | SeveralMatches | NoMatch
