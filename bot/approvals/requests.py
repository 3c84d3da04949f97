"""What people request, what came of it, and how the policy is asked and people are notified."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeAlias

from bot.access.people import Actor
from bot.access.policy import Decision, Request
from bot.approvals.filled_forms import FilledForm
from bot.approvals.lifecycle import ChangeEvent, Record
from bot.approvals.preview import Assessment
from bot.approvals.results import Result
from bot.approvals.steps import Mandate
from bot.autumn.errors import AutumnError
from bot.changes.model import ChangeInput, Snapshot
from bot.log import log

Notify: TypeAlias = Callable[[Record, ChangeEvent], Coroutine[Any, Any, None]]
"""Redraws the cards of a change, and notifies the requester."""
Permits: TypeAlias = Callable[[Request, Actor], Awaitable[Decision]]
"""Asks the policy, with the person's groups as they are now. Fails closed, and never raises."""


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
