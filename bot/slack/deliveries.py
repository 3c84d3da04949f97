"""Recognises deliveries that Slack repeats, over HTTP and Socket Mode, on whichever replica they arrive."""

import time
from collections.abc import Callable
from datetime import datetime

from cachetools import TTLCache
from sqlalchemy.exc import SQLAlchemyError

from bot.background import BackgroundTasks
from bot.store import deliveries
from bot.store.database import Database

_MOST = 10_000
_ANSWER = 0.5
"""Seconds the database has to answer where the delivery is handled in any case."""


class Deliveries:
    """A key is a trigger id or an event id; without one, every delivery counts as the first."""

    def __init__(
        self,
        database: Database,
        background: BackgroundTasks,
        now: Callable[[], datetime],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._background = background
        self._now = now
        self._seen: TTLCache[str, None] = TTLCache(_MOST, deliveries.REMEMBERED.total_seconds(), timer=clock)

    async def first(self, key: str) -> bool:
        """Whether this delivery was not taken before. Raises what the database driver does."""
        return not key or await deliveries.first_time(self._database, key, self._now())

    async def again(self, key: str) -> None:
        """The work for this key had no effect: the next delivery counts as the first."""
        await deliveries.forget_one(self._database, key)

    async def probably_first(self, key: str) -> bool:
        """The same as far as it is known here, and by the other replicas if the database answers soon.

        Never raises: an unanswered question counts as yes.
        """
        if key in self._seen:
            return False
        if key:
            self._seen[key] = None
        if self._database.sqlite:
            # One process only.
            return True
        try:
            return await self._background.within(_ANSWER, self.first(key))
        except (SQLAlchemyError, OSError):
            return True
