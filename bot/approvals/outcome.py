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

from bot.approvals.lifecycle import Ending, State
from bot.autumn.errors import AutumnError, Forbidden, NotSent, RateLimited, Refused
from bot.changes.model import Verdict


class Answer(StrEnum):
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
class Said:
    answer: Answer
    details: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    """What came with an acceptance, as JSON."""
    retry_after: float | None = None
    """Seconds to wait before sending it again, where it may be."""


@dataclass(frozen=True, slots=True)
class Outcome:
    state: State
    ending: Ending


_SCOPE = re.compile(r"\b[a-z_]+:(?:read|write)\b")
_REPLAYED = "duplicate_idempotency_key"
_UNSURE = {
    Answer.DUPLICATE: Ending.DUPLICATE,
    Answer.BROKEN: Ending.AUTUMN_BROKE,
    Answer.SILENT: Ending.NO_ANSWER,
    Answer.CUT_OFF: Ending.CUT_OFF,
}


def said(error: AutumnError) -> Said:
    """What an attempt to send says, from what it raised."""
    if isinstance(error, NotSent):
        return Said(Answer.NOT_SENT)
    if not isinstance(error, Refused):
        return Said(Answer.SILENT)
    details = {"status": str(error.status), "code": error.code}
    if isinstance(error, RateLimited):
        return Said(Answer.LIMITED, details, retry_after=error.retry_after)
    if scopes := _SCOPE.findall(error.detail) if isinstance(error, Forbidden) else ():
        details["scopes"] = ", ".join(scopes)
    if error.status == 409 and error.code in ("", _REPLAYED):
        return Said(Answer.DUPLICATE, details)
    # 408 comes from what stands in front of Autumn, which may have passed the request on.
    answer = Answer.BROKEN if error.status >= 500 or error.status == 408 else Answer.REFUSED
    return Said(answer, details)


def outcome(answer: Answer, verdict: Verdict, *, earlier: bool = False) -> Outcome:
    """`earlier`: this was not the first write of the change, and those before it were accepted."""
    if verdict is Verdict.APPLIED and answer is Answer.ACCEPTED:
        return Outcome(State.APPLIED, Ending.DONE)
    if answer is Answer.ACCEPTED:
        return Outcome(State.UNCONFIRMED, Ending.NOT_SEEN)
    if answer in _UNSURE:
        if verdict is Verdict.APPLIED:
            return Outcome(State.APPLIED, Ending.FOUND_DONE)
        return Outcome(State.UNCONFIRMED, _UNSURE[answer])
    if earlier:
        return Outcome(State.UNCONFIRMED, Ending.PARTLY)
    if answer is Answer.NOT_SENT:
        return Outcome(State.FAILED, Ending.NOT_REACHED)
    if answer is Answer.LIMITED:
        return Outcome(State.FAILED, Ending.RATE_LIMITED)
    if verdict is Verdict.NOT_APPLIED:
        return Outcome(State.FAILED, Ending.AUTUMN_REFUSED)
    return Outcome(State.UNCONFIRMED, Ending.REFUSED_YET_MOVED)
