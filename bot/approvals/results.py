"""What people request, the result, and how the policy is asked and people are notified."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from bot.access.people import Actor
from bot.access.policy import Decision, Request
from bot.approvals.filled_forms import FilledForm
from bot.approvals.lifecycle import ChangeEvent, Record
from bot.approvals.preview import Assessment
from bot.approvals.steps import Mandate
from bot.autumn.errors import AutumnError
from bot.changes.model import ChangeInput, Snapshot
from bot.log import log

Notify: TypeAlias = Callable[[Record, ChangeEvent], Coroutine[Any, Any, None]]
"""Redraws the cards of a change, and notifies the requester."""
Permits: TypeAlias = Callable[[Request, Actor], Awaitable[Decision]]
"""Asks the policy, with the person's groups as they are now. Fails closed, and never raises."""


class Result(StrEnum):
    DONE = "done"
    """`Outcome.record` is the change after the step."""
    AGAIN = "again"
    """This form was already submitted; `record` is the change it became."""
    REFUSED = "refused"
    """By the guards; `assessment.judgement` says why. Nothing was requested."""
    MOVED = "moved"
    """The numbers are not the ones the form showed; `assessment` has the new ones. Nothing was requested."""
    NOT_ALLOWED = "not_allowed"
    """By the policy; `decision` says why."""
    NOT_APPROVED = "not_approved"
    """A line of a batch: too few of those who approved the batch may approve this change by itself."""
    GATHERED = "gathered"
    """The form was added to a list; nothing was requested by itself."""
    NO_REASON = "no_reason"
    """The policy requires a reason."""
    NO_CHANNEL = "no_channel"
    """It needs approval, and there is no approvals channel."""
    CHANNEL_SHARED = "channel_shared"
    """It needs approval, and the channel is shared with another company."""
    CHANNEL_OUT = "channel_out"
    """It needs approval, and Maple cannot post in the channel."""
    CHANNEL_UNCHECKED = "channel_unchecked"
    """It needs approval, and Slack could not be asked about the channel."""
    TOO_MANY_OF_PERSON = "too_many_of_person"
    """No more of this person's requests may wait."""
    TOO_MANY_OF_CHANNEL = "too_many_of_channel"
    """No more requests from this channel may wait."""
    SUPERSEDED = "overtaken"  # as stored
    """The numbers changed since it was shown: nothing was applied, and `record` has the new ones."""
    FAILED = "failed"
    """It can no longer be done; nothing was applied, and `record` says why."""
    TOO_LATE = "too_late"
    """Somebody was first, or it expired; `record` says which."""
    ALREADY_SETTLED = "already_settled"
    """It is not unconfirmed any more; `record` says what it is."""
    STALE = "stale"
    """The clicked card showed an earlier version; `record` has the current one."""
    SEEN_APPLIED = "seen_applied"
    """It was to be marked as not applied, but Autumn shows the change."""
    SEEN_NOT_APPLIED = "seen_not_applied"
    """It was to be marked as applied, but Autumn does not show the change."""
    STILL_UNCONFIRMED = "still_unconfirmed"
    """It was read back again, and Autumn still does not clearly show it."""
    UNCHECKED = "unchecked"
    """Slack could not be asked about the requester or an earlier approver; nothing was decided."""
    ALREADY = "already"
    """This person has already approved this version; it needs others."""
    PASSED_ON = "passed_on"
    """To those whom the policy lets request it."""
    NOBODY_TO_ASK = "nobody_to_ask"
    """It was to be passed on, but there is nobody in particular whom the policy lets do it."""
    ASKED_BEFORE = "asked_before"
    """It was passed on a moment ago."""
    MAY_YOURSELF = "may_yourself"
    """It was to be passed on, but the policy lets this person request it. Nothing was requested."""
    NO_EDIT = "no_edit"
    """It is an undo, or it was to become a request about another customer."""
    NO_UNDO = "no_undo"
    """It cannot be undone, or is being undone: `record` tells which."""
    UNKNOWN = "unknown"
    """There is no such change."""
    TROUBLE = "trouble"
    """Autumn could not be read (`error`); nothing was decided, and it can be tried again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    result: Result
    record: Record | None = None
    decision: Decision | None = None
    assessment: Assessment | None = None
    error: AutumnError | None = None


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """A change that a person requests."""

    submission_id: str
    """Unique, made when the form was opened; at most 64 characters."""
    input: ChangeInput
    actor: Actor
    channel: str = ""
    """Where it is requested; may be empty."""
    card: str = ""
    """The channel for the requester's own card; their direct messages if empty."""
    reason: str = ""
    ticket: str = ""
    previewed: Snapshot | None = None
    """What the form showed; None to request it whatever the numbers are now."""
    undo_of: str = ""
    mandate: Mandate | None = None
    """For a line of a batch, which is applied under the batch's approval and has no cards."""
    form: FilledForm | None = None
    """What the form was filled in with; None for a request without one."""


def quietly(notify: Notify) -> Notify:
    """The same, but an error only gets logged; the sweeper redraws the cards later."""

    async def notify_quietly(record: Record, event: ChangeEvent) -> None:
        try:
            await notify(record, event)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in Slack must not stop the change
            log.warning("not notified", error=type(error).__name__, reference=record.id, action=event)

    return notify_quietly
