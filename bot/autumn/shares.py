"""Fair queueing of requests to Autumn, so that one person's hundreds of requests delay nobody else.

Each person has a queue for turns and one for connections, and the queues are served round-robin.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from math import inf

from bot.autumn.throttle import RateGroup, SharedRate

acting_for: ContextVar[str] = ContextVar("acting_for", default="")
"""The person a request is made for; empty for Maple's own."""

_AHEAD = 2
"""Turns requested at a time. Turns are granted in the order of the requests, so everything else waits here.
Two, because asking the database for one takes a moment."""


class FairQueue:
    """A semaphore that serves the people waiting for it round-robin."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._inside = 0
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def idle(self) -> bool:
        return not self._inside and not self._waiting

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        await self._enter()
        try:
            yield
        finally:
            self._leave()

    async def _enter(self) -> None:
        if self._inside < self._at_once and not self._waiting:
            self._inside += 1
            return
        let_in: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(acting_for.get(), deque()).append(let_in)
        try:
            await let_in
        except asyncio.CancelledError:
            if let_in.done() and not let_in.cancelled():
                self._leave()  # admitted in the moment it was cancelled
            raise

    def _leave(self) -> None:
        while self._waiting:
            who, line = self._waiting.popitem(last=False)
            next_in = line.popleft()
            if line:
                self._waiting[who] = line  # to the end of the round
            if not next_in.done():
                next_in.set_result(None)
                return
        self._inside -= 1


class FairRate:
    """A rate limit whose turns are shared fairly."""

    def __init__(self, rate: SharedRate) -> None:
        self._rate = rate
        self._lines: dict[tuple[RateGroup, str], FairQueue] = {}

    async def turn(self, group: RateGroup, customer_id: str = "", *, within: float = inf) -> None:
        """Like `SharedRate.turn`."""
        if group is RateGroup.CHECK:
            await self._rate.turn(group, customer_id, within=within)
            return
        loop = asyncio.get_running_loop()
        latest = loop.time() + within
        key = (group, customer_id if group is RateGroup.EVENTS else "")
        line = self._lines.setdefault(key, FairQueue(_AHEAD))
        try:
            async with line.slot():
                await self._rate.turn(group, customer_id, within=latest - loop.time())
        finally:
            if line.idle:
                self._lines.pop(key, None)
