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
from handlers.ending import InteractionEnd, InteractionOutcome, classify, name, new_reference, record, where
from handlers.error_target import ErrorTarget, show_error
from handlers.interaction import Interaction, InteractionKind, read
from handlers.replies import Unsent, slack_reason
from handlers.services import Services


class ShownError(Exception):
    """Trouble that is said in a place of its own, such as the form it came up in."""

    def __init__(self, error: Exception, say: Callable[[Card], Awaitable[None]]) -> None:
        super().__init__()
        self.error = error
        self.say = say


class LookupFailed(Exception):
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

Run = Callable[[Interaction, Services], Awaitable[None]]
Check = Callable[[Interaction], Mapping[str, str]]
Becomes = Callable[[Interaction], Mapping[str, Any]]
BoltListener = Callable[[AsyncAck, Mapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Listener:
    """One kind of ask and what is done about it."""

    kind: InteractionKind
    action: str
    """Names it in metrics and in the log."""
    run: Run
    surface: ErrorTarget = ErrorTarget.FRESH
    check: Check | None = None
    """For modals: what is wrong with what was filled in, by block_id. Pure, since it runs before the ack."""
    becomes: Becomes | None = None
    """For modals: what it shows while the work goes on; else it closes. Pure as well."""

    def listener(self, services: Services) -> BoltListener:
        async def listen(ack: AsyncAck, body: Mapping[str, Any]) -> None:
            interaction = read(self.kind, body)
            wrong = self.check(interaction) if self.check else None
            if wrong:
                await ack(response_action="errors", errors=dict(wrong))
                services.metrics.interactions.labels(self.kind, self.action, InteractionOutcome.USER).inc()
                return
            if self.becomes:
                await ack(response_action="update", view=dict(self.becomes(interaction)))
            else:
                await ack()
            services.work.start(self._work(interaction, services))

        return listen

    async def _work(self, interaction: Interaction, services: Services) -> None:
        started = time.perf_counter()
        asker.set(interaction.actor.user)
        end = InteractionEnd(InteractionOutcome.CUT)
        with services.metrics.in_flight.track_inprogress():
            try:
                end = await self._end(interaction, services)
            finally:
                record(self.action, interaction, services, end, time.perf_counter() - started)

    async def _end(self, interaction: Interaction, services: Services) -> InteractionEnd:
        try:
            standing = await self._standing(interaction, services)
            if standing is not Standing.MEMBER:
                await show_error(self._aside(), interaction, services, trouble.refused(_REFUSALS[standing]))
                return InteractionEnd(InteractionOutcome.REFUSED)
            await self.run(interaction, services)
            return InteractionEnd(InteractionOutcome.OK)
        except Exception as error:  # noqa: BLE001 - nothing may leave a listener
            return await self._trouble(interaction, services, error)

    async def _trouble(
        self, interaction: Interaction, services: Services, error: Exception
    ) -> InteractionEnd:
        place = error.place if isinstance(error, LookupFailed) else None
        cause = lost(error.error if isinstance(error, LookupFailed | ShownError) else error)
        outcome, reference = classify(cause), new_reference()
        noted = {"reference": reference, "error": name(cause)}
        if outcome is InteractionOutcome.FAULT:
            noted["at"] = where(cause)
        if isinstance(cause, Unsent):
            return InteractionEnd(outcome, noted)
        card = trouble.trouble(cause, reference=reference, place=place)
        try:
            if isinstance(error, ShownError):
                await error.say(card)
            else:
                await show_error(self.surface, interaction, services, card)
        except Exception as unsaid:  # noqa: BLE001 - nothing may leave a listener
            noted["status"] = slack_reason(unsaid)
        return InteractionEnd(outcome, noted)

    async def _standing(self, interaction: Interaction, services: Services) -> Standing:
        # A modal needs its trigger, which lives for 3 seconds: better refused than too late.
        hurry = services.timings.trigger if self.surface in (ErrorTarget.MODAL, ErrorTarget.ON_TOP) else None
        try:
            async with asyncio.timeout(hurry):
                return await services.people.standing(interaction.actor)
        except TimeoutError:
            return Standing.UNCHECKED

    def _aside(self) -> ErrorTarget:
        # A card may be everybody's: who is refused is told so alone, and the card stays as it is.
        return ErrorTarget.FRESH if self.surface is ErrorTarget.CARD else self.surface
