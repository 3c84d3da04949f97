import asyncio

import pytest

from bot.autumn.cache import Cached


class Source:
    def __init__(self) -> None:
        self.reads = 0
        self.open = asyncio.Event()
        self.error: Exception | None = None

    async def read(self) -> int:
        self.reads += 1
        number = self.reads
        await self.open.wait()
        if self.error is not None:
            raise self.error
        return number


async def test_concurrent_reads_share_one_call() -> None:
    source = Source()
    cached = Cached(source.read, seconds=60)
    asking = asyncio.gather(*(cached.get() for _ in range(50)))
    await asyncio.sleep(0)
    source.open.set()
    assert await asking == [1] * 50
    assert await cached.get() == 1


async def test_expired_value_is_read_again() -> None:
    source = Source()
    source.open.set()
    cached = Cached(source.read, seconds=-1)
    assert [await cached.get(), await cached.get()] == [1, 2]


async def test_failure_is_not_cached() -> None:
    source = Source()
    source.open.set()
    source.error = ValueError("no")
    cached = Cached(source.read, seconds=60)
    with pytest.raises(ValueError, match="no"):
        await cached.get()
    source.error = None
    assert await cached.get() == 2


async def test_cancelled_reader_does_not_stop_the_others() -> None:
    source = Source()
    cached = Cached(source.read, seconds=60)
    impatient, patient = asyncio.create_task(cached.get()), asyncio.create_task(cached.get())
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.wait([impatient])
    source.open.set()
    assert await patient == 1


async def test_closing_stops_a_read() -> None:
    cached = Cached(Source().read, seconds=60)
    await cached.aclose()
    asking = asyncio.create_task(cached.get())
    await asyncio.sleep(0)
    await cached.aclose()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await cached.aclose()


async def test_latest_value_is_refreshed_in_the_background() -> None:
    source = Source()
    cached = Cached(source.read, seconds=60)
    assert [cached.latest(within=60), cached.latest(within=60)] == [None, None]
    source.open.set()
    assert await cached.get() == 1
    assert cached.latest(within=60) == 1
    assert source.reads == 1


async def test_fresh_value_becomes_the_latest() -> None:
    source = Source()
    source.open.set()
    cached = Cached(source.read, seconds=60)
    assert [await cached.read_now(), await cached.read_now()] == [1, 2]
    assert cached.latest(within=60) == 2
    assert await cached.get() == 2
    assert source.reads == 2


async def test_expired_latest_value_is_unknown() -> None:
    source = Source()
    source.open.set()
    cached = Cached(source.read, seconds=-1)
    await cached.read_now()
    assert cached.latest(within=60) == 1, "known while it is read again"
    assert cached.latest(within=-1) is None
    assert await cached.get() == 2


async def test_failing_refresh_is_not_repeated_at_once() -> None:
    source = Source()
    source.open.set()
    source.error = ValueError("no")
    cached = Cached(source.read, seconds=60)
    with pytest.raises(ValueError, match="no"):
        await cached.get()
    assert [cached.latest(within=60), cached.latest(within=60)] == [None, None]
    assert source.reads == 1
    await cached.aclose()
