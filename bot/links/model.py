"""What a kind of link is, and what comes of asking for one."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.autumn.models import Customer
from bot.autumn.write import Write
from bot.changes.spec import KeyScope
from bot.lookups.part import ReadScope


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkKind:
    id: str
    """Stored in the audit trail: never reuse or rename it."""
    command: str
    """The word after `/autumn`, and the end of the button's action_id."""
    button: str
    title: str
    help: str
    route: str
    """Of Autumn's request that makes it."""
    warning: str
    """What whoever has the link can do."""
    lasts: str
    """How long it works, as far as that is known."""
    read_scope: ReadScope | None = None
    """What the key needs for it, if that lets it change nothing else; else `scopes`."""
    scopes: tuple[KeyScope, ...] = ()

    def write(self, customer_id: str) -> Write:
        body: Mapping[str, str] = {"customer_id": customer_id}
        return Write(self.route, "POST", f"/v1/{self.route}", body)


class LinkEvent(StrEnum):
    """In the audit trail."""

    REQUESTED = "link_requested"
    """Committed before Autumn is asked."""
    MADE = "link_made"


class Lost(StrEnum):
    """No link came of it, though Autumn may have made one."""

    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class MadeLink:
    kind: LinkKind
    customer: Customer
    """As before it was made."""
    url: str
    """For the person who asked alone."""
