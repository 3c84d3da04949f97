"""Work that goes on after Slack was answered, kept in view so that a stop can wait for it."""

import asyncio
from collections import deque
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_TICK = 0.002
_MOST_TICKS = 60
_PORTION = 4


class BackgroundTasks:
    """Jobs begin in a lull, and a few at a time: in a burst of requests the acknowledgements go out first.

    A lull is a tick (2 ms) in which nothing came; after 60 ticks without one, jobs begin all the same.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: deque[asyncio.Event] = deque()
        self._came = 0
        self._giving: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, job: Coroutine[Any, Any, None]) -> None:
        """Runs the job in the background. It must not raise: nobody is left to tell."""
        self._keep(self._in_turn(job))

    async def within(self, seconds: float, job: Coroutine[Any, Any, T]) -> T:
        """What the job comes to. Raises TimeoutError past the time; the job is left to itself then, as for a
        transaction, which is not to be broken off."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        # At once: whoever waits has had a turn.
        self._keep(_answer(answer, job))
        async with asyncio.timeout(seconds):
            return await answer

    async def turn(self) -> None:
        """Waits for a good moment to do something that many may want to do at once."""
        turn = asyncio.Event()
        self._waiting.append(turn)
        self._came += 1
        if self._giving is None or self._giving.done():
            self._giving = asyncio.create_task(self._give_turns())
        await turn.wait()

    async def drain(self, seconds: float) -> int:
        """Waits for all jobs, those they start included; cancels what is left. How many were cut off."""
        deadline = asyncio.get_running_loop().time() + seconds
        while self._tasks and (left := deadline - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(set(self._tasks), timeout=left)
        late = set(self._tasks)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return len(late)

    def _keep(self, job: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(job)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _in_turn(self, job: Coroutine[Any, Any, None]) -> None:
        try:
            await self.turn()
        except asyncio.CancelledError:
            job.close()
            raise
        await job

    async def _give_turns(self) -> None:
        ticks = 0
        while self._waiting:
            seen = self._came
            await asyncio.sleep(_TICK)
            ticks = ticks + 1 if self._came != seen else _MOST_TICKS
            if ticks >= _MOST_TICKS:
                for _ in range(min(_PORTION, len(self._waiting))):
                    self._waiting.popleft().set()


async def _answer(answer: asyncio.Future[T], job: Coroutine[Any, Any, T]) -> None:
    try:
        found = await job
    except Exception as error:  # noqa: BLE001 - it is for whoever waits
        if not answer.done():
            answer.set_exception(error)
    else:
        if not answer.done():
            answer.set_result(found)
