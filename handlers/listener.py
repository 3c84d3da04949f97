"""Around every listener: acknowledge, check the person, and let nothing escape.

Bolt loses the acknowledgement of a listener that raises, and Slack gives 3 seconds. So the acknowledgement
goes first, before anything is awaited, and the work runs after it as a task of ours: whatever happens there
becomes words for the person, a reference in the log, and a count.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.access.people import Standing
from bot.autumn.errors import AutumnError
from bot.autumn.shares import asker
from bot.kit.card import Card
from bot.lookups import trouble
from bot.lookups.find.card import Search
from bot.lookups.place import Place
from bot.lookups.trouble import Refusal
from bot.store.errors import lost
from handlers.ending import End, Outcome, classify, name, new_reference, record, where
from handlers.error_target import Surface, tell
from handlers.interaction import Ask, Kind, read
from handlers.replies import Unsent, slack_reason
from handlers.services import Desk


class Within(Exception):
    """Trouble that is said in a place of its own, such as the form it came up in."""

    def __init__(self, error: Exception, say: Callable[[Card], Awaitable[None]]) -> None:
        super().__init__()
        self.error = error
        self.say = say


class Stuck(Exception):
    """Autumn's trouble on the way to a place or in a search, so that the words can offer to try it again."""

    def __init__(self, error: AutumnError, place: Place | Search) -> None:
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
Check = Callable[[Ask], Mapping[str, str]]
Becomes = Callable[[Ask], Mapping[str, Any]]
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
    becomes: Becomes | None = None
    """For modals: what it shows while the work goes on; else it closes. Pure as well."""

    def listener(self, desk: Desk) -> Listener:
        async def listen(ack: AsyncAck, body: Mapping[str, Any]) -> None:
            ask = read(self.kind, body)
            wrong = self.check(ask) if self.check else None
            if wrong:
                await ack(response_action="errors", errors=dict(wrong))
                desk.metrics.interactions.labels(self.kind, self.action, Outcome.USER).inc()
                return
            if self.becomes:
                await ack(response_action="update", view=dict(self.becomes(ask)))
            else:
                await ack()
            desk.work.start(self._work(ask, desk))

        return listen

    async def _work(self, ask: Ask, desk: Desk) -> None:
        started = time.perf_counter()
        asker.set(ask.actor.user)
        end = End(Outcome.CUT)
        with desk.metrics.in_flight.track_inprogress():
            try:
                end = await self._end(ask, desk)
            finally:
                record(self.action, ask, desk, end, time.perf_counter() - started)

    async def _end(self, ask: Ask, desk: Desk) -> End:
        try:
            standing = await self._standing(ask, desk)
            if standing is not Standing.MEMBER:
                await tell(self._aside(), ask, desk, trouble.refused(_REFUSALS[standing]))
                return End(Outcome.REFUSED)
            await self.run(ask, desk)
            return End(Outcome.OK)
        except Exception as error:  # noqa: BLE001 - nothing may leave a listener
            return await self._trouble(ask, desk, error)

    async def _trouble(self, ask: Ask, desk: Desk, error: Exception) -> End:
        place = error.place if isinstance(error, Stuck) else None
        cause = lost(error.error if isinstance(error, Stuck | Within) else error)
        outcome, reference = classify(cause), new_reference()
        noted = {"reference": reference, "error": name(cause)}
        if outcome is Outcome.FAULT:
            noted["at"] = where(cause)
        if isinstance(cause, Unsent):
            return End(outcome, noted)
        card = trouble.trouble(cause, reference=reference, place=place)
        try:
            if isinstance(error, Within):
                await error.say(card)
            else:
                await tell(self.surface, ask, desk, card)
        except Exception as unsaid:  # noqa: BLE001 - nothing may leave a listener
            noted["status"] = slack_reason(unsaid)
        return End(outcome, noted)

    async def _standing(self, ask: Ask, desk: Desk) -> Standing:
        # A modal needs its trigger, which lives for 3 seconds: better refused than too late.
        hurry = desk.timings.trigger if self.surface in (Surface.MODAL, Surface.ON_TOP) else None
        try:
            async with asyncio.timeout(hurry):
                return await desk.people.standing(ask.actor)
        except TimeoutError:
            return Standing.UNCHECKED

    def _aside(self) -> Surface:
        # A card may be everybody's: who is refused is told so alone, and the card stays as it is.
        return Surface.FRESH if self.surface is Surface.CARD else self.surface
