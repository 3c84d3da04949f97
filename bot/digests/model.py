"""What a digest is, and what happens on each day it is due."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum

from bot.access.post_targets import Pause, is_person
from bot.digests import sections

MOST_DAYS = 31
WORKDAYS = frozenset(range(5))
EVERY_DAY = frozenset(range(7))


class TooManyDigests(StrEnum):
    """Why no more digests are allowed."""

    OF_PERSON = "too_many_of_person"
    OF_CHANNEL = "too_many_of_channel"


MOST_OF_PERSON, MOST_OF_CHANNEL = 25, 10
"""How many digests one person may own, and one channel may have."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A local time on some days of the week. `schedule.py` computes with it."""

    weekdays: frozenset[int] = WORKDAYS
    """0 is Monday. Never empty."""
    at: time = time(9)
    """To the minute."""
    zone: str = "UTC"
    """A name of the IANA time zone database."""


@dataclass(frozen=True, slots=True)
class DigestContent:
    """What a digest says."""

    sections: frozenset[str] = field(default_factory=lambda: frozenset(sections.default_keys()))
    """Keys of its sections."""
    days: int = 7
    """How far ahead, 1 to MOST_DAYS."""
    plans: frozenset[str] = frozenset()
    """Ids of the products it is about; empty for all."""
    minimum: Decimal = Decimal(0)
    """Invoices below this amount, in major units of any currency, are not listed."""
    skip_empty: bool = True
    """Posts nothing when there is nothing to report."""
    only_new: bool = False
    """Posts nothing either when nothing is new or settled since the last post."""
    name: str = ""
    """What people call it; may be empty."""
    mentions: tuple[str, ...] = ()
    """A person and a user group, by their ids in Slack, who are mentioned if there is something to do."""


@dataclass(frozen=True, slots=True)
class Digest:
    id: str
    channel: str
    """A channel's id, or that of a person whose direct messages it goes to."""
    team: str
    owner: str
    """Who set it up, and is told when it cannot go on."""
    schedule: Schedule
    content: DigestContent
    private: bool
    """Whether the channel was private when it was set up."""
    pause: Pause | None
    """None while it is active."""
    stopped_by: str
    """Who paused or removed it; empty while it is active, and if Maple did."""
    next_due: datetime
    """Out of date while it is paused."""
    version: int
    """Counts the edits, from 1."""

    @property
    def personal(self) -> bool:
        """Whether it goes to a person's direct messages."""
        return is_person(self.channel)

    def concerns(self, user: str) -> bool:
        """Whether it goes to this person, or they set it up for another one."""
        return self.personal and user in (self.channel, self.owner)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDigest:
    """A digest to create."""

    submission_id: str
    """The same when a form is submitted again."""
    env: str
    channel: str
    team: str
    owner: str
    schedule: Schedule
    content: DigestContent
    private: bool
    """Whether the channel is private; a person's direct messages are."""


class RunState(StrEnum):
    CLAIMED = "claimed"
    """A process is working on it, or was: once its lease lapses another takes over."""
    POSTED = "posted"
    SKIPPED = "skipped"


class RunSkip(StrEnum):
    """Why a due day has no post."""

    EMPTY = "empty"
    """There was nothing to report, and it is set to post nothing then."""
    NOTHING_NEW = "nothing_new"
    """Nothing was new or settled since the last post, and it is set to post nothing then."""
    LATE = "late"
    """Maple was not running, or could not read Autumn or post within six hours; *Send now*: right away."""
    EDITED = "edited"
    """The time was changed to one that had already passed that day."""
    PAUSED = "paused"
    """It was paused or removed before it was posted, or may not go to its channel."""


class DeliveryOutcome(StrEnum):
    """How one attempt to deliver a run ended."""

    POSTED = "posted"
    FOUND = "found"
    """An earlier attempt had posted it without being able to store that."""
    THREAD = "thread"
    """An earlier attempt had posted it; this one dealt with its thread."""
    EMPTY = "empty"
    NOTHING_NEW = "nothing_new"
    LATE = "late"
    PAUSED = "paused"
    """Not posted: the channel does not allow it, or the digest is paused or removed."""
    PUT_OFF = "put_off"
    """Not yet: tried again later, by whichever process is free."""
    FAILED = "failed"
    """*Send now*, and Autumn could not be read: not tried again."""
    HELD_ELSEWHERE = "held_elsewhere"
    """Another process is working on it, or has done it."""
    GONE = "gone"
    """*Send now*, and the digest was removed."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a digest, kept to compare the next one with: totals by section and currency."""

    totals: dict[str, dict[str, str]] = field(default_factory=dict)
    """Section → currency → amount in major units, as decimal text."""
    counts: dict[str, int] = field(default_factory=dict)
    """Section → number of rows."""


@dataclass(frozen=True, slots=True)
class Run:
    """One due day of a digest, or one *Send now*."""

    id: str
    digest: str
    day: date | None
    """The local date; None for *Send now*."""
    due: datetime
    state: RunState
    skip: RunSkip | None
    asked_by: str
    """Who pressed *Send now*; otherwise empty."""
    lease_by: str
    tries: int
    """Attempts started, including this one."""
    posting_at: datetime | None
    """When a post was about to be sent, if it is unknown whether it went out. It must be looked for before
    another is sent."""
    scan: str
    """The scan it reports; empty before there is one."""
    channel: str
    ts: str
    """Slack's timestamp of the post; empty until its thread is done as well."""
    figures: Figures
    covers_until: datetime | None
    """The end of its window; None before it is read."""
    head_ts: str
    """Slack's timestamp of the post as soon as it is known to be there."""
    reply_posting_at: datetime | None
    """Like `posting_at`, of the message in its thread."""
    query: str
    """The rows that message lists, as an encoded `RowQuery`."""

    @property
    def tried_to_post(self) -> bool:
        return self.posting_at is not None
