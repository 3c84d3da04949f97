"""Due digests are started up to the limit, and a stop leaves nothing half done."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.digests.model import RunState
from bot.store.database import Database
from tests.digests.harness import DUE, FINANCE, QUICK, SUPPORT, DigestHarness, digest_harness, tick
from tests.waiting import wait_until


@pytest.fixture
async def harness() -> AsyncIterator[DigestHarness]:
    async with digest_harness() as new_bench:
        yield new_bench


async def test_ticker_runs_by_itself(harness: DigestHarness) -> None:
    await harness.digest()
    bot = await harness.bot(timeouts=replace(QUICK, tick=0.02))
    bot.ticker.start()
    await asyncio.sleep(0.03)
    assert harness.posts() == []
    harness.at(DUE)
    await wait_until(lambda: len(harness.posts()) == 1)
    await bot.ticker.stop(1)
    harness.move(days=1)
    await asyncio.sleep(0.05)
    await tick(bot)
    assert len(harness.posts()) == 1, "it was stopped"


async def test_posts_of_all_due_digests_come_before_any_thread(harness: DigestHarness) -> None:
    for channel in 2 * (SUPPORT, FINANCE):
        await harness.digest(channel)
    harness.at(DUE)
    bot = await harness.bot(timeouts=replace(QUICK, at_once=2))
    for _ in range(5):
        await tick(bot)
    marked = [post for post in harness.slack.workspace.posts if post.metadata]
    assert [bool(post.thread_ts) for post in marked] == [False] * 4 + [True] * 4
    assert {post.thread_ts for post in marked[4:]} == {post.ts for post in marked[:4]}
    assert {run.state for run in await harness.runs()} == {RunState.POSTED}
    assert (harness.count("posted"), harness.count("thread")) == (4, 4)


async def test_thread_of_a_manual_post_does_not_wait(harness: DigestHarness) -> None:
    digests = [await harness.digest() for _ in range(3)]
    harness.at(DUE)
    bot = await harness.bot(timeouts=replace(QUICK, at_once=2))
    await tick(bot)
    assert harness.replies() == []
    await bot.send_now(digests[0].id, "by-hand", "U01ANA")
    assert len(harness.replies()) == 1


async def test_concurrent_deliveries_are_limited(harness: DigestHarness) -> None:
    for _ in range(5):
        await harness.digest()
    harness.at(DUE)
    open_ = asyncio.Event()

    async def wait(point: str) -> None:
        if point == "claimed":
            await open_.wait()

    bot = await harness.bot(checkpoint=wait, timeouts=replace(QUICK, at_once=2))
    for _ in range(3):
        await bot.ticker.tick()
    assert len(await harness.runs()) == 2
    open_.set()
    await bot.ticker.idle()
    for _ in range(2):
        await tick(bot)
    assert len(harness.posts()) == 5


async def test_stop_lets_a_post_finish_and_releases_the_rest(harness: DigestHarness) -> None:
    await harness.digest()
    await harness.digest(FINANCE)
    harness.at(DUE)
    reached: list[str] = []

    async def wait(point: str) -> None:
        if point == "claimed" and reached.count(point):
            await asyncio.Event().wait()
        reached.append(point)

    bot = await harness.bot(checkpoint=wait)
    harness.slack.faults.add("chat.postMessage", "latency", seconds=0.2)
    await bot.ticker.tick()
    await wait_until(lambda: "marked" in reached)
    await bot.ticker.stop(10)
    assert len(harness.posts()) + len(harness.posts(FINANCE)) == 1
    assert {(run.state, run.lease_by) for run in await harness.runs()} == {
        (RunState.POSTED, ""),
        (RunState.CLAIMED, ""),
    }
    await tick(await harness.bot())
    assert (len(harness.posts()), len(harness.posts(FINANCE))) == (1, 1), "no lease had to lapse"


async def test_stop_lets_a_thread_finish(harness: DigestHarness) -> None:
    await harness.digest()
    harness.at(DUE)
    reached: list[str] = []

    async def note(point: str) -> None:
        reached.append(point)
        if point == "reply_marked":
            harness.slack.faults.add("chat.postMessage", "latency_after", seconds=0.2)

    bot = await harness.bot(checkpoint=note)
    await bot.ticker.tick()
    await wait_until(lambda: "reply_marked" in reached)
    await bot.ticker.stop(10)
    assert "reply_sent" in reached
    assert [run.state for run in await harness.runs()] == [RunState.POSTED]
    assert len(harness.replies()) == 1


async def test_post_that_has_not_begun_never_begins_during_a_stop(harness: DigestHarness) -> None:
    await harness.digest()
    await harness.digest(FINANCE)
    harness.at(DUE)
    reached: list[str] = []
    stopping = asyncio.Event()

    async def wait(point: str) -> None:
        if point == "claimed" and reached.count(point):
            await stopping.wait()
        reached.append(point)

    bot = await harness.bot(checkpoint=wait)
    harness.slack.faults.add("chat.postMessage", "latency", seconds=0.2)
    await bot.ticker.tick()
    await wait_until(lambda: "marked" in reached)
    stop = asyncio.create_task(bot.ticker.stop(10))
    asyncio.get_running_loop().call_soon(stopping.set)
    await stop
    assert reached.count("marked") == 1


async def test_stop_lets_a_notice_to_an_owner_finish(harness: DigestHarness) -> None:
    digest = await harness.digest()
    bot = await harness.bot()
    assert await bot.pause(digest.id, by="U02RAJ")
    harness.slack.faults.add("chat.postMessage", "latency_after", seconds=0.2)
    await bot.ticker.tick()
    await wait_until(lambda: len(harness.told()) == 1)
    await bot.ticker.stop(10)
    harness.move(minutes=5)
    await tick(await harness.bot())
    assert len(harness.told()) == 1


async def test_endless_post_is_cancelled(harness: DigestHarness) -> None:
    await harness.digest()
    harness.at(DUE)
    harness.slack.faults.add("chat.postMessage", "latency_after", seconds=30)
    bot = await harness.bot()
    await bot.ticker.tick()
    await wait_until(lambda: len(harness.posts()) == 1)
    await bot.ticker.stop(0.01)
    harness.slack.faults.close()
    await tick(await harness.bot())
    assert len(harness.posts()) == 1
    assert (await harness.last()).state is RunState.POSTED


async def test_lost_database_is_logged(harness: DigestHarness, logs: io.StringIO) -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none", patience=1)
    bot = await harness.bot(database=nowhere)
    await bot.ticker.tick()
    assert "digests not looked at" in logs.getvalue()
    await nowhere.aclose()


async def test_cancelled_tick_ends_quietly(harness: DigestHarness, logs: io.StringIO) -> None:
    bot = await harness.bot()
    ticking = asyncio.create_task(bot.ticker.tick())
    await asyncio.sleep(0)
    ticking.cancel()
    await ticking
    assert "digests cut off" in logs.getvalue()


async def test_failure_of_one_leaves_the_others_alone(harness: DigestHarness, logs: io.StringIO) -> None:
    await harness.digest()
    await harness.digest(FINANCE)
    harness.at(DUE)
    broken = [SUPPORT]

    async def breaks(point: str) -> None:
        if point == "marked" and broken:
            broken.clear()
            raise LookupError

    bot = await harness.bot(checkpoint=breaks)
    await tick(bot)
    assert len(harness.posts()) + len(harness.posts(FINANCE)) == 1
    assert '"error": "LookupError"' in logs.getvalue()
    harness.move(seconds=60)
    await tick(bot)
    assert (len(harness.posts()), len(harness.posts(FINANCE))) == (1, 1)


async def test_delivery_is_counted_and_logged(harness: DigestHarness, logs: io.StringIO) -> None:
    await harness.digest()
    harness.at(DUE + timedelta(seconds=40))
    await tick(await harness.bot())
    values = harness.metrics.registry.get_sample_value
    assert values("maple_digest_lateness_seconds_sum") == 40
    assert values("maple_digest_runs_total", {"outcome": "posted"}) == 1
    assert '"outcome": "posted"' in logs.getvalue()


async def test_old_rows_are_deleted(harness: DigestHarness) -> None:
    await harness.digest()
    bot = await harness.bot()
    harness.at(DUE)
    await tick(bot)
    harness.move(days=380)
    await tick(bot)
    await tick(bot)
    assert DUE not in {run.due for run in await harness.runs()}
