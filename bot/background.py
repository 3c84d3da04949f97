"""What one process does besides answering Slack: jobs that a shutdown waits for, locks by key, and whether
the background parts still make progress."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Hashable
from contextlib import asynccontextmanager, suppress
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

from bot.metrics import Metrics

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

_TICK = 0.002
_MOST_TICKS = 60
_PORTION = 4


class BackgroundTasks:
    """Jobs begin in a lull, and a few at a time: in a burst of requests the acknowledgements go out first.

    A lull is a tick (2 ms) in which nothing came; after 60 ticks without one, jobs begin anyway.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: deque[asyncio.Event] = deque()
        self._came = 0
        self._giving: asyncio.Task[None] | None = None
        self._draining = asyncio.Event()

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, job: Coroutine[Any, Any, None]) -> None:
        """Runs the job in the background. It must not raise: nothing would report it."""
        self._keep(self._in_turn(job))

    async def within(self, seconds: float, job: Coroutine[Any, Any, T]) -> T:
        """The job's result. Raises TimeoutError after `seconds`, but lets the job finish: a transaction must
        not be interrupted."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        # Not queued: the caller has already had a turn.
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

    async def pause(self, seconds: float) -> None:
        """For a job that waits for more to do: `drain` ends it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._draining.wait()

    async def drain(self, seconds: float) -> int:
        """Waits for all jobs, including those they start; cancels what is left. Returns how many were
        cancelled."""
        deadline = asyncio.get_running_loop().time() + seconds
        self._draining.set()
        while self._tasks and (left := deadline - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(set(self._tasks), timeout=left)
        late = set(self._tasks)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        self._draining.clear()
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
            came_before = self._came
            await asyncio.sleep(_TICK)
            ticks = ticks + 1 if self._came != came_before else _MOST_TICKS
            if ticks >= _MOST_TICKS:
                for _ in range(min(_PORTION, len(self._waiting))):
                    self._waiting.popleft().set()


async def _answer(answer: asyncio.Future[T], job: Coroutine[Any, Any, T]) -> None:
    try:
        result = await job
    except Exception as error:  # noqa: BLE001 - it is for the caller
        if not answer.done():
            answer.set_exception(error)
    else:
        if not answer.done():
            answer.set_result(result)


class KeyedLocks(Generic[K]):
    """Locks by key, within this process."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[K, asyncio.Lock] = WeakValueDictionary()

    def of(self, key: K) -> asyncio.Lock:
        """The lock of a key; dropped once nobody holds it or waits for it."""
        return self._locks.setdefault(key, asyncio.Lock())

    @asynccontextmanager
    async def within(self, key: K, seconds: float) -> AsyncIterator[None]:
        """Takes the lock, or goes on without it after `seconds`: it saves wasted work, and guards nothing."""
        lock = self.of(key)
        try:
            async with asyncio.timeout(seconds):
                await lock.acquire()
        except TimeoutError:
            yield
            return
        try:
            yield
        finally:
            lock.release()


class Grace:
    """The seconds that all parts of a stop share, though they stop one after another."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._ends: float | None = None

    def begin(self) -> float:
        """When it ends: it has begun already, or begins now."""
        if self._ends is None:
            self._ends = self._clock() + self._seconds
        return self._ends

    async def share(self, stop: Callable[[float], Awaitable[T]]) -> T:
        """Stops a part, within the seconds that are left."""
        return await stop(max(0.0, self.begin() - self._clock()))


class Supervision:
    """A part that has made no progress for `patience` seconds is stuck, whatever it is waiting for."""

    def __init__(
        self, metrics: Metrics, *, patience: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._metrics = metrics
        self._patience = patience
        self._clock = clock
        self._moved: dict[str, float] = {}

    def moved(self, part: str) -> None:
        """It got something done, found nothing to do, or is starting."""
        if part not in self._moved:
            self._metrics.background_idle.labels(part).set_function(lambda: self._idle(part))
        self._moved[part] = self._clock()

    def stuck(self) -> list[str]:
        return [part for part in self._moved if self._idle(part) >= self._patience]

    def _idle(self, part: str) -> float:
        return self._clock() - self._moved[part]
