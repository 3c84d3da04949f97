import asyncio

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.store.write_queue import WriteQueue


async def write(queue: WriteQueue, seconds: float = 0) -> None:
    async with queue.turn():
        queue.begun()
        await asyncio.sleep(seconds)


async def test_writer_waits_while_others_progress() -> None:
    queue = WriteQueue(patience=0.5)
    await asyncio.gather(*(write(queue, 0.1) for _ in range(10)))


async def test_writer_gives_up_when_nothing_moves() -> None:
    queue = WriteQueue(patience=0.1)
    async with queue.turn():
        with pytest.raises(PoolTimeout):
            await write(queue)
    await write(queue)


async def test_cancelled_writer_leaves_the_queue() -> None:
    queue = WriteQueue(patience=10)
    async with queue.turn():
        first, second = asyncio.create_task(write(queue)), asyncio.create_task(write(queue))
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert not second.done()
    await second


@pytest.mark.parametrize("steps", range(8))
async def test_turn_is_never_lost_wherever_its_writer_is_cancelled(steps: int) -> None:
    queue = WriteQueue(patience=10)
    async with queue.turn():
        cancelled = asyncio.create_task(write(queue))
        await asyncio.sleep(0)
    for _ in range(steps):
        await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.wait({cancelled})
    async with asyncio.timeout(30):
        await write(queue)
