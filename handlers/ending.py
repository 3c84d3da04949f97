"""How an interaction ended: whose trouble it was, what is counted, and what the log keeps of it."""

import secrets
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.autumn.errors import AutumnError, NotFound
from bot.log import log
from bot.store.errors import StoreLost
from handlers.interaction import Ask
from handlers.replies import SLACK_ERRORS, Unsent, slack_reason
from handlers.services import Desk


class Outcome(StrEnum):
    OK = "ok"
    REFUSED = "refused"
    USER = "user"
    AUTUMN = "autumn"
    SLACK = "slack"
    STORE = "store"
    FAULT = "fault"
    CUT = "cut"
    """Still running when the bot had to stop."""


@dataclass(frozen=True, slots=True)
class End:
    """How an interaction ended, and what else is to be noted of it."""

    outcome: Outcome
    noted: Mapping[str, str] = field(default_factory=dict)


def classify(error: BaseException) -> Outcome:
    """Whose trouble it is: what was asked for, Autumn's, Slack's, the database's, or ours."""
    if isinstance(error, NotFound):
        return Outcome.USER
    if isinstance(error, AutumnError):
        return Outcome.AUTUMN
    if isinstance(error, StoreLost):
        return Outcome.STORE
    if isinstance(error, (Unsent, *SLACK_ERRORS)):
        return Outcome.SLACK
    return Outcome.FAULT


def new_reference() -> str:
    """Short enough to be read out, and rare enough to find one record by."""
    return secrets.token_hex(4)


def where(error: BaseException) -> str:
    """The way of an exception, innermost last: files and lines, and none of the values at hand there."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return " ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames)


def name(error: Exception) -> str:
    said = error.reason if isinstance(error, Unsent) else slack_reason(error)
    return said if said == type(error).__name__ else f"{type(error).__name__}:{said}"


def record(action: str, ask: Ask, desk: Desk, end: End, seconds: float) -> None:
    desk.metrics.interactions.labels(ask.kind, action, end.outcome).inc()
    desk.metrics.listener_seconds.labels(ask.kind, action).observe(seconds)
    write = log.error if end.outcome is Outcome.FAULT else log.info
    write(
        "handled",
        kind=ask.kind.value,
        action=action,
        team=ask.actor.team,
        channel=ask.channel,
        user=ask.actor.user,
        outcome=end.outcome.value,
        ms=round(seconds * 1000),
        **end.noted,
    )
