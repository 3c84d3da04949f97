"""Tells of batches as they change, so that their cards are redrawn: every couple of seconds at most."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from bot.batches import repository
from bot.log import log
from bot.store.database import Database

Notify: TypeAlias = Callable[[str, int], Awaitable[None]]
"""Redraws the cards of the batch with this id, which is at this revision."""


class Redraws:
    """`every`: seconds between redraws of one batch."""

    def __init__(self, database: Database, notify: Notify, *, every: float) -> None:
        self._database = database
        self._notify = notify
        self._every = every
        self._due: set[str] = set()
        self._drawing: dict[str, asyncio.Task[None]] = {}

    def changed(self, batch_id: str) -> None:
        """Something of it is another than is shown; it is drawn soon, and again after the last change."""
        self._due.add(batch_id)
        if batch_id not in self._drawing:
            drawing = asyncio.create_task(self._draw(batch_id))
            self._drawing[batch_id] = drawing
            drawing.add_done_callback(lambda _: self._drawing.pop(batch_id, None))

    async def now(self, batch_id: str) -> None:
        """Draws it, without waiting. Never raises: the ticker draws later what could not be drawn."""
        self._due.discard(batch_id)
        try:
            await self._notify(batch_id, await repository.revision(self._database, batch_id))
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in Slack must not stop the batch
            log.warning("batch not shown", error=type(error).__name__, reference=batch_id)

    async def aclose(self) -> None:
        for drawing in self._drawing.values():
            drawing.cancel()
        await asyncio.gather(*self._drawing.values(), return_exceptions=True)

    async def _draw(self, batch_id: str) -> None:
        while batch_id in self._due:
            await self.now(batch_id)
            await asyncio.sleep(self._every)
