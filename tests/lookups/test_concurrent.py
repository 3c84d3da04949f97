import asyncio

import pytest

from bot.autumn.errors import TimedOut, Unreachable
from bot.lookups.concurrent import attempt, meanwhile


async def answer(value: int) -> int:
    return value


async def fail_at_autumn() -> int:
    raise Unreachable("no")


async def fail_by_mistake() -> int:
    raise ZeroDivisionError


async def test_autumn_error_is_the_result_of_a_failed_reading() -> None:
    assert await attempt(lambda: answer(1)) == 1
    assert isinstance(await attempt(fail_at_autumn), Unreachable)
    with pytest.raises(ZeroDivisionError):
        await attempt(fail_by_mistake)


async def test_slow_reading_times_out() -> None:
    assert await attempt(lambda: answer(1), within=1) == 1
    assert isinstance(await attempt(lambda: asyncio.sleep(60), within=0.001), TimedOut)


async def test_reading_and_block_run_at_the_same_time() -> None:
    started = asyncio.Event()

    async def other() -> int:
        started.set()
        return 2

    async with meanwhile(other()) as reading:
        await started.wait()
        assert await reading == 2


async def test_reading_stops_when_its_block_fails() -> None:
    with pytest.raises(Unreachable):
        async with meanwhile(asyncio.sleep(60)) as reading:
            await fail_at_autumn()
    assert reading.cancelled()


async def test_unawaited_reading_ends_with_its_block() -> None:
    async with meanwhile(asyncio.sleep(60)) as reading:
        pass
    assert reading.cancelled()
    async with meanwhile(fail_at_autumn()) as failing:
        await asyncio.sleep(0)
    assert isinstance(failing.exception(), Unreachable)


async def test_reading_stopped_before_it_began_leaves_nothing_behind() -> None:
    with pytest.raises(ZeroDivisionError):
        async with meanwhile(attempt(lambda: answer(1), within=1)):
            raise ZeroDivisionError
