"""What is done every few seconds goes on when the machine's clock is set."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from freezegun import freeze_time

from bot.ticks import TickScheduler
from tests.waiting import wait_until

START = datetime(2026, 5, 4, 12, tzinfo=UTC)


@asynccontextmanager
async def ticking(tick: Callable[[], None]) -> AsyncIterator[None]:
    async def job() -> None:
        tick()

    scheduler = TickScheduler(timezone="UTC")
    scheduler.add_job(job, "interval", seconds=0.02, max_instances=1, coalesce=True, next_run_time=START)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


@pytest.mark.parametrize("step", [timedelta(days=-1), timedelta(days=36500)])
async def test_ticks_go_on_after_the_clock_is_set(step: timedelta) -> None:
    ticks: list[datetime] = []
    with freeze_time(START, real_asyncio=True) as frozen:
        async with ticking(lambda: ticks.append(datetime.now(UTC))):
            await wait_until(lambda: ticks)
            frozen.move_to(START + step)
            await wait_until(lambda: len(ticks) == 2)
            frozen.tick(0.02)
            await wait_until(lambda: len(ticks) == 3)
    assert ticks == [START, START + step, START + step + timedelta(seconds=0.02)]
