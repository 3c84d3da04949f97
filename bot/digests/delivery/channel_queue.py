"""Whose turn it is to post, so that Slack need not say that it is too fast."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class ChannelQueue:
    """One at a time in a channel. `channel`, `overall`: seconds between two posts there, and anywhere.

    Holds for this process. Where several post at once Slack may say that it is too much after all: then
    they wait, as it says.
    """

    def __init__(
        self,
        *,
        channel: float,
        overall: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._channel = channel
        self._overall = overall
        self._clock = clock
        self._sleep = sleep
        self._free = float("-inf")
        self._posted: dict[str, float] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, channel: str) -> AsyncIterator[None]:
        """The block has its turn in this channel; it begins when a post may go out."""
        lock = self._locks.setdefault(channel, asyncio.Lock())
        async with lock:
            # First until the channel is free: who waits for that holds nobody else up.
            await self._until(self._posted.get(channel, float("-inf")) + self._channel)
            slot = max(self._clock(), self._free)
            self._free = slot + self._overall
            await self._until(slot)
            try:
                yield
            finally:
                self._forget()
                self._posted[channel] = self._clock()

    async def _until(self, when: float) -> None:
        wait = when - self._clock()
        if wait > 0:
            await self._sleep(wait)

    def _forget(self) -> None:
        """Channels that are free again anyway."""
        before = self._clock() - self._channel
        self._posted = {channel: at for channel, at in self._posted.items() if at > before}
