"""How fast posts go out, on a clock that moves only while tasks sleep."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

from bot.digests.process import DigestTimeouts
from bot.slack.channel_queue import ChannelQueue


class VirtualTime:
    """Tasks that sleep here wake in the order of their times."""

    def __init__(self) -> None:
        self.now = 0.0
        self._asleep: list[tuple[float, asyncio.Future[None]]] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asleep.append((self.now + seconds, waking))
        await waking

    async def run(self, *tasks: asyncio.Task[None]) -> None:
        while not all(task.done() for task in tasks):
            for _ in range(10):
                await asyncio.sleep(0)
            if self._asleep:
                self._asleep.sort(key=lambda sleeper: sleeper[0])
                self.now, waking = self._asleep.pop(0)
                waking.set_result(None)


async def post_all(channels: list[str], *, takes: float = 0.0) -> list[tuple[float, str]]:
    """When posts went out."""
    hall = VirtualTime()
    queue = ChannelQueue(channel=1.0, overall=0.1, clock=hall.clock, sleep=hall.sleep)
    posted: list[tuple[float, str]] = []

    async def post(channel: str) -> None:
        async with queue.turn(channel):
            posted.append((round(hall.now, 3), channel))
            if takes:
                await hall.sleep(takes)

    await hall.run(*(asyncio.create_task(post(channel)) for channel in channels))
    return posted


async def test_five_hundred_channels_in_a_minute() -> None:
    posted = await post_all([f"C{number}" for number in range(500)], takes=0.3)
    assert len(posted) == 500
    assert posted[-1][0] < 55
    assert all(after - before > 0.099 for (before, _), (after, _) in pairwise(posted))


async def test_busy_channel_does_not_delay_others() -> None:
    posted = await post_all(["C1", "C1", "C1", "C2", "C3"])
    assert [at for at, channel in posted if channel == "C1"] == [0, 1, 2]
    assert [(at, channel) for at, channel in posted if channel != "C1"] == [(0.1, "C2"), (0.2, "C3")]


async def test_posts_in_a_channel_are_one_at_a_time() -> None:
    assert await post_all(["C1", "C1"], takes=5) == [(0, "C1"), (6, "C1")]


@pytest.mark.parametrize(
    ("tries", "first", "seconds"),
    [(0, 0, 60), (1, 0, 60), (2, 0, 120), (4, 0, 480), (5, 0, 600), (500, 0, 600), (1, 15, 15), (3, 15, 60)],
)
def test_wait_doubles_up_to_the_longest(tries: int, first: float, seconds: float) -> None:
    assert DigestTimeouts().wait(tries, first) == seconds


def test_lease_outlasts_a_call() -> None:
    pace = DigestTimeouts()
    assert pace.lease_time == timedelta(seconds=30)
    assert pace.call + pace.renew < pace.lease
