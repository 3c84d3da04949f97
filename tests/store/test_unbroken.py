import asyncio
import gc
import random
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.store.database import Database, unbroken


async def test_cancelled_transaction_leaves_no_lock(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/maple.db", patience=1)
    chance = random.Random(1)  # noqa: S311 - nothing secret

    @unbroken
    async def write() -> None:
        async with database.writing() as connection:
            await connection.execute(text("SELECT 1"))

    for _ in range(50):
        task = asyncio.create_task(write())
        await asyncio.sleep(chance.random() * 0.004)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await write()
    await database.aclose()


async def test_transaction_finishes_however_often_it_is_cancelled() -> None:
    gate, done = asyncio.Event(), asyncio.Event()

    @unbroken
    async def wait() -> None:
        await gate.wait()
        done.set()

    task = asyncio.create_task(wait())
    for _ in range(3):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done.is_set()


async def test_error_of_a_cancelled_transaction_is_retrieved() -> None:
    gate = asyncio.Event()
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))

    @unbroken
    async def fail() -> None:
        await gate.wait()
        raise LookupError

    task = asyncio.create_task(fail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gate.set()
    await asyncio.wait([task])
    assert task.cancelled()
    del task
    gc.collect(1)  # what was made just now
    assert complaints == []


async def test_transaction_that_is_cancelled_from_within_is_cancelled() -> None:
    gate = asyncio.Event()

    @unbroken
    async def stop() -> None:
        await gate.wait()
        raise asyncio.CancelledError

    task = asyncio.create_task(stop())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_result_and_error_are_passed_on() -> None:
    @unbroken
    async def answer(value: int) -> int:
        if value < 0:
            raise LookupError(value)
        return value

    assert await answer(3) == 3
    with pytest.raises(LookupError):
        await answer(-1)
