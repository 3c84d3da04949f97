"""Maps Autumn's answer and what was read back to the final state of a change. Pure.

`failed` promises that nothing was changed, so it is only used where that is certain: the request never left,
Autumn's rate limit or its lock on the customer turned it away, or Autumn refused it and the numbers are
unchanged. A 5xx does not say how far the request got (a gateway's 504 may come before the write, an error
within Autumn after it, or with the write still queued), so it counts like no answer: applied if the change
shows, unconfirmed if it does not.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.approvals.lifecycle import Cause, State
from bot.autumn.errors import AutumnError, Forbidden, NotSent, RateLimited, Refused
from bot.changes.model import Verdict


class WriteStatus(StrEnum):
    """What became of a write, as far as the answer shows."""

    ACCEPTED = "accepted"
    NOT_SENT = "not_sent"
    REFUSED = "refused"
    LIMITED = "limited"
    """Turned away before Autumn looked at it."""
    LOCKED = "locked"
    """Turned away too: another change of the customer's billing was in progress."""
    DUPLICATE = "duplicate"
    BROKEN = "broken"
    """An internal error."""
    SILENT = "silent"
    """No answer, or an unreadable one."""
    CUT_OFF = "cut_off"
    """The process that sent it died, perhaps before sending it."""


@dataclass(frozen=True, slots=True)
class WriteAnswer:
    status: WriteStatus
    details: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    """Of an acceptance, as JSON."""
    retry_after: float | None = None
    """Seconds to wait before it may be sent again."""


@dataclass(frozen=True, slots=True)
class FinalState:
    state: State
    ending: Cause


_SCOPE = re.compile(r"\b[a-z_]+:(?:read|write)\b")
_REPLAYED = "duplicate_idempotency_key"
_UNSURE = {
    WriteStatus.DUPLICATE: Cause.DUPLICATE,
    WriteStatus.BROKEN: Cause.AUTUMN_BROKE,
    WriteStatus.SILENT: Cause.NO_ANSWER,
    WriteStatus.CUT_OFF: Cause.CUT_OFF,
}


def write_answer(error: AutumnError) -> WriteAnswer:
    """From the error that sending raised."""
    if isinstance(error, NotSent):
        return WriteAnswer(WriteStatus.NOT_SENT)
    if not isinstance(error, Refused):
        return WriteAnswer(WriteStatus.SILENT)
    details = {"status": str(error.status), "code": error.code}
    if isinstance(error, RateLimited):
        return WriteAnswer(WriteStatus.LIMITED, details, retry_after=error.retry_after)
    if scopes := _SCOPE.findall(error.detail) if isinstance(error, Forbidden) else ():
        details["scopes"] = ", ".join(scopes)
    if error.status == 423:
        return WriteAnswer(WriteStatus.LOCKED, details)
    if error.status == 409 and error.code in ("", _REPLAYED):
        return WriteAnswer(WriteStatus.DUPLICATE, details)
    # 408 comes from a proxy in front of Autumn, which may have passed the request on.
    broken = error.status >= 500 or error.status == 408
    return WriteAnswer(WriteStatus.BROKEN if broken else WriteStatus.REFUSED, details)


def final_state(
    status: WriteStatus, verdict: Verdict, *, earlier: bool = False, unpaid: bool = False
) -> FinalState:
    """`earlier`: writes of the same change were accepted before this one. `unpaid`: Autumn waits for the
    customer to pay."""
    if verdict is Verdict.APPLIED and status is WriteStatus.ACCEPTED:
        return FinalState(State.APPLIED, Cause.DONE)
    if status is WriteStatus.ACCEPTED:
        return FinalState(State.UNCONFIRMED, Cause.AWAITS_PAYMENT if unpaid else Cause.NOT_SEEN)
    if status in _UNSURE:
        if verdict is Verdict.APPLIED:
            return FinalState(State.APPLIED, Cause.FOUND_DONE)
        return FinalState(State.UNCONFIRMED, _UNSURE[status])
    if earlier:
        return FinalState(State.UNCONFIRMED, Cause.PARTLY)
    if status is WriteStatus.NOT_SENT:
        return FinalState(State.FAILED, Cause.NOT_REACHED)
    if status is WriteStatus.LIMITED:
        return FinalState(State.FAILED, Cause.RATE_LIMITED)
    if status is WriteStatus.LOCKED:
        return FinalState(State.FAILED, Cause.AUTUMN_REFUSED)
    if verdict is Verdict.NOT_APPLIED:
        return FinalState(State.FAILED, Cause.AUTUMN_REFUSED)
    return FinalState(State.UNCONFIRMED, Cause.REFUSED_YET_MOVED)
