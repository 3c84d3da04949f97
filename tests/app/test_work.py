import asyncio

from bot.work import Work


async def test_drains_what_was_started_and_what_that_starts() -> None:
    work, done = Work(), []

    async def inner() -> None:
        await asyncio.sleep(0.001)
        done.append("inner")

    async def outer() -> None:
        await asyncio.sleep(0.001)
        work.start(inner())
        done.append("outer")

    work.start(outer())
    assert len(work) == 1
    assert await work.drain(5) == 0
    assert done == ["outer", "inner"]
    assert len(work) == 0


async def test_cuts_off_what_takes_too_long() -> None:
    work, told = Work(), []

    async def long() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            told.append("cut")
            raise

    work.start(long())
    await asyncio.sleep(0)
    assert await work.drain(0.01) == 1
    assert told == ["cut"]


async def test_nothing_to_drain() -> None:
    assert await Work().drain(1) == 0
