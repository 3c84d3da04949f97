"""Whose turn it is on a card or a form: of several clicks that run at once, only the last may change it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import count
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from bot.store import latest
from bot.store.database import Database
from bot.work import Work

T = TypeVar("T")

Last = Callable[[], Awaitable[bool]]
"""Whether the click still is the last."""

_ANSWER = 0.5
"""Seconds that the database has to say which click was the last; then a replica goes by its own."""


class Turns:
    """`database`: of several replicas, which tells of each other's clicks; None where there is one."""

    def __init__(self, database: Database | None, work: Work, now: Callable[[], datetime]) -> None:
        self._database = database
        self._work = work
        self._now = now
        self._last: dict[str, int] = {}
        self._count = count()

    @asynccontextmanager
    async def take(self, card: str) -> AsyncIterator[Last]:
        """The latest turn on the card; what it gives tells whether it still is the latest."""
        mine = self._last[card] = next(self._count)
        shared = asyncio.create_task(self._take(card))

        async def last() -> bool:
            return self._last.get(card) == mine and await self._is_last(card, await shared)

        try:
            yield last
        finally:
            if self._last.get(card) == mine:
                del self._last[card]
            await shared

    async def _take(self, card: str) -> int | None:
        """The click's number among those of all replicas."""
        if self._database is None:
            return None
        return await self._asked(latest.take(self._database, card, self._now()))

    async def _is_last(self, card: str, number: int | None) -> bool:
        if self._database is None or number is None:
            return True
        return await self._asked(latest.is_last(self._database, card, number)) is not False

    async def _asked(self, question: Coroutine[Any, Any, T]) -> T | None:
        try:
            return await self._work.within(_ANSWER, question)
        except (SQLAlchemyError, OSError):
            return None
