"""How an interaction ends: whose error it was, where it is shown, what is counted and logged."""

import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, assert_never

from bot.autumn.errors import AutumnError, NotFound
from bot.kit import surfaces
from bot.kit.card import Card
from bot.kit.carried import Unreadable
from bot.log import log
from bot.lookups.find.card import Search
from bot.lookups.place import Place
from bot.slack.errors import SLACK_ERRORS, Unsent, slack_reason
from bot.store.errors import StoreLost
from handlers.interaction import Interaction
from handlers.services import Services


class ShownError(Exception):
    """An error that is shown in a particular place, such as the form it came up in."""

    def __init__(self, error: Exception, show: Callable[[Card], Awaitable[None]]) -> None:
        super().__init__()
        self.error = error
        self.show = show


class LookupFailed(Exception):
    """Autumn did not answer for a place or a search, which the message then offers to try again."""

    def __init__(self, error: AutumnError, place: Place | Search) -> None:
        super().__init__()
        self.error = error
        self.place = place


@contextlib.asynccontextmanager
async def errors_in_modal(
    interaction: Interaction, services: Services, draw: Callable[[Card], dict[str, Any]] = surfaces.as_modal
) -> AsyncIterator[None]:
    """Shows an error in the modal the person is looking at; if they closed it, in a new message."""

    async def show(card: Card) -> None:
        await update_modal(interaction, services, draw(card), instead=card)

    try:
        yield
    except Exception as error:
        raise ShownError(error, show) from error


async def update_modal(
    interaction: Interaction, services: Services, view: dict[str, Any], *, instead: Card
) -> None:
    """Changes the modal the person is looking at. `instead`: the message they get if they closed it."""
    if not await services.replies.update_modal(interaction.view, view):
        await services.replies.ephemeral(interaction, instead)


class ErrorTarget(StrEnum):
    """Where an error is shown: where the person is looking."""

    NEW_MESSAGE = "new_message"
    """A new message that only this person sees."""
    CARD = "card"
    """In place of the card that was clicked."""
    DM = "dm"
    MODAL = "modal"
    """A new modal."""
    CURRENT_MODAL = "current_modal"
    """In the modal that was clicked in or submitted; a new message if it is closed."""
    ON_TOP = "on_top"
    """A modal over the one that was clicked in."""
    HOME = "home"
    NOWHERE = "nowhere"
    """Only the log has it: nobody asked for anything."""


async def show_error(target: ErrorTarget, interaction: Interaction, services: Services, card: Card) -> None:
    replies = services.replies
    match target:
        case ErrorTarget.NEW_MESSAGE:
            await replies.ephemeral(interaction, card)
        case ErrorTarget.CARD:
            await replies.update_message(interaction, card)
        case ErrorTarget.DM:
            await replies.dm(interaction, card)
        case ErrorTarget.MODAL:
            await replies.open_modal(interaction, surfaces.as_modal(card))
        case ErrorTarget.CURRENT_MODAL:
            await update_modal(interaction, services, surfaces.as_modal(card), instead=card)
        case ErrorTarget.ON_TOP:
            await replies.push_modal(interaction, surfaces.as_modal(card))
        case ErrorTarget.HOME:
            await replies.publish_home(interaction, surfaces.as_home(card))
        case ErrorTarget.NOWHERE:
            return
        case _:
            assert_never(target)


class InteractionOutcome(StrEnum):
    OK = "ok"
    REPEAT = "repeat"
    """Slack delivered it before, so nothing was done this time."""
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    """A button or a form that this version of Maple did not make."""
    USER = "user"
    AUTUMN = "autumn"
    SLACK = "slack"
    STORE = "store"
    SLOW = "slow"
    """Options that were not there in time; Slack or Autumn took too long."""
    FAULT = "fault"
    CUT = "cut"
    """Still running when the bot had to stop."""


@dataclass(frozen=True, slots=True)
class InteractionEnd:
    outcome: InteractionOutcome
    details: Mapping[str, str] = field(default_factory=dict)
    """More fields for the log."""


def classify(error: BaseException) -> InteractionOutcome:
    """Whose error it is: the person's request, Autumn's, Slack's, the database's, or ours."""
    if isinstance(error, Unreadable):
        return InteractionOutcome.UNREADABLE
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
    """Short enough to read out, rare enough to find one log record by."""
    return secrets.token_hex(4)


def error_name(error: Exception) -> str:
    kind = type(error).__name__
    reason = error.reason if isinstance(error, Unsent) else slack_reason(error)
    return reason if reason == kind else f"{kind}:{reason}"


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
        **end.details,
    )
