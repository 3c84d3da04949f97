"""What to say of a change, from what Autumn answered and what was read back. Pure.

`failed` promises that nothing was changed, so it is said only where that is sure: the request never left,
Autumn's limits turned it away, or Autumn refused it and the figures are what they were. A 5xx does not say
how far the request got (a gateway's 504 may come before the write, and an error within Autumn after it, or
with the write in its queue), so it counts like silence: applied if it is there, unconfirmed if it is not.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.approvals.lifecycle import Cause, State
from bot.autumn.errors import AutumnError, Forbidden, NotSent, RateLimited, Refused
from bot.changes.model import Verdict


class WriteStatus(StrEnum):
    """What became of a request, as far as sending it tells."""

    ACCEPTED = "accepted"
    NOT_SENT = "not_sent"
    REFUSED = "refused"
    LIMITED = "limited"
    """Turned away before it was looked at."""
    DUPLICATE = "duplicate"
    BROKEN = "broken"
    """An internal error."""
    SILENT = "silent"
    """No answer, or none that can be read."""
    CUT_OFF = "cut_off"
    """Whoever sent it died, perhaps before sending it."""


@dataclass(frozen=True, slots=True)
class WriteAnswer:
    answer: WriteStatus
    details: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    """What came with an acceptance, as JSON."""
    retry_after: float | None = None
    """Seconds to wait before sending it again, where it may be."""


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
    """What an attempt to send says, from what it raised."""
    if isinstance(error, NotSent):
        return WriteAnswer(WriteStatus.NOT_SENT)
    if not isinstance(error, Refused):
        return WriteAnswer(WriteStatus.SILENT)
    details = {"status": str(error.status), "code": error.code}
    if isinstance(error, RateLimited):
        return WriteAnswer(WriteStatus.LIMITED, details, retry_after=error.retry_after)
    if scopes := _SCOPE.findall(error.detail) if isinstance(error, Forbidden) else ():
        details["scopes"] = ", ".join(scopes)
    if error.status == 409 and error.code in ("", _REPLAYED):
        return WriteAnswer(WriteStatus.DUPLICATE, details)
    # 408 comes from what stands in front of Autumn, which may have passed the request on.
    answer = WriteStatus.BROKEN if error.status >= 500 or error.status == 408 else WriteStatus.REFUSED
    return WriteAnswer(answer, details)


def final_state(answer: WriteStatus, verdict: Verdict, *, earlier: bool = False) -> FinalState:
    """`earlier`: this was not the first write of the change, and those before it were accepted."""
    if verdict is Verdict.APPLIED and answer is WriteStatus.ACCEPTED:
        return FinalState(State.APPLIED, Cause.DONE)
    if answer is WriteStatus.ACCEPTED:
        return FinalState(State.UNCONFIRMED, Cause.NOT_SEEN)
    if answer in _UNSURE:
        if verdict is Verdict.APPLIED:
            return FinalState(State.APPLIED, Cause.FOUND_DONE)
        return FinalState(State.UNCONFIRMED, _UNSURE[answer])
    if earlier:
        return FinalState(State.UNCONFIRMED, Cause.PARTLY)
    if answer is WriteStatus.NOT_SENT:
        return FinalState(State.FAILED, Cause.NOT_REACHED)
    if answer is WriteStatus.LIMITED:
        return FinalState(State.FAILED, Cause.RATE_LIMITED)
    if verdict is Verdict.NOT_APPLIED:
        return FinalState(State.FAILED, Cause.AUTUMN_REFUSED)
    return FinalState(State.UNCONFIRMED, Cause.REFUSED_YET_MOVED)
