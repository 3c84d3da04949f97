"""What a part of a customer's card consists of.

Everything particular to a part is in its folder: `card.py` (what its answer holds, and how that is drawn),
`words.py` (what it says), and `part.py`, which reads the answer and puts it all together in one `PART`.
`bot.lookups.registry` lists the parts; tabs, commands, help and the look-up form derive from that list.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, Protocol, TypeAlias, TypeVar

from bot.autumn.client import Autumn
from bot.autumn.models import Customer
from bot.kit.layout import Drawn
from bot.lookups.answers import Billing, Read
from bot.lookups.frame import Frame
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.place import Place


class Answer(Protocol):
    """What every card shows around its part. Answers are frozen dataclasses."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def customer(self) -> Read[Customer]: ...

    @property
    def read_at(self) -> datetime: ...

    @property
    def unpaid(self) -> Read[Unpaid] | None:
        """None when the invoices could not be read."""


A = TypeVar("A", bound=Answer)
Reader: TypeAlias = Callable[[Autumn, Place, datetime, Customer | None], Awaitable[A]]
"""The customer is given where a search has just read them. Raises AutumnError."""


@dataclass(frozen=True, slots=True)
class ReadScope:
    """A permission of Autumn's key that only this part needs, so that a key may well lack it."""

    scope: str
    allows: str
    """What Maple may do with it, as a verb phrase."""
    probe: Callable[[Autumn], Awaitable[object]]
    """A request that needs it. Raises Forbidden if it is missing; whether it succeeds does not matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupPart(Generic[A]):
    id: str
    """Buttons carry it, so it must not change."""
    title: str
    read: Reader[A]
    draw: Callable[[A, Frame], list[Drawn]]
    sample: Callable[[], A]
    """A made-up answer; `maple doctor` asks Slack whether it takes the card."""
    command: str = ""
    """The word after `/autumn`; the overview needs none."""
    help: str = ""
    """What the command shows, for the list of commands."""
    parent: str = ""
    """The id of the tab that leads here; a part without a parent is a tab itself."""
    read_after_search: Reader[A] | None = None
    """A quicker way to read it where finding the customer has already taken time."""
    reads_invoices: bool = False
    """Whether `read` finds out what is unpaid; otherwise that is read along with it."""
    count: Callable[[Customer], int] | None = None
    """How many entries it lists: its tab shows the number, and is left out if there are none."""
    filters_by_feature: bool = False
    """Whether picking a feature narrows this part down, rather than opens the feature."""
    billing: Callable[[A], Read[Billing]] | None = None
    """What Stripe knows, from its answer; None for a part that does not ask Stripe."""
    heading: bool = True
    """Whether the title stands above its content."""
    lists_balances: bool = False
    """Whether it lists the balances, the worst first, so that nothing above has to name those."""
    scope: ReadScope | None = None
    """What the key needs for it besides what every card does."""
    most_attention: int = 3
    """How many of the things that need attention are listed."""
