"""Options for a select, asked for while somebody types."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.access.people import Standing
from bot.autumn.shares import asker
from handlers.ending import InteractionEnd, InteractionOutcome, classify, name, record, where
from handlers.interaction import Interaction, InteractionKind, read
from handlers.listener import BoltListener
from handlers.services import Services

Suggest = Callable[[Interaction, Services], Awaitable[list[dict[str, Any]]]]


@dataclass(frozen=True, slots=True)
class OptionsListener:
    """Options for a select, asked for while somebody types. They go out with the acknowledgement."""

    action: str
    suggest: Suggest
    kind: InteractionKind = InteractionKind.OPTIONS

    def listener(self, services: Services) -> BoltListener:
        async def listen(ack: AsyncAck, body: Mapping[str, Any]) -> None:
            started = time.perf_counter()
            interaction = read(InteractionKind.OPTIONS, body)
            asker.set(interaction.actor.user)
            options: list[dict[str, Any]] = []
            try:
                async with asyncio.timeout(services.timings.options):
                    standing = await services.people.standing(interaction.actor)
                    member = standing is Standing.MEMBER
                    options = await self.suggest(interaction, services) if member else []
                    end = InteractionEnd(InteractionOutcome.OK if member else InteractionOutcome.REFUSED)
            except TimeoutError:
                end = InteractionEnd(InteractionOutcome.AUTUMN, {"error": "TimeoutError"})
            except Exception as error:  # noqa: BLE001 - an empty list is the only thing a select can show
                end = InteractionEnd(classify(error), {"error": name(error), "at": where(error)})
            await ack(options=options)
            record(self.action, interaction, services, end, time.perf_counter() - started)

        return listen
