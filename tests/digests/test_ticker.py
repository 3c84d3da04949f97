"""What is due is begun as far as there is room, and a stop leaves nothing half done."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.digests.model import RunState
from bot.store.database import Database
from tests.digests.bench import DUE, FINANCE, QUICK, SUPPORT, Bench, bench, tick


@pytest.fixture
async def desk() -> AsyncIterator[Bench]:
    async with bench() as new_bench:
        yield new_bench


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not happened():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)


async def test_ticker_runs_by_itself(desk: Bench) -> None:
    await desk.digest()
    bot = await desk.bot(timeouts=replace(QUICK, tick=0.02))
    bot.ticker.start()
    await asyncio.sleep(0.03)
    assert desk.posts() == []
    desk.at(DUE)
    await until(lambda: len(desk.posts()) == 1)
    await bot.ticker.stop(1)
    desk.move(days=1)
    await asyncio.sleep(0.05)
    await tick(bot)
    assert len(desk.posts()) == 1, "it was stopped"


async def test_posts_of_all_due_digests_come_before_any_thread(desk: Bench) -> None:
    for channel in 2 * (SUPPORT, FINANCE):
        await desk.digest(channel)
    desk.at(DUE)
    bot = await desk.bot(timeouts=replace(QUICK, at_once=2))
    for _ in range(5):
        await tick(bot)
    marked = [post for post in desk.slack.workspace.posts if post.metadata]
    assert [bool(post.thread_ts) for post in marked] == [False] * 4 + [True] * 4
    assert {post.thread_ts for post in marked[4:]} == {post.ts for post in marked[:4]}
    assert {run.state for run in await desk.runs()} == {RunState.POSTED}
    assert (desk.count("posted"), desk.count("thread")) == (4, 4)


async def test_thread_of_a_manual_post_does_not_wait(desk: Bench) -> None:
    digests = [await desk.digest() for _ in range(3)]
    desk.at(DUE)
    bot = await desk.bot(timeouts=replace(QUICK, at_once=2))
    await tick(bot)
    assert desk.replies() == []
    await bot.send_now(digests[0].id, "by-hand", "U01ANA")
    assert len(desk.replies()) == 1


async def test_concurrent_deliveries_are_limited(desk: Bench) -> None:
    for _ in range(5):
        await desk.digest()
    desk.at(DUE)
    open_ = asyncio.Event()

    async def wait(point: str) -> None:
        if point == "claimed":
            await open_.wait()

    bot = await desk.bot(checkpoint=wait, timeouts=replace(QUICK, at_once=2))
    for _ in range(3):
        await bot.ticker.tick()
    assert len(await desk.runs()) == 2
    open_.set()
    await bot.ticker.idle()
    for _ in range(2):
        await tick(bot)
    assert len(desk.posts()) == 5


async def test_stop_lets_a_post_finish_and_releases_the_rest(desk: Bench) -> None:
    await desk.digest()
    await desk.digest(FINANCE)
    desk.at(DUE)
    reached: list[str] = []

    async def wait(point: str) -> None:
        if point == "claimed" and reached.count(point):
            await asyncio.Event().wait()
        reached.append(point)

    bot = await desk.bot(checkpoint=wait)
    desk.slack.faults.add("chat.postMessage", "latency", seconds=0.2)
    await bot.ticker.tick()
    await until(lambda: "marked" in reached)
    await bot.ticker.stop(10)
    assert len(desk.posts()) + len(desk.posts(FINANCE)) == 1
    assert {(run.state, run.lease_by) for run in await desk.runs()} == {
        (RunState.POSTED, ""),
        (RunState.CLAIMED, ""),
    }
    await tick(await desk.bot())
    assert (len(desk.posts()), len(desk.posts(FINANCE))) == (1, 1), "no lease had to lapse"


async def test_endless_post_is_cancelled(desk: Bench) -> None:
    await desk.digest()
    desk.at(DUE)
    desk.slack.faults.add("chat.postMessage", "latency_after", seconds=30)
    bot = await desk.bot()
    await bot.ticker.tick()
    await until(lambda: len(desk.posts()) == 1)
    await bot.ticker.stop(0.01)
    desk.slack.faults.close()
    await tick(await desk.bot())
    assert len(desk.posts()) == 1
    assert (await desk.last()).state is RunState.POSTED


async def test_lost_database_is_logged(desk: Bench, logs: io.StringIO) -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none", patience=1)
    bot = await desk.bot(database=nowhere)
    await bot.ticker.tick()
    assert "digests not looked at" in logs.getvalue()
    await nowhere.aclose()


async def test_cancelled_tick_ends_quietly(desk: Bench, logs: io.StringIO) -> None:
    bot = await desk.bot()
    ticking = asyncio.create_task(bot.ticker.tick())
    await asyncio.sleep(0)
    ticking.cancel()
    await ticking
    assert "digests cut off" in logs.getvalue()


async def test_failure_of_one_leaves_the_others_alone(desk: Bench, logs: io.StringIO) -> None:
    await desk.digest()
    await desk.digest(FINANCE)
    desk.at(DUE)
    broken = [SUPPORT]

    async def breaks(point: str) -> None:
        if point == "marked" and broken:
            broken.clear()
            raise LookupError

    bot = await desk.bot(checkpoint=breaks)
    await tick(bot)
    assert len(desk.posts()) + len(desk.posts(FINANCE)) == 1
    assert '"error": "LookupError"' in logs.getvalue()
    desk.move(seconds=60)
    await tick(bot)
    assert (len(desk.posts()), len(desk.posts(FINANCE))) == (1, 1)


async def test_delivery_is_counted_and_logged(desk: Bench, logs: io.StringIO) -> None:
    await desk.digest()
    desk.at(DUE + timedelta(seconds=40))
    await tick(await desk.bot())
    values = desk.metrics.registry.get_sample_value
    assert values("maple_digest_lateness_seconds_sum") == 40
    assert values("maple_digest_runs_total", {"outcome": "posted"}) == 1
    assert '"outcome": "posted"' in logs.getvalue()


async def test_old_rows_are_deleted(desk: Bench) -> None:
    await desk.digest()
    bot = await desk.bot()
    desk.at(DUE)
    await tick(bot)
    desk.move(days=380)
    await tick(bot)
    await tick(bot)
    assert DUE not in {run.due for run in await desk.runs()}
