import asyncio

import pytest

from bot.background import BackgroundTasks, Grace


async def test_drain_includes_work_started_by_work() -> None:
    work, done = BackgroundTasks(), []

    async def inner() -> None:
        await asyncio.sleep(0.001)
        done.append("inner")

    async def outer() -> None:
        await asyncio.sleep(0.001)
        work.start(inner())
        done.append("outer")

    work.start(outer())
    assert len(work) == 1
    assert await work.drain(10) == 0
    assert done == ["outer", "inner"]
    assert len(work) == 0


async def test_drain_cancels_slow_work() -> None:
    work, events = BackgroundTasks(), []

    async def long() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            events.append("cut")
            raise

    work.start(long())
    await asyncio.sleep(0.02)
    assert await work.drain(0.01) == 1
    assert events == ["cut"]


async def test_drain_without_work_returns() -> None:
    assert await BackgroundTasks().drain(1) == 0


async def test_pause_ends_with_its_time_or_when_work_is_drained() -> None:
    work, timed_out, drained = BackgroundTasks(), asyncio.Event(), asyncio.Event()

    async def gathering() -> None:
        await work.pause(0.001)
        timed_out.set()
        await work.pause(60)
        drained.set()

    work.start(gathering())
    async with asyncio.timeout(30):
        await timed_out.wait()
        assert not drained.is_set()
        assert await work.drain(30) == 0
    assert drained.is_set()
    paused = asyncio.create_task(work.pause(60))
    await asyncio.wait([paused], timeout=0.005)
    assert not paused.done(), "what is started later pauses again"
    paused.cancel()


async def test_unstarted_work_is_cancelled_too() -> None:
    work, begun = BackgroundTasks(), []

    async def job() -> None:
        begun.append(True)

    work.start(job())
    await asyncio.sleep(0)
    assert await work.drain(0) == 1
    assert not begun


async def test_jobs_begin_in_a_lull() -> None:
    work, begun = BackgroundTasks(), []

    async def job(number: int) -> None:
        begun.append(number)

    for number in range(10):
        work.start(job(number))
        await asyncio.sleep(0)
    assert begun == [], "more may be coming"
    assert await work.drain(10) == 0
    assert begun == list(range(10))


async def test_jobs_begin_without_a_lull_in_the_end() -> None:
    work, begun = BackgroundTasks(), []

    async def job() -> None:
        begun.append(True)

    async with asyncio.timeout(30):
        while not begun:
            work.start(job())
            await asyncio.sleep(0.0005)
    assert await work.drain(10) == 0


async def test_uncancellable_work_is_abandoned() -> None:
    work, done = BackgroundTasks(), []

    async def slow(fails: bool) -> str:
        await asyncio.sleep(0.05)
        done.append(fails)
        if fails:
            raise LookupError
        return "late"

    for fails in (True, False):
        with pytest.raises(TimeoutError):
            await work.within(0.001, slow(fails))
    assert await work.within(5, slow(False)) == "late"
    with pytest.raises(LookupError):
        await work.within(5, slow(True))
    assert await work.drain(10) == 0
    assert sorted(done) == [False, False, True, True]


async def test_parts_that_stop_share_one_grace() -> None:
    time = 100.0
    grace = Grace(25, clock=lambda: time)
    given: list[float] = []

    async def stop(seconds: float) -> None:
        given.append(seconds)

    grace.begin()
    for time in (100.0, 120.0, 130.0):  # noqa: B007 - the clock reads it
        await grace.share(stop)
    assert given == [25, 5, 0]
