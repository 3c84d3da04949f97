"""How an attempt at one due day ends, and what it takes of others to get there."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

from bot.digests.model import Digest, Pause
from bot.digests.report.model import Report, RowQuery
from bot.digests.scan.repository import Progress
from bot.digests.scan.scanner import ScanFailed
from bot.kit.card import Card

ReportProgress: TypeAlias = Callable[[Progress], Awaitable[None]]
"""Is told how far a scan is."""
Draw: TypeAlias = Callable[[Report, Digest, RowQuery, datetime | None, Sequence[date]], Card]
"""A digest's message. The time it was due, if it is late; and the days that were skipped since the last."""
TellOwner: TypeAlias = Callable[[Digest, Pause | None], Awaitable[bool]]
"""Tells the owner of a digest why it is paused and how to mend that, or, with None, that it was removed.
False: perhaps it did not. Never raises."""


class DeliveryOutcome(StrEnum):
    POSTED = "posted"
    FOUND = "found"
    """It had been posted already, by a process that could not say so any more."""
    EMPTY = "empty"
    LATE = "late"
    PAUSED = "paused"
    """Not posted: its channel is none to post in, or the digest is paused or removed."""
    PUT_OFF = "put_off"
    """Not yet: tried again by whoever is there then."""
    FAILED = "failed"
    """Sent by hand, and Autumn could not be read: not tried again."""
    TAKEN = "taken"
    """Somebody else is at it, or has done it."""
    GONE = "gone"
    """Sent by hand, and there is no such digest any more."""


@dataclass(frozen=True, slots=True)
class Delivery:
    outcome: DeliveryOutcome
    channel: str = ""
    ts: str = ""
    """With POSTED and FOUND: Slack's timestamp."""
    pause: Pause | None = None
    """With PAUSED: why, where that was found out just now."""
    error: ScanFailed | None = None
    """With FAILED; and with PUT_OFF when it was Autumn."""
