import asyncio
import gc
import weakref

from bot import gc_tuning


class Loop:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.itself = self


def unreachable_loop() -> weakref.ref[Loop]:
    return weakref.ref(Loop())


def is_tracked(loop: Loop) -> bool:
    return any(candidate is loop for candidate in gc.get_objects())


async def is_collected(garbage: weakref.ref[Loop], *, rounds: int = 50) -> bool:
    for _ in range(rounds):
        if garbage() is None:
            return True
        await asyncio.sleep(0.001)
    return False


async def test_garbage_is_collected_in_a_quiet_moment() -> None:
    busy = True
    async with gc_tuning.tidied(lambda: busy, every=0.001):
        garbage = unreachable_loop()
        assert not await is_collected(garbage)
        busy = False
        assert await is_collected(garbage)


async def test_garbage_is_collected_after_a_while_at_the_latest() -> None:
    async with gc_tuning.tidied(lambda: True, every=0.001, at_the_latest=0.003):
        assert await is_collected(unreachable_loop())


async def test_collector_settings_are_restored() -> None:
    before, loop = gc.get_threshold(), Loop()
    assert is_tracked(loop)
    async with gc_tuning.tidied(lambda: True):
        assert gc.get_threshold() != before
        assert not is_tracked(loop)
    assert gc.get_threshold() == before
