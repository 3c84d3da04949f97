"""Around every listener: acknowledge, check the person, and let nothing escape.

Bolt loses the acknowledgement of a listener that raises, and Slack gives 3 seconds. So the acknowledgement
goes first, before anything is awaited, and the work runs after it as a task of ours: whatever happens there
becomes words for the person, a reference in the log, and a count.
"""

import asyncio
import secrets
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot import views
from bot.autumn.errors import AutumnError, NotFound
from bot.log import log
from bot.lookups.place import Place
from bot.people import Standing
from bot.views import Refusal, surfaces
from bot.views.card import Card
from handlers.ask import Ask, Kind, read
from handlers.desk import Desk
from handlers.reply import SLACK_ERRORS, Unsent, slack_reason


class Surface(StrEnum):
    """Where words about trouble go: where the person is."""

    FRESH = "fresh"
    """A message of its own, for this person."""
    CARD = "card"
    """The card that was clicked."""
    DIRECT = "direct"
    MODAL = "modal"
    HOME = "home"


class Outcome(StrEnum):
    OK = "ok"
    REFUSED = "refused"
    USER = "user"
    AUTUMN = "autumn"
    SLACK = "slack"
    FAULT = "fault"
    CUT = "cut"
    """Still running when the bot had to stop."""


@dataclass(frozen=True, slots=True)
class End:
    """How an interaction ended, and what else is to be noted of it."""

    outcome: Outcome
    noted: Mapping[str, str] = field(default_factory=dict)


class Stuck(Exception):
    """Autumn's trouble on the way to a place, so that the words can offer to try it again."""

    def __init__(self, error: AutumnError, place: Place) -> None:
        super().__init__()
        self.error = error
        self.place = place


_REFUSALS = {
    Standing.GUEST: Refusal.GUEST,
    Standing.OUTSIDER: Refusal.OUTSIDER,
    Standing.BOT: Refusal.OUTSIDER,
    Standing.GONE: Refusal.OUTSIDER,
    Standing.UNCHECKED: Refusal.UNCHECKED,
}

Run = Callable[[Ask, Desk], Awaitable[None]]
Suggest = Callable[[Ask, Desk], Awaitable[list[dict[str, Any]]]]
Check = Callable[[Ask], Mapping[str, str]]
Listener = Callable[[AsyncAck, Mapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Guarded:
    """One kind of ask and what is done about it."""

    kind: Kind
    action: str
    """Names it in metrics and in the log."""
    run: Run
    surface: Surface = Surface.FRESH
    check: Check | None = None
    """For modals: what is wrong with what was filled in, by block_id. Pure, since it runs before the ack."""

    def listener(self, desk: Desk) -> Listener:
        async def listen(ack: AsyncAck, body: Mapping[str, Any]) -> None:
            ask = read(self.kind, body)
            wrong = self.check(ask) if self.check else None
            if wrong:
                await ack(response_action="errors", errors=dict(wrong))
                desk.metrics.interactions.labels(self.kind, self.action, Outcome.USER).inc()
                return
            await ack()
            desk.work.start(self._work(ask, desk))

        return listen

    async def _work(self, ask: Ask, desk: Desk) -> None:
        started = time.perf_counter()
        end = End(Outcome.CUT)
        with desk.metrics.in_flight.track_inprogress():
            try:
                end = await self._end(ask, desk)
            finally:
                _record(self.action, ask, desk, end, time.perf_counter() - started)

    async def _end(self, ask: Ask, desk: Desk) -> End:
        try:
            standing = await self._standing(ask, desk)
            if standing is not Standing.MEMBER:
                await tell(self._aside(), ask, desk, views.refused(_REFUSALS[standing]))
                return End(Outcome.REFUSED)
            await self.run(ask, desk)
            return End(Outcome.OK)
        except Exception as error:  # noqa: BLE001 - nothing may leave a listener
            return await self._trouble(ask, desk, error)

    async def _trouble(self, ask: Ask, desk: Desk, error: Exception) -> End:
        place = error.place if isinstance(error, Stuck) else None
        cause = error.error if isinstance(error, Stuck) else error
        outcome, reference = classify(cause), new_reference()
        noted = {"reference": reference, "error": _name(cause)}
        if outcome is Outcome.FAULT:
            noted["at"] = where(cause)
        if isinstance(cause, Unsent):
            return End(outcome, noted)
        try:
            await tell(self.surface, ask, desk, views.trouble(cause, reference=reference, place=place))
        except (Unsent, *SLACK_ERRORS) as unsaid:
            noted["status"] = slack_reason(unsaid)
        return End(outcome, noted)

    async def _standing(self, ask: Ask, desk: Desk) -> Standing:
        # A modal needs its trigger, which lives for 3 seconds: better refused than too late.
        hurry = desk.timings.trigger if self.surface is Surface.MODAL else None
        try:
            async with asyncio.timeout(hurry):
                return await desk.people.standing(ask.actor)
        except TimeoutError:
            return Standing.UNCHECKED

    def _aside(self) -> Surface:
        # A card may be everybody's: who is refused is told so alone, and the card stays as it is.
        return Surface.FRESH if self.surface is Surface.CARD else self.surface


@dataclass(frozen=True, slots=True)
class Suggesting:
    """Options for a select, asked for while somebody types. They go out with the acknowledgement."""

    action: str
    suggest: Suggest
    kind: Kind = Kind.OPTIONS

    def listener(self, desk: Desk) -> Listener:
        async def listen(ack: AsyncAck, body: Mapping[str, Any]) -> None:
            started = time.perf_counter()
            ask = read(Kind.OPTIONS, body)
            options: list[dict[str, Any]] = []
            try:
                async with asyncio.timeout(desk.timings.options):
                    standing = await desk.people.standing(ask.actor)
                    end = End(Outcome.OK if standing is Standing.MEMBER else Outcome.REFUSED)
                    if standing is Standing.MEMBER:
                        options = await self.suggest(ask, desk)
            except TimeoutError:
                end = End(Outcome.AUTUMN, {"error": "TimeoutError"})
            except Exception as error:  # noqa: BLE001 - an empty list is the only thing a select can show
                end = End(classify(error), {"error": _name(error), "at": where(error)})
            await ack(options=options)
            _record(self.action, ask, desk, end, time.perf_counter() - started)

        return listen


async def tell(surface: Surface, ask: Ask, desk: Desk, card: Card) -> None:
    """Says it where the person is."""
    match surface:
        case Surface.FRESH:
            await desk.replies.fresh(ask, card)
        case Surface.CARD:
            await desk.replies.change(ask, card)
        case Surface.DIRECT:
            await desk.replies.direct(ask, card)
        case Surface.MODAL:
            await desk.replies.modal(ask, surfaces.as_modal(card))
        case Surface.HOME:
            await desk.replies.home(ask, surfaces.as_home(card))


def classify(error: BaseException) -> Outcome:
    """Whose trouble it is: what was asked for, Autumn's, Slack's, or ours."""
    if isinstance(error, NotFound):
        return Outcome.USER
    if isinstance(error, AutumnError):
        return Outcome.AUTUMN
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


def _name(error: Exception) -> str:
    said = error.reason if isinstance(error, Unsent) else slack_reason(error)
    return said if said == type(error).__name__ else f"{type(error).__name__}:{said}"


def _record(action: str, ask: Ask, desk: Desk, end: End, seconds: float) -> None:
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
