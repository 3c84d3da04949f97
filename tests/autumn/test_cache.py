import asyncio

import pytest

from bot.autumn.cache import Cached


class Source:
    def __init__(self) -> None:
        self.asked = 0
        self.open = asyncio.Event()
        self.error: Exception | None = None

    async def read(self) -> int:
        self.asked += 1
        number = self.asked
        await self.open.wait()
        if self.error is not None:
            raise self.error
        return number


async def test_concurrent_reads_share_one_call() -> None:
    source = Source()
    kept = Cached(source.read, seconds=60)
    asking = asyncio.gather(*(kept.get() for _ in range(50)))
    await asyncio.sleep(0)
    source.open.set()
    assert await asking == [1] * 50
    assert await kept.get() == 1


async def test_expired_value_is_read_again() -> None:
    source = Source()
    source.open.set()
    kept = Cached(source.read, seconds=-1)
    assert [await kept.get(), await kept.get()] == [1, 2]


async def test_failure_is_not_cached() -> None:
    source = Source()
    source.open.set()
    source.error = ValueError("no")
    kept = Cached(source.read, seconds=60)
    with pytest.raises(ValueError, match="no"):
        await kept.get()
    source.error = None
    assert await kept.get() == 2


async def test_cancelled_reader_does_not_stop_the_others() -> None:
    source = Source()
    kept = Cached(source.read, seconds=60)
    impatient, patient = asyncio.create_task(kept.get()), asyncio.create_task(kept.get())
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.wait([impatient])
    source.open.set()
    assert await patient == 1


async def test_closing_stops_a_read() -> None:
    kept = Cached(Source().read, seconds=60)
    await kept.aclose()
    asking = asyncio.create_task(kept.get())
    await asyncio.sleep(0)
    await kept.aclose()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await kept.aclose()


async def test_latest_value_is_refreshed_in_the_background() -> None:
    source = Source()
    kept = Cached(source.read, seconds=60)
    assert [kept.latest(within=60), kept.latest(within=60)] == [None, None]
    source.open.set()
    assert await kept.get() == 1
    assert kept.latest(within=60) == 1
    assert source.asked == 1


async def test_fresh_value_becomes_the_latest() -> None:
    source = Source()
    source.open.set()
    kept = Cached(source.read, seconds=60)
    assert [await kept.read_now(), await kept.read_now()] == [1, 2]
    assert kept.latest(within=60) == 2
    assert await kept.get() == 2
    assert source.asked == 2


async def test_expired_latest_value_is_unknown() -> None:
    source = Source()
    source.open.set()
    kept = Cached(source.read, seconds=-1)
    await kept.read_now()
    assert kept.latest(within=60) == 1, "known while it is read again"
    assert kept.latest(within=-1) is None
    assert await kept.get() == 2


async def test_failing_refresh_is_not_repeated_at_once() -> None:
    source = Source()
    source.open.set()
    source.error = ValueError("no")
    kept = Cached(source.read, seconds=60)
    with pytest.raises(ValueError, match="no"):
        await kept.get()
    assert [kept.latest(within=60), kept.latest(within=60)] == [None, None]
    assert source.asked == 1
    await kept.aclose()
