"""Of several clicks on one card or form that run at once, only the latest may redraw it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from bot.background import BackgroundTasks
from bot.store import last_click
from bot.store.database import Database

T = TypeVar("T")

IsLatest = Callable[[], Awaitable[bool]]
"""Whether the click is still the latest."""

_ANSWER = 0.5
"""Seconds the database has to say which click was the latest; then a replica goes by its own clicks."""


class LatestClick:
    """`database`: where replicas tell each other of their clicks; None if there is only one."""

    def __init__(
        self, database: Database | None, background: BackgroundTasks, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._background = background
        self._now = now
        self._latest: dict[str, datetime] = {}

    @asynccontextmanager
    async def handling(self, card: str, clicked: datetime | None) -> AsyncIterator[IsLatest]:
        """While a click on the card is handled; yields whether it is still the latest.

        `clicked`: when, by Slack's clock; None: now.
        """
        clicked_at = clicked or self._now()
        self._latest[card] = max(clicked_at, self._latest.get(card, clicked_at))
        noted = asyncio.create_task(self._note(card, clicked_at))

        async def is_latest() -> bool:
            await noted
            return self._latest.get(card) == clicked_at and await self._is_latest(card, clicked_at)

        try:
            yield is_latest
        finally:
            await noted
            if self._latest.get(card) == clicked_at:
                del self._latest[card]

    async def _note(self, card: str, clicked: datetime) -> None:
        if self._database is not None:
            await self._within_time(last_click.note(self._database, card, clicked))

    async def _is_latest(self, card: str, clicked: datetime) -> bool:
        if self._database is None:
            return True
        return await self._within_time(last_click.is_last(self._database, card, clicked)) is not False

    async def _within_time(self, question: Coroutine[Any, Any, T]) -> T | None:
        try:
            return await self._background.within(_ANSWER, question)
        except (SQLAlchemyError, OSError):
            return None
