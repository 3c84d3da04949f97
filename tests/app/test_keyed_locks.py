import asyncio

import pytest

from bot.background import KeyedLocks


async def test_work_for_one_key_is_sequential() -> None:
    locks, inside, most = KeyedLocks[str](), {"a": 0, "b": 0}, {"a": 0, "b": 0}

    async def work(key: str) -> None:
        async with locks.within(key, 10):
            inside[key] += 1
            most[key] = max(most[key], inside[key])
            await asyncio.sleep(0)
            inside[key] -= 1

    await asyncio.gather(*(work(key) for key in "ab" * 20))
    assert most == {"a": 1, "b": 1}


async def test_different_keys_do_not_wait_for_each_other() -> None:
    locks = KeyedLocks[int]()
    async with locks.of(1), asyncio.timeout(30), locks.of(2):
        pass


async def test_waiter_continues_after_the_timeout() -> None:
    locks = KeyedLocks[int]()
    async with locks.of(1):
        async with locks.within(1, 0):
            pass
        assert locks.of(1).locked()
    assert not locks.of(1).locked()


async def test_lock_is_released_after_an_error() -> None:
    locks = KeyedLocks[int]()
    with pytest.raises(ValueError, match="inside"):
        async with locks.within(1, 10):
            raise ValueError("inside")
    assert not locks.of(1).locked()
