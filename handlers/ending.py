"""How an interaction ended: whose trouble it was, what is counted, and what the log keeps of it."""

import secrets
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.autumn.errors import AutumnError, NotFound
from bot.log import log
from bot.store.errors import StoreLost
from handlers.interaction import Interaction
from handlers.replies import SLACK_ERRORS, Unsent, slack_reason
from handlers.services import Services


class InteractionOutcome(StrEnum):
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
class InteractionEnd:
    """How an interaction ended, and what else is to be noted of it."""

    outcome: InteractionOutcome
    noted: Mapping[str, str] = field(default_factory=dict)


def classify(error: BaseException) -> InteractionOutcome:
    """Whose trouble it is: what was asked for, Autumn's, Slack's, the database's, or ours."""
    if isinstance(error, NotFound):
        return InteractionOutcome.USER
    if isinstance(error, AutumnError):
        return InteractionOutcome.AUTUMN
    if isinstance(error, StoreLost):
        return InteractionOutcome.STORE
    if isinstance(error, (Unsent, *SLACK_ERRORS)):
        return InteractionOutcome.SLACK
    return InteractionOutcome.FAULT


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


def record(
    action: str, interaction: Interaction, services: Services, end: InteractionEnd, seconds: float
) -> None:
    services.metrics.interactions.labels(interaction.kind, action, end.outcome).inc()
    services.metrics.listener_seconds.labels(interaction.kind, action).observe(seconds)
    write = log.error if end.outcome is InteractionOutcome.FAULT else log.info
    write(
        "handled",
        kind=interaction.kind.value,
        action=action,
        team=interaction.actor.team,
        channel=interaction.channel,
        user=interaction.actor.user,
        outcome=end.outcome.value,
        ms=round(seconds * 1000),
        **end.noted,
    )
