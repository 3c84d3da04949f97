"""Spaces the posts of digests and alerts out, so that Slack need not refuse any for coming too fast."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from bot.background import KeyedLocks


@dataclass(frozen=True, slots=True)
class PostTimeouts:
    """How long the steps of posts may take that are delivered from the database. In seconds; tests shorten
    them."""

    lease: float = 60.0
    """A process that has not renewed its lease for this long is considered dead. Far longer than `call`."""
    call: float = 10.0
    """For one post, from when it is marked as about to be sent."""
    channel: float = 1.05
    """Between two posts into one channel. Slack takes about one a second."""
    overall: float = 0.1
    """Between two posts anywhere. Slack takes some hundred a minute."""
    again: float = 60.0
    """Before the next attempt when Autumn or Slack fails; doubles each time."""
    longest: float = 600.0
    """The longest such wait."""
    doubt: float = 15.0
    """Wait before looking for a post that may have gone out: the request may still be on its way to Slack."""

    @property
    def lease_time(self) -> timedelta:
        return timedelta(seconds=self.lease)

    def wait(self, tries: int, first: float = 0.0) -> float:
        """Seconds before the next attempt, after `tries`. `first`: after the first one; `again` unless
        given."""
        return min((first or self.again) * 2.0 ** min(max(tries, 1) - 1, 16), self.longest)


class ChannelQueue:
    """One post at a time in a channel. `channel`, `overall`: seconds between two posts there, and anywhere.

    Covers this process only. With several, Slack may still refuse a post, which then waits as long as Slack
    says.
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
        self._next_slot = float("-inf")
        self._last_post: dict[str, float] = {}
        self._turns = KeyedLocks[str]()

    @asynccontextmanager
    async def turn(self, channel: str) -> AsyncIterator[None]:
        """Waits until a post may go to this channel; no other goes there before the block ends."""
        async with self._turns.of(channel):
            # Wait for the channel before taking a global slot, so a busy channel doesn't block others.
            await self._until(self._last_post.get(channel, float("-inf")) + self._channel)
            slot = max(self._clock(), self._next_slot)
            self._next_slot = slot + self._overall
            await self._until(slot)
            try:
                yield
            finally:
                self._forget()
                self._last_post[channel] = self._clock()

    async def _until(self, when: float) -> None:
        wait = when - self._clock()
        if wait > 0:
            await self._sleep(wait)

    def _forget(self) -> None:
        """Drops channels that are free again."""
        before = self._clock() - self._channel
        self._last_post = {channel: at for channel, at in self._last_post.items() if at > before}
