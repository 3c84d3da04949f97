"""Each person gets a share of Autumn's rate limit, however much one of them requests."""

import asyncio
from collections.abc import Awaitable, Callable
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.autumn.shares import FairQueue, FairRate, acting_for
from bot.autumn.throttle import Limits, RateGroup, Throttle
from tests.waiting import wait_until


class Turns:
    """Grants turns only when told to, and records for whom."""

    def __init__(self) -> None:
        self.served: list[str] = []
        self.within: list[float] = []
        self._next = asyncio.Semaphore(0)

    async def turn(self, group: RateGroup, customer_id: str = "", *, within: float = inf) -> None:  # noqa: ARG002
        self.within.append(within)
        await self._next.acquire()
        self.served.append(acting_for.get())

    async def serve(self, number: int) -> None:
        for _ in range(number):
            self._next.release()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            await asyncio.sleep(0)


def call_as(who: str, ask: Callable[[], Awaitable[None]]) -> "asyncio.Task[None]":
    async def asking() -> None:
        acting_for.set(who)
        await ask()

    return asyncio.create_task(asking())


async def test_queues_are_served_in_turn() -> None:
    turns = Turns()
    shared = FairRate(turns)

    async def ask() -> None:
        await shared.turn(RateGroup.CUSTOMERS_LIST)

    asking = [call_as(who, ask) for who in "aaaaaabbc"]
    await asyncio.sleep(0)
    await turns.serve(9)
    await asyncio.gather(*asking)
    assert "".join(turns.served) == "aaabcabaa"
    assert not shared._lines


async def test_groups_and_customers_have_separate_queues() -> None:
    turns = Turns()
    shared = FairRate(turns)
    asking = [
        asyncio.create_task(shared.turn(group, customer))
        for group, customer in [
            *[(RateGroup.GENERAL, "")] * 5,
            *[(RateGroup.EVENTS, "cus_1")] * 5,
            (RateGroup.EVENTS, "cus_2"),
            *[(RateGroup.CHECK, "")] * 5,
        ]
    ]
    await asyncio.sleep(0)
    assert len(turns.within) == 2 + 2 + 1 + 5
    await turns.serve(16)
    await asyncio.gather(*asking)
    assert not shared._lines


async def test_queueing_time_reduces_the_timeout() -> None:
    turns = Turns()
    shared = FairRate(turns)
    asking = [asyncio.create_task(shared.turn(RateGroup.GENERAL, within=5)) for _ in range(3)]
    await asyncio.sleep(0.02)
    await turns.serve(3)
    await asyncio.gather(*asking)
    assert turns.within[:2] == [pytest.approx(5, abs=0.01)] * 2
    assert turns.within[2] < 4.985


async def test_timeout_is_raised_and_the_next_is_served() -> None:
    class Late(Turns):
        async def turn(self, *_: object, **__: object) -> None:
            raise TimeoutError

    shared = FairRate(Late())
    asking = [asyncio.create_task(shared.turn(RateGroup.GENERAL)) for _ in range(5)]
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(answer) for answer in answers] == [TimeoutError] * 5
    assert not shared._lines


async def test_rate_is_unchanged() -> None:
    shared = FairRate(Throttle(Limits(general=3)))
    turns = [call_as(who, lambda: shared.turn(RateGroup.GENERAL)) for who in "abcdefgh"]
    done, waiting = await asyncio.wait(turns, timeout=0.02)
    for turn in waiting:
        turn.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert len(done) == 3
    assert not shared._lines


async def test_slot_of_a_caller_who_is_cancelled_goes_to_the_next() -> None:
    line, leave = FairQueue(1), asyncio.Event()
    admitted: list[str] = []

    async def stay(who: str) -> None:
        async with line.slot():
            admitted.append(who)
            await leave.wait()

    async with line.slot():
        waiting, entering, following = (call_as(who, lambda who=who: stay(who)) for who in "abc")  # type: ignore[misc]
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.sleep(0)
    entering.cancel()  # admitted, but without a turn yet
    leave.set()
    await asyncio.gather(waiting, entering, following, return_exceptions=True)
    assert (waiting.cancelled(), entering.cancelled()) == (True, True)
    assert (admitted, line.idle) == (["c"], True)


@given(
    at_once=st.integers(1, 3),
    steps=st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["enter", "leave", "give up"])), max_size=40
    ),
)
def test_no_caller_is_lost_when_others_cancel(at_once: int, steps: list[tuple[str, str]]) -> None:
    async def run() -> None:
        line = FairQueue(at_once)
        inside = 0
        most = 0
        leaving: list[asyncio.Event] = []
        tasks: list[asyncio.Task[None]] = []

        async def stay(leave: asyncio.Event) -> None:
            nonlocal inside, most
            async with line.slot():
                inside += 1
                most = max(most, inside)
                try:
                    await leave.wait()
                finally:
                    inside -= 1

        for who, step in steps:
            if step == "enter":
                leave = asyncio.Event()
                leaving.append(leave)
                tasks.append(call_as(who, lambda leave=leave: stay(leave)))  # type: ignore[misc]
            elif step == "leave" and leaving:
                leaving.pop(0).set()
            elif tasks:
                tasks.pop().cancel()
            if len(steps) % 2:
                await asyncio.sleep(0)
        for leave in leaving:
            leave.set()
        async with asyncio.timeout(30):
            await asyncio.gather(*tasks, return_exceptions=True)
            await wait_until(lambda: line.idle, every=0)
        assert most <= at_once

    asyncio.run(run())
