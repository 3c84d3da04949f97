"""Publishes the changes of the workspace, so that nobody has to poll."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from sandbox.slack.model import Json

Kind = Literal["message", "message_changed", "message_deleted", "views", "home", "notice", "read", "quiet"]


@dataclass(frozen=True, slots=True)
class Change:
    kind: Kind
    data: Json
    channel: str | None = None
    only_for: str | None = None


class Feed:
    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Change | None]] = set()
        self._waiting: set[asyncio.Future[None]] = set()
        self.closed = False

    @property
    def subscribers(self) -> int:
        return len(self._queues)

    def publish(self, change: Change) -> None:
        for queue in self._queues:
            queue.put_nowait(change)
        self.wake()

    def wake(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def changed(self) -> None:
        """Waits for the next change."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await future
        finally:
            self._waiting.discard(future)

    def subscribe(self) -> asyncio.Queue[Change | None]:
        """A queue of changes. None means that the workspace closes."""
        queue: asyncio.Queue[Change | None] = asyncio.Queue()
        self._queues.add(queue)
        return queue

    def unsubscribe(self, queue: asyncio.Queue[Change | None]) -> None:
        self._queues.discard(queue)

    def close(self) -> None:
        self.closed = True
        for queue in self._queues:
            queue.put_nowait(None)
        self.wake()
