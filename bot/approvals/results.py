"""What a person wants of changes, and what becomes of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from bot.access.people import Actor
from bot.access.policy import Decision, Request
from bot.approvals.lifecycle import Record
from bot.approvals.preview import Assessment
from bot.autumn.errors import AutumnError
from bot.changes.model import ChangeInput, Snapshot

Permits: TypeAlias = Callable[[Request, Actor], Awaitable[Decision]]
"""The policy's answer, with the person's groups as they are just now. It fails closed, and does not raise."""


class Result(StrEnum):
    DONE = "done"
    """The step was taken; `Reply.record` is how things stand after it."""
    AGAIN = "again"
    """This very form was submitted before; `record` is the change it became."""
    REFUSED = "refused"
    """By the guards; `look.judgement` says why. Nothing was asked for."""
    MOVED = "moved"
    """The figures are not those that the form showed; `look` has the new ones. Nothing was asked for."""
    NOT_ALLOWED = "not_allowed"
    """By the policy; `decision` says why."""
    NO_REASON = "no_reason"
    """The policy wants a reason for it."""
    NO_CHANNEL = "no_channel"
    """It needs approval, and there is no channel to ask in."""
    CHANNEL_SHARED = "channel_shared"
    """It needs approval, and people of another company can read the channel."""
    CHANNEL_OUT = "channel_out"
    """It needs approval, and Maple cannot post in the channel."""
    CHANNEL_UNCHECKED = "channel_unchecked"
    """It needs approval, and Slack could not be asked about the channel."""
    TOO_MANY_OF_PERSON = "too_many_of_person"
    """As many requests of theirs wait for approval as may."""
    TOO_MANY_OF_CHANNEL = "too_many_of_channel"
    """As many requests from this channel wait for approval as may."""
    OVERTAKEN = "overtaken"
    """The facts moved since it was shown: nothing was run, and `record` shows it anew."""
    FAILED = "failed"
    """It cannot be done any more; nothing was run, and `record` says why."""
    TOO_LATE = "too_late"
    """Somebody was first, or its time is up; `record` says who, or what it has come to."""
    STALE = "stale"
    """What was clicked showed an earlier version; `record` is the present one."""
    SEEN_APPLIED = "seen_applied"
    """It was to be marked as not applied, and Autumn shows that it was applied."""
    UNCHECKED = "unchecked"
    """Slack could not be asked about whoever asked or approved before; nothing was decided."""
    ALREADY = "already"
    """This person has approved this version before; others are waited for."""
    NO_UNDO = "no_undo"
    """There is none, or it is under way or done: `record` tells."""
    UNKNOWN = "unknown"
    """There is no such change here."""
    TROUBLE = "trouble"
    """Autumn could not be read (`error`); nothing was decided, and it can be tried again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    result: Result
    record: Record | None = None
    decision: Decision | None = None
    look: Assessment | None = None
    error: AutumnError | None = None


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """A change that a person wants."""

    submission_id: str
    """Made when the form was opened, and unlike any other; at most 64 characters."""
    input: ChangeInput
    actor: Actor
    channel: str = ""
    """Where it is asked; empty when nowhere in particular."""
    card: str = ""
    """The channel for the asker's own card; the asker's direct messages unless given."""
    reason: str = ""
    ticket: str = ""
    seen: Snapshot | None = None
    """What the form showed; None to go on whatever the figures are now."""
    undo_of: str = ""
