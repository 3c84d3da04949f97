"""What a digest is, and what becomes of each day it is due on."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum

from bot.digests import sections

MOST_DAYS = 31
WORKDAYS = frozenset(range(5))
EVERY_DAY = frozenset(range(7))


class TooMany(StrEnum):
    """Why there may be no more digests."""

    OF_PERSON = "too_many_of_person"
    OF_CHANNEL = "too_many_of_channel"


MOST_OF_PERSON, MOST_OF_CHANNEL = 25, 10
"""Digests that one person may own, and that may go to one channel."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Local time, on some days of the week. Pure data; `schedule.py` computes with it."""

    weekdays: frozenset[int] = WORKDAYS
    """0 is Monday. Never empty."""
    at: time = time(9)
    """To the minute."""
    zone: str = "UTC"
    """A name of the IANA time zone database."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a digest says."""

    sections: frozenset[str] = field(default_factory=lambda: frozenset(sections.all_keys()))
    """Keys of the sections it has; all unless given."""
    days: int = 7
    """How far ahead, 1 to MOST_DAYS."""
    plans: frozenset[str] = frozenset()
    """Ids of the products it is about; empty for all."""
    minimum: Decimal = Decimal(0)
    """The smallest amount, in major units of whatever currency, of an invoice that is listed."""
    skip_empty: bool = True


class Pause(StrEnum):
    """Why a digest is paused."""

    ASKED = "asked"
    SHARED = "shared"
    """The channel is shared with another company now."""
    REMOVED = "removed"
    """Maple is not in the channel any more, or the channel is gone."""
    ARCHIVED = "archived"
    PUBLIC = "public"
    """The channel was private when the digest was set up, and is not any more."""
    RESTRICTED = "restricted"
    """Slack lets only some people post there, and Maple is none of them."""


@dataclass(frozen=True, slots=True)
class Digest:
    id: str
    channel: str
    team: str
    owner: str
    """Who set it up; is told when it cannot go on."""
    schedule: Schedule
    wanted: Wanted
    private: bool
    """Whether the channel was private when it was set up."""
    pause: Pause | None
    """None while it is active."""
    stopped_by: str
    """Who paused or removed it; empty while it is active, and when Maple did."""
    next_due: datetime
    """Of an active digest; of a paused one, stale."""
    version: int
    """Counts the edits, beginning with 1."""


class RunState(StrEnum):
    CLAIMED = "claimed"
    """A process is at it, or was: past its lease another takes over."""
    POSTED = "posted"
    SKIPPED = "skipped"


class Skip(StrEnum):
    """Why a due day has no post."""

    EMPTY = "empty"
    """There was nothing to say, and it is set to be silent then."""
    LATE = "late"
    """Maple could not post within the six hours, or was not running."""
    EDITED = "edited"
    """The time was moved to one that had passed already that day."""
    PAUSED = "paused"
    """It was paused or removed before it was posted, or the channel found to be one it may not go to."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a digest said, kept to be compared with the next one: totals by section and currency."""

    totals: dict[str, dict[str, str]] = field(default_factory=dict)
    """Section → currency → amount in major units, as decimal text."""
    counts: dict[str, int] = field(default_factory=dict)
    """Section → rows."""


@dataclass(frozen=True, slots=True)
class Run:
    """One due day of a digest; or one *Send now*, which has no day."""

    id: str
    digest: str
    day: date | None
    """The local date; None for one sent by hand."""
    due: datetime
    state: RunState
    skip: Skip | None
    asked_by: str
    """Who pressed *Send now*; else empty."""
    lease_by: str
    tries: int
    """Attempts begun, this one included."""
    posting_at: datetime | None
    """When the last post was about to be sent that may have gone out, though none is known: look for it
    before another."""
    scan: str
    """The scan it was made from; empty before that."""
    channel: str
    ts: str
    """Slack's timestamp of the message; empty until it is posted."""
    figures: Figures

    @property
    def tried_to_post(self) -> bool:
        return self.posting_at is not None
