import asyncio

import pytest

from bot.autumn.throttle import Limits, RateGroup, Throttle


async def admitted_at_once(throttle: Throttle, group: RateGroup, customer_id: str = "") -> int:
    """How many of ten callers are admitted at once."""
    turns = [asyncio.create_task(throttle.turn(group, customer_id)) for _ in range(10)]
    done, waiting = await asyncio.wait(turns, timeout=0.005)
    for turn in waiting:
        turn.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    return len(done)


SLOW = Limits(general=2, customers_list=3, events_per_customer=1)


@pytest.mark.parametrize(
    ("group", "expected"),
    [(RateGroup.GENERAL, 2), (RateGroup.CUSTOMERS_LIST, 3), (RateGroup.EVENTS, 1), (RateGroup.CHECK, 10)],
)
async def test_each_group_has_its_own_rate(group: RateGroup, expected: int) -> None:
    throttle = Throttle(SLOW)
    assert await admitted_at_once(throttle, group) == expected


async def test_groups_have_separate_rates() -> None:
    throttle = Throttle(SLOW)
    assert [await admitted_at_once(throttle, group) for group in RateGroup] == [2, 3, 1, 10]


async def test_events_are_limited_per_customer() -> None:
    throttle = Throttle(SLOW)
    assert await admitted_at_once(throttle, RateGroup.EVENTS, "cus_1") == 1
    assert await admitted_at_once(throttle, RateGroup.EVENTS, "cus_2") == 1
    assert await admitted_at_once(throttle, RateGroup.EVENTS, "cus_1") == 0


async def test_rate_below_one_per_second_still_lets_one_through() -> None:
    throttle = Throttle(Limits(general=0.1))
    assert await admitted_at_once(throttle, RateGroup.GENERAL) == 1


async def test_customers_in_memory_are_bounded() -> None:
    throttle = Throttle(SLOW)
    await throttle.turn(RateGroup.EVENTS, "first")
    for number in range(1000):
        await throttle.turn(RateGroup.EVENTS, f"cus_{number}")
    assert await admitted_at_once(throttle, RateGroup.EVENTS, "cus_999") == 0
    assert await admitted_at_once(throttle, RateGroup.EVENTS, "first") == 1


async def test_waiting_callers_are_served() -> None:
    throttle = Throttle(Limits(general=200))
    async with asyncio.timeout(30):
        await asyncio.gather(*(throttle.turn(RateGroup.GENERAL) for _ in range(205)))


@pytest.mark.parametrize(
    ("waiting", "within", "refused"), [(0, 0.4, True), (0, 0.5, False), (1, 0.9, True), (1, 1.0, False)]
)
async def test_turn_is_refused_at_once_if_it_may_take_too_long(
    waiting: int, within: float, *, refused: bool
) -> None:
    throttle = Throttle(Limits(general=2))
    await admitted_at_once(throttle, RateGroup.GENERAL)
    ahead = [asyncio.create_task(throttle.turn(RateGroup.GENERAL)) for _ in range(waiting)]
    turn = asyncio.create_task(throttle.turn(RateGroup.GENERAL, within=within))
    await asyncio.wait([turn], timeout=0.005)
    assert turn.done() is refused
    if refused:
        assert isinstance(turn.exception(), TimeoutError)
    for waiting_turn in (*ahead, turn):
        waiting_turn.cancel()
    await asyncio.gather(*ahead, turn, return_exceptions=True)


async def test_nobody_is_ahead_any_more_once_they_gave_up() -> None:
    throttle = Throttle(Limits(general=2))
    await admitted_at_once(throttle, RateGroup.GENERAL)
    await admitted_at_once(throttle, RateGroup.GENERAL)
    turn = asyncio.create_task(throttle.turn(RateGroup.GENERAL, within=0.5))
    await asyncio.wait([turn], timeout=0.005)
    assert not turn.done()
    turn.cancel()


async def test_free_turn_is_given_to_those_who_cannot_wait() -> None:
    throttle = Throttle(SLOW)
    for _ in range(2):
        await throttle.turn(RateGroup.GENERAL, within=0)
    with pytest.raises(TimeoutError):
        await throttle.turn(RateGroup.GENERAL, within=0)
