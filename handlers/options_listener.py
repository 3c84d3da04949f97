"""Options for a select, asked for while somebody types."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.access.people import Standing
from bot.autumn.shares import asker
from handlers.ending import End, Outcome, classify, name, record, where
from handlers.interaction import Ask, Kind, read
from handlers.listener import Listener
from handlers.services import Desk

Suggest = Callable[[Ask, Desk], Awaitable[list[dict[str, Any]]]]


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
            asker.set(ask.actor.user)
            options: list[dict[str, Any]] = []
            try:
                async with asyncio.timeout(desk.timings.options):
                    standing = await desk.people.standing(ask.actor)
                    member = standing is Standing.MEMBER
                    options = await self.suggest(ask, desk) if member else []
                    end = End(Outcome.OK if member else Outcome.REFUSED)
            except TimeoutError:
                end = End(Outcome.AUTUMN, {"error": "TimeoutError"})
            except Exception as error:  # noqa: BLE001 - an empty list is the only thing a select can show
                end = End(classify(error), {"error": name(error), "at": where(error)})
            await ack(options=options)
            record(self.action, ask, desk, end, time.perf_counter() - started)

        return listen
