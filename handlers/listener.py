"""What stands around every handler: acknowledge, drop repeats, check the person, let no exception escape.

Bolt loses the acknowledgement of a listener that raises, and Slack waits for three seconds. So the
acknowledgement goes out first, before anything is awaited, and the handler runs after it as a background
task. Whatever goes wrong there becomes a message to the person, a reference in the log, and a count.
Options are the exception: they travel in the acknowledgement, and have their own deadline.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from slack_bolt.async_app import AsyncAck

from bot.access.people import Standing
from bot.autumn.shares import acting_for
from bot.kit import surfaces
from bot.kit.carried import Unreadable
from bot.log import error_location
from bot.lookups import trouble
from bot.lookups.options import OptionGroup
from bot.lookups.trouble import Refusal
from bot.slack.errors import Unsent, slack_reason
from bot.store.errors import StoreSlow, lost
from handlers.errors import (
    ErrorTarget,
    InteractionEnd,
    InteractionOutcome,
    LookupFailed,
    ShownError,
    classify,
    error_name,
    new_reference,
    record,
    show_error,
)
from handlers.interaction import Interaction, InteractionKind, read
from handlers.services import Services

T = TypeVar("T")

_REFUSALS = {
    Standing.GUEST: Refusal.GUEST,
    Standing.OUTSIDER: Refusal.OUTSIDER,
    Standing.BOT: Refusal.OUTSIDER,
    Standing.GONE: Refusal.OUTSIDER,
    Standing.UNCHECKED: Refusal.UNCHECKED,
}

Run = Callable[[Interaction, Services], Awaitable[None]]
Suggest = Callable[[Interaction, Services], Awaitable[list[dict[str, Any]] | OptionGroup]]
BoltListener = Callable[[AsyncAck, Mapping[str, Any]], Awaitable[None]]


def _never(_interaction: Interaction) -> bool:
    return False


def always(_interaction: Interaction) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Listener:
    """A handler, and how it is run. A delivery that Slack repeats is not run again."""

    kind: InteractionKind
    action: str
    """Names it in metrics and in the log."""
    run: Run
    errors_to: ErrorTarget = ErrorTarget.NEW_MESSAGE
    harmless: Callable[[Interaction], bool] = _never
    """Whether it only reads and shows. Then it also runs when the database cannot say if it ran before:
    looking customers up must not depend on the database."""
    opens_modal: bool = False
    """Whether it may open a modal, which has to happen within three seconds of the click."""

    def bolt_listener(self, services: Services) -> BoltListener:
        async def listen(ack: AsyncAck, body: Mapping[str, Any]) -> None:
            await ack()
            interaction = read(self.kind, body)
            if not interaction.automatic:
                services.background.start(self.handle(interaction, services))

        return listen

    async def handle(self, interaction: Interaction, services: Services) -> None:
        started = time.perf_counter()
        acting_for.set(interaction.actor.user)
        end = InteractionEnd(InteractionOutcome.CUT)
        with services.metrics.in_flight.track_inprogress():
            try:
                end = await self._run(interaction, services)
            finally:
                record(self.action, interaction, services, end, time.perf_counter() - started)

    async def _run(self, interaction: Interaction, services: Services) -> InteractionEnd:
        try:
            standing = await self._standing(interaction, services)
            if standing is not Standing.MEMBER:
                refusal = trouble.refused(_REFUSALS[standing])
                await show_error(self._refusals_to(), interaction, services, refusal)
                return InteractionEnd(InteractionOutcome.REFUSED)
            if not await self._first(interaction, services):
                return InteractionEnd(InteractionOutcome.REPEAT)
            await self.run(interaction, services)
            return InteractionEnd(InteractionOutcome.OK)
        except Exception as error:  # noqa: BLE001 - nothing may leave a listener
            return await self._failed(interaction, services, error)

    async def _first(self, interaction: Interaction, services: Services) -> bool:
        """Raises StoreLost or what the database driver does when it cannot be told."""
        if self.harmless(interaction):
            return await services.deliveries.probably_first(interaction.delivery)
        first = services.deliveries.first(interaction.delivery)
        if not self.opens_modal:
            return await first
        try:
            return await services.background.within(services.timeouts.trigger, first)
        except TimeoutError:
            raise StoreSlow from None

    async def _failed(self, interaction: Interaction, services: Services, error: Exception) -> InteractionEnd:
        failure = error.error if isinstance(error, ShownError) else error
        place = failure.place if isinstance(failure, LookupFailed) else None
        cause = lost(failure.error if isinstance(failure, LookupFailed) else failure)
        outcome, reference = classify(cause), new_reference()
        details = {"reference": reference, "error": error_name(cause)}
        if outcome is InteractionOutcome.FAULT:
            details["at"] = error_location(cause)
        if isinstance(cause, Unsent):
            return InteractionEnd(outcome, details)
        card = trouble.trouble(cause, reference=reference, place=place)
        try:
            if isinstance(error, ShownError):
                await error.show(card)
            else:
                await show_error(self._errors_to(cause), interaction, services, card)
        except Exception as unsaid:  # noqa: BLE001 - nothing may leave a listener
            details["status"] = slack_reason(unsaid)
        return InteractionEnd(outcome, details)

    async def _standing(self, interaction: Interaction, services: Services) -> Standing:
        # A modal must open within three seconds of the click: better refused than too late.
        hurry = (
            services.timeouts.trigger if self.errors_to in (ErrorTarget.MODAL, ErrorTarget.ON_TOP) else None
        )
        try:
            async with asyncio.timeout(hurry):
                return await services.people.standing(interaction.actor)
        except TimeoutError:
            return Standing.UNCHECKED

    def _errors_to(self, error: BaseException) -> ErrorTarget:
        return self._refusals_to() if isinstance(error, Unreadable) else self.errors_to

    def _refusals_to(self) -> ErrorTarget:
        # The card may be public: show the refusal privately and leave the card unchanged.
        return ErrorTarget.NEW_MESSAGE if self.errors_to is ErrorTarget.CARD else self.errors_to


@dataclass(frozen=True, slots=True)
class Invalid:
    """A form that is not filled in as it must be."""

    errors: Mapping[str, str]
    """The errors by block_id."""


@dataclass(frozen=True, slots=True)
class FormListener(Generic[T]):
    """A form that was submitted. It is parsed once, before the acknowledgement, which shows the errors."""

    action: str
    parse: Callable[[Interaction], T | Invalid]
    """Pure. Raises Unreadable on a form that this version of Maple did not make."""
    run: Callable[[Interaction, Services, T], Awaitable[None]]
    working: Callable[[Interaction], Mapping[str, Any]] | None = None
    """What the modal shows while the handler runs; without it the modal closes. Pure."""
    harmless: Callable[[Interaction], bool] = _never
    """See `Listener`."""
    kind: InteractionKind = InteractionKind.VIEW

    def bolt_listener(self, services: Services) -> BoltListener:
        async def listen(ack: AsyncAck, body: Mapping[str, Any]) -> None:
            started = time.perf_counter()
            interaction = read(InteractionKind.VIEW, body)
            try:
                form = self.parse(interaction)
            except Unreadable:
                card = trouble.refused(Refusal.UNREADABLE)
                await ack(response_action="update", view=surfaces.as_modal(card))
                end = InteractionEnd(InteractionOutcome.UNREADABLE)
                record(self.action, interaction, services, end, time.perf_counter() - started)
                return
            if isinstance(form, Invalid):
                await ack(response_action="errors", errors=dict(form.errors))
                services.metrics.interactions.labels(self.kind, self.action, InteractionOutcome.USER).inc()
                return
            if self.working:
                await ack(response_action="update", view=dict(self.working(interaction)))
            else:
                await ack()
            services.background.start(self._submitted(form).handle(interaction, services))

        return listen

    def _submitted(self, form: T) -> Listener:
        async def run(interaction: Interaction, services: Services) -> None:
            await self.run(interaction, services, form)

        errors_to = ErrorTarget.CURRENT_MODAL if self.working else ErrorTarget.DM
        return Listener(self.kind, self.action, run, errors_to, self.harmless)


@dataclass(frozen=True, slots=True)
class OptionsListener:
    """Options for a select, asked for while someone types. They go out with the acknowledgement."""

    action: str
    suggest: Suggest
    kind: InteractionKind = InteractionKind.OPTIONS

    def bolt_listener(self, services: Services) -> BoltListener:
        async def listen(ack: AsyncAck, body: Mapping[str, Any]) -> None:
            started = time.perf_counter()
            interaction = read(InteractionKind.OPTIONS, body)
            acting_for.set(interaction.actor.user)
            options: list[dict[str, Any]] | OptionGroup = []
            try:
                async with asyncio.timeout(services.timeouts.options):
                    standing = await services.people.standing(interaction.actor)
                    member = standing is Standing.MEMBER
                    options = await self.suggest(interaction, services) if member else []
                    end = InteractionEnd(InteractionOutcome.OK if member else InteractionOutcome.REFUSED)
            except TimeoutError:
                end = InteractionEnd(InteractionOutcome.SLOW, {"error": "TimeoutError"})
            except Exception as error:  # noqa: BLE001 - an empty list is the only thing a select can show
                details = {"error": error_name(error), "at": error_location(error)}
                end = InteractionEnd(classify(error), details)
            if isinstance(options, OptionGroup):
                await ack(option_groups=[options.drawn()])
            else:
                await ack(options=options)
            record(self.action, interaction, services, end, time.perf_counter() - started)

        return listen
