"""Whose turn it is on a card or a form: of several clicks that run at once, only the last may change it."""

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

Last = Callable[[], Awaitable[bool]]
"""Whether the click still is the last."""

_ANSWER = 0.5
"""Seconds that the database has to say which click was the last; then a replica goes by its own."""


class LatestClick:
    """`database`: of several replicas, which tells of each other's clicks; None where there is one."""

    def __init__(self, database: Database | None, work: BackgroundTasks, now: Callable[[], datetime]) -> None:
        self._database = database
        self._work = work
        self._now = now
        self._last: dict[str, datetime] = {}

    @asynccontextmanager
    async def take(self, card: str, clicked: datetime | None) -> AsyncIterator[Last]:
        """A turn on the card; what it gives tells whether it is that of the latest click.

        `clicked`: when that was, by Slack's clock; None: now.
        """
        mine = clicked or self._now()
        self._last[card] = max(mine, self._last.get(card, mine))
        noted = asyncio.create_task(self._note(card, mine))

        async def last() -> bool:
            await noted
            return self._last.get(card) == mine and await self._is_last(card, mine)

        try:
            yield last
        finally:
            await noted
            if self._last.get(card) == mine:
                del self._last[card]

    async def _note(self, card: str, clicked: datetime) -> None:
        if self._database is not None:
            await self._asked(last_click.note(self._database, card, clicked))

    async def _is_last(self, card: str, clicked: datetime) -> bool:
        if self._database is None:
            return True
        return await self._asked(last_click.is_last(self._database, card, clicked)) is not False

    async def _asked(self, question: Coroutine[Any, Any, T]) -> T | None:
        try:
            return await self._work.within(_ANSWER, question)
        except (SQLAlchemyError, OSError):
            return None
